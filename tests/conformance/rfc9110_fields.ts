/**
 * RFC 9110 §2 to §8: versions, URIs, fields and what the fields that steer a message ask for.
 *
 * @module
 */

import { GET, head, LAST_GET, request } from "../support/requests.ts";
import { brokenBody, refused, served, servedLast } from "./case.ts";
import { answers, streamOf, takesOver } from "./handlers.ts";
import { all, type Requirement, rule } from "./requirement.ts";

const HOST = "Host: h";
const get = (...fields: readonly string[]) => request({ fields });
const post = (fields: readonly string[], body = "") => request({ method: "POST", fields }) + body;
const upgrade = (...fields: readonly string[]) => get("Connection: Upgrade", ...fields);
const SWITCHES = takesOver({ headers: { Upgrade: "raw" } });
const EXPECT = "Expect: 100-continue";

/** RFC 9110 §2 and §4: versions, URIs. */
const PROTOCOL: readonly Requirement[] = [
  rule("9110 §2.5", ["MAY", "Answer 505 to a major version that is not served"], [
    ...all(
      refused(505),
      ["2.0", "3.0", "0.9", "9.9"].map((version) => head(`GET / HTTP/${version}`, HOST)),
    ),
    {
      name: "HTTP/2 without asking",
      input: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      outcome: refused(505),
    },
  ]),
  rule("9110 §2.5", ["MUST NOT", "Send a version that the server does not conform to"], [
    { input: GET, outcome: served({}, { has: [/^HTTP\/1\.1 /] }) },
    { input: head("GET / HTTP/1.0"), outcome: servedLast({}, { has: [/^HTTP\/1\.0 /] }) },
  ]),
  rule("9110 §4.2.1", ["MUST", "Refuse an http or https URI without a host"], [
    ...all(
      refused(),
      ["http:///", "http://", "https:///a", "http://?a", "http://:80/", "http://@/"].map((target) =>
        head(`GET ${target} HTTP/1.1`, HOST)
      ),
    ),
    ...all(refused(), [head("GET / HTTP/1.1", "Host:"), head("GET / HTTP/1.1", "Host: :80")]),
  ]),
  rule("9110 §4.2.4", ["SHOULD", "Treat userinfo as an error"], [
    ...all(
      refused(),
      ["http://u@h/", "http://u:p@h/", "http://h:80@o/", "http://h%40@o/"].map((target) =>
        head(`GET ${target} HTTP/1.1`, HOST)
      ),
    ),
    { input: head("GET http://h/@ HTTP/1.1", HOST), outcome: served({ url: "http://h/@" }) },
  ]),
];

/** RFC 9110 §5: fields. */
const FIELDS: readonly Requirement[] = [
  rule("9110 §5.1", ["rule", "Field names are case-insensitive"], [
    { input: head("GET / HTTP/1.1", "hOST: o"), outcome: served({ url: "http://o/" }) },
    { input: get("cONNECTION: close"), outcome: servedLast() },
    { input: post(["CONTENT-LENGTH: 3"], "abc"), outcome: served({ body: "abc" }) },
    { input: get("X-a: b"), outcome: served({ fields: { "x-a": "b" } }) },
  ]),
  rule("9110 §5.2", ["rule", "Several lines of one field form a list, in their order"], [
    { input: get("X: a", "Y: z", "x: b", "X: c"), outcome: served({ fields: { x: "a, b, c" } }) },
    { input: get("Connection: x", "Connection: close"), outcome: servedLast() },
  ]),
  rule(
    "9110 §5.3",
    ["MUST NOT", "Send a field of the server's own twice, or beside the handler's"],
    [
      {
        input: GET,
        handler: answers(() =>
          new Response("a", { headers: { Date: FIXED_DATE, "Content-Length": "1" } })
        ),
        outcome: served({}, {
          has: [/^date: Sun, 06/im],
          lacks: [twice("date"), twice("content-length")],
        }),
      },
      {
        input: GET,
        handler: answers(() => new Response("a", { headers: { Connection: "close" } })),
        outcome: servedLast({}, { lacks: [twice("connection")] }),
      },
      {
        input: GET,
        handler: answers(() => new Response(streamOf("a"), { headers: { "Content-Length": "1" } })),
        outcome: served({}, { lacks: [twice("content-length"), /transfer-encoding/i] }),
      },
      {
        name: "Set-Cookie is the one that stays in lines of its own",
        input: GET,
        handler: answers(() =>
          new Response("a", { headers: [["Set-Cookie", "a"], ["Set-Cookie", "b"]] })
        ),
        outcome: served({}, { has: [/^set-cookie: a\r\nset-cookie: b\r\n/im] }),
      },
    ],
  ),
  rule("9110 §5.4", ["MUST", "Answer fields that are too large or too many with a 4xx"], [
    { name: "one of 32 KiB", input: get(`X: ${"a".repeat(32_768)}`), outcome: refused(431) },
    { name: "101 fields", input: get(...Array(100).fill("X: a")), outcome: refused(431) },
    { name: "100 fields", input: get(...Array(99).fill("X: a")), outcome: served() },
    { name: "a name of 32 KiB", input: get("a".repeat(32_768) + ": b"), outcome: refused(431) },
  ]),
  rule("9110 §5.5", ["MUST", "Refuse CR, LF and NUL in a value (or replace them with SP)"], [
    ...all(
      refused(),
      ["X: a\0", "X: \0", "X: a\0b", "X: a\rb", "X: a\r", "X: a\nb", "X: a\n", "Cookie: a\0b"]
        .map((field) => get(field)),
    ),
  ]),
  rule("9110 §5.5", ["MAY", "Keep other control characters in a value: Weir refuses them"], [
    ...all(
      refused(),
      ["\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f"].map((char) => get(`X: a${char}b`)),
    ),
    { input: get("X: a\tb"), outcome: served({ fields: { x: "a\tb" } }) },
  ]),
  rule("9110 §5.5", ["SHOULD", "Take obs-text for opaque"], [
    { input: get("X: \x80\x9f\xa0\xff"), outcome: served({ fields: { x: "\x80\x9f\xa0\xff" } }) },
  ]),
  rule("9110 §5.6.1", ["MUST", "Ignore a reasonable number of empty list elements"], [
    { input: get("Connection: , ,close,"), outcome: servedLast() },
    { input: get("Connection: ,"), outcome: served() },
    {
      input: post([`${EXPECT},`, "Content-Length: 3"], "abc"),
      outcome: served({ body: "abc" }),
      inPieces: served({ body: "abc" }, { statuses: [100, 200] }),
    },
    { input: post(["Expect: ,", "Content-Length: 3"], "abc"), outcome: served({ body: "abc" }) },
    { input: upgrade("Upgrade: , raw,,x/1 ,"), handler: SWITCHES, outcome: switched() },
  ]),
  rule("9110 §5.6.3", ["MUST", "Accept bad white space, and remove it"], [
    ...all(refused(501), [
      post(["Transfer-Encoding: x;a = b, chunked"], "0\r\n\r\n"),
      post(['Transfer-Encoding: x ; a=\t"b" , chunked'], "0\r\n\r\n"),
    ]),
    {
      name: "in a chunk's extension",
      input: post(["Transfer-Encoding: chunked"], "3 ; a = b\r\nabc\r\n0\r\n\r\n"),
      outcome: served({ body: "abc" }),
    },
  ]),
  rule("9110 §5.6.4", ["MUST", "In a quoted string a backslash stands for the octet after it"], [
    {
      input: post(["Transfer-Encoding: chunked"], '3;a="\\"\\\\;"\r\nabc\r\n0\r\n\r\n'),
      outcome: served({ body: "abc" }),
    },
    {
      input: post(["Transfer-Encoding: chunked"], '3;a="\\"\r\nabc\r\n0\r\n\r\n'),
      outcome: brokenBody(),
    },
  ]),
];

function switched() {
  return served({}, {
    statuses: [101],
    then: "raw",
    has: [/^connection: upgrade\r\n/im, /^upgrade: raw\r\n/im],
    lacks: [/content-length|transfer-encoding/i],
  });
}

/** Whether a field has two lines. */
function twice(name: string): RegExp {
  return new RegExp(`^${name}:[^]*^${name}:`, "im");
}

const FIXED_DATE = "Sun, 06 Nov 1994 08:49:37 GMT";
const DATE = /^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/im;

/** RFC 9110 §6 and §7: the message, and who speaks to whom. */
const MESSAGES: readonly Requirement[] = [
  rule("9110 §6.6.1", ["MUST", "Send Date in every 2xx, 3xx and 4xx, in the fixed form"], [
    ...[200, 204, 205, 206, 301, 304, 404, 416].map((status) => ({
      input: GET,
      handler: answers(() => new Response(null, { status })),
      outcome: served({}, { statuses: [status], has: [DATE] }),
    })),
    { name: "a refusal too", input: "x\r\n\r\n", outcome: { ...refused(), has: [DATE] } },
    {
      name: "the handler's own stays, and is the only one",
      input: GET,
      handler: answers(() => new Response("a", { headers: { Date: FIXED_DATE } })),
      outcome: served({}, { has: [/^date: Sun, 06 Nov 1994 08:49:37 GMT\r\n/im] }),
    },
  ]),
  rule("9110 §6.5.1", ["MUST NOT", "Send trailers that nobody has asked for: Weir sends none"], [
    ...["", "TE: trailers"].map((te) => ({
      input: get(...(te === "" ? [] : [te, "Connection: TE"])),
      handler: answers(() => new Response(streamOf("a"), { headers: { Trailer: "X-T" } })),
      outcome: served({}, { text: "a", has: [/\r\n0\r\n\r\n$/] }),
    })),
  ]),
  rule("9110 §7.6.1", ["rule", "Connection options are case-insensitive"], [
    { input: get("Connection: Close"), outcome: servedLast() },
    { input: head("GET / HTTP/1.0", "Connection: KEEP-ALIVE"), outcome: served() },
    { input: get("Connection: UPGRADE", "Upgrade: raw"), handler: SWITCHES, outcome: switched() },
  ]),
  rule("9110 §7.6.1", ["MUST", "List fields about the connection in Connection"], [
    {
      input: GET,
      outcome: served({}, {
        has: [/^connection: keep-alive\r\n/im, /^keep-alive: timeout=74\r\n/im],
      }),
    },
    {
      input: head("GET / HTTP/1.0", "Connection: keep-alive"),
      outcome: served({}, {
        has: [/^connection: keep-alive\r\n/im, /^keep-alive: timeout=74\r\n/im],
      }),
    },
    { input: LAST_GET, outcome: servedLast({}, { lacks: [/keep-alive/i] }) },
    {
      name: "but a connection that is handed over is not kept alive for HTTP",
      input: upgrade("Upgrade: raw"),
      handler: SWITCHES,
      outcome: served({}, { ...switched(), lacks: [/keep-alive/i] }),
    },
    {
      name: "beside options of the handler",
      input: GET,
      handler: answers(() => new Response("a", { headers: { Connection: "x" } })),
      outcome: served({}, { has: [/^connection: x\r\n/im, /^connection: keep-alive\r\n/im] }),
    },
  ], { keepAliveHeader: true }),
  rule("9110 §7.8", ["MUST", "Name the new protocol in a 101, and say upgrade in Connection"], [
    { input: upgrade("Upgrade: raw"), handler: SWITCHES, outcome: switched() },
    {
      name: "a handler that gives both fields",
      input: upgrade("Upgrade: raw"),
      handler: takesOver({ headers: { Upgrade: "raw", Connection: "upgrade" } }),
      outcome: switched(),
    },
    {
      name: "a handler that names none fails",
      input: upgrade("Upgrade: raw"),
      handler: takesOver(),
      outcome: served({}, { statuses: [500] }),
    },
  ]),
  rule("9110 §7.8", ["MUST NOT", "Switch to a protocol that the client did not name"], [
    ...["raw", "x, rawer, raw/2", "x, y"].map((offered) => ({
      input: upgrade(`Upgrade: ${offered}`),
      handler: takesOver({ headers: { Upgrade: offered === "raw" ? "rawer" : "raw" } }),
      outcome: served({}, { statuses: [500], lacks: [/^upgrade:/im] }),
    })),
    {
      name: "one of them only",
      input: upgrade("Upgrade: raw"),
      handler: takesOver({ headers: { Upgrade: "raw, x" } }),
      outcome: served({}, { statuses: [500] }),
    },
    {
      name: "in any case of the letters, and in several lines",
      input: upgrade("Upgrade: x", "Upgrade: RAW"),
      handler: SWITCHES,
      outcome: switched(),
    },
  ]),
  rule("9110 §7.8", ["MUST", "Ignore Upgrade in HTTP/1.0"], [
    {
      input: head("GET / HTTP/1.0", "Connection: upgrade, keep-alive", "Upgrade: raw"),
      handler: SWITCHES,
      outcome: served({}, { statuses: [500] }),
    },
    {
      input: head("GET / HTTP/1.0", "Connection: upgrade", "Upgrade: raw"),
      outcome: servedLast(),
    },
  ]),
  rule("9110 §7.8", ["MAY", "Ignore Upgrade: unless the handler takes it, HTTP goes on"], [
    ...all(served(), [
      upgrade("Upgrade: raw"),
      get("Upgrade: raw"),
      upgrade(),
      upgrade("Upgrade: @"),
      upgrade("Upgrade:"),
      upgrade("Upgrade: HTTP/2.0, raw"),
    ]),
    {
      name: "without the option in Connection a handler cannot take it",
      input: get("Upgrade: raw"),
      handler: SWITCHES,
      outcome: served({}, { statuses: [500] }),
    },
    {
      name: "nor of a list that is malformed",
      input: upgrade("Upgrade: raw, @"),
      handler: SWITCHES,
      outcome: served({}, { statuses: [500] }),
    },
    {
      name: "with a body Weir refuses it, as Deno.serve does",
      input: post(["Connection: Upgrade", "Upgrade: raw", "Content-Length: 3"], "abc"),
      outcome: refused(),
    },
  ]),
];

/** RFC 9110 §8: Content-Length. */
const CONTENT_LENGTH: readonly Requirement[] = [
  rule("9110 §8.6", ["MUST NOT", "Send a length with HEAD or 304 that GET or 200 would not have"], [
    {
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response(null, { headers: { "Content-Length": "42" } })),
      outcome: served({}, { has: [/^content-length: 42\r\n/im] }),
    },
    {
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response("\u20ac")),
      outcome: served({}, { has: [/^content-length: 3\r\n/im] }),
    },
    {
      name: "a stream's is not known",
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response(streamOf("a"))),
      outcome: served({}, { lacks: [/content-length/i] }),
    },
    {
      input: GET,
      handler: answers(() => new Response(null, { status: 304 })),
      outcome: served({}, { statuses: [304], lacks: [/content-length|transfer-encoding/i] }),
    },
  ]),
  rule("9110 §8.6", ["MUST NOT", "Send Content-Length with 1xx or 204, or with a 2xx to CONNECT"], [
    {
      input: GET,
      handler: answers(() =>
        new Response(null, { status: 204, headers: { "Content-Length": "0" } })
      ),
      outcome: served({}, { statuses: [204], lacks: [/content-length/i] }),
    },
    {
      name: "100 Continue",
      input: [post([EXPECT, "Content-Length: 3"]), "abc"],
      outcome: served({ body: "abc" }, {
        statuses: [100, 200],
        has: [/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/],
      }),
    },
    {
      input: upgrade("Upgrade: raw"),
      handler: takesOver({ headers: { Upgrade: "raw", "Content-Length": "3" } }),
      outcome: switched(),
    },
  ]),
  rule("9110 §8.6", ["SHOULD", "Send Content-Length where the length is known in advance"], [
    ...["", "abc", "\u20ac"].map((body) => ({
      input: GET,
      handler: answers(() => new Response(body)),
      outcome: served({}, {
        has: [new RegExp(`^content-length: ${new TextEncoder().encode(body).length}\r$`, "im")],
        text: body,
      }),
    })),
    { input: LAST_GET, outcome: servedLast({}, { has: [/^content-length: 2\r\n/im] }) },
  ]),
  rule("9110 §8.6", ["MUST NOT", "Send a Content-Length that is wrong"], [
    {
      name: "a text's length is what it is",
      input: GET,
      handler: answers(() => new Response("abc", { headers: { "Content-Length": "9" } })),
      outcome: served({}, { has: [/^content-length: 3\r\n/im], text: "abc" }),
    },
    {
      name: "a Content-Length that is no number counts for nothing",
      input: GET,
      handler: answers(() => new Response(streamOf("abc"), { headers: { "Content-Length": "x" } })),
      outcome: served({}, { lacks: [/content-length/i], text: "abc" }),
    },
  ]),
  rule("9110 §8.6", ["MUST", "No overflow and no loss of precision in a length"], [
    ...all(
      refused(),
      [
        "9007199254740992",
        "9007199254740993",
        "9999999999999999",
        "18446744073709551616",
        "18446744073709551619",
        "4294967296000000000000000",
        "9".repeat(400),
      ].map((length) => post([`Content-Length: ${length}`], "abc")),
    ),
  ]),
  rule("9110 §8.6", ["MUST", "Refuse a list of lengths (or, if all are equal, take one)"], [
    ...all(
      refused(),
      ["3,3", "3, 3", "3,4", "3;3", "3 3", ",3", "3,"].map((length) =>
        post([`Content-Length: ${length}`], "abc")
      ),
    ),
  ]),
];

/** The rows of this file. */
export const RFC9110_FIELDS: readonly Requirement[] = [
  ...PROTOCOL,
  ...FIELDS,
  ...MESSAGES,
  ...CONTENT_LENGTH,
];
