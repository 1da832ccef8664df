/**
 * RFC 9112 §2 to §5: messages, request lines, status lines, field lines.
 *
 * @module
 */

import { head, request } from "../support/requests.ts";
import { refused, served, servedLast, WAITS } from "./case.ts";
import { answers, DEFAULT_HOST } from "./handlers.ts";
import { all, type Requirement, rule } from "./requirement.ts";

const HOST = "Host: h";
const get = (...fields: readonly string[]) => request({ fields });
const line = (first: string) => head(first, HOST);

/** RFC 9112 §2: the message. */
const MESSAGE: readonly Requirement[] = [
  rule("9112 §2.2", ["MUST", "Read a message as octets, not as characters of some encoding"], [
    {
      name: "U+560A in UTF-8, whose code point ends in the code of LF",
      input: get("X: a\xe5\x98\x8ab"),
      outcome: served({ fields: { x: "a\xe5\x98\x8ab" } }),
    },
    {
      name: "octets that are no UTF-8",
      input: get("X: \xff\xfe\x80"),
      outcome: served({ fields: { x: "\xff\xfe\x80" } }),
    },
    {
      name: "a byte order mark first",
      input: "\xef\xbb\xbf" + get(),
      outcome: refused(),
    },
    { name: "UTF-16", input: "G\0E\0T\0 \0/\0", outcome: refused() },
  ]),
  rule("9112 §2.2", ["MUST", "Refuse an element with a bare CR (or replace CR with SP)"], [
    ...all(refused(), [
      "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET\r/ HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /\ra HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\rHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\n\rHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHo\rst: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:\rh\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n",
    ]),
  ]),
  rule("9112 §2.2", [
    "MUST NOT",
    "Send a bare CR, or white space between the status line and the first field line",
  ], [
    {
      input: get(),
      handler: answers(() => new Response("a", { headers: { "A": " \t b" } })),
      outcome: served({}, {
        has: [/^HTTP\/1\.1 200 OK\r\n[!-~]/, /^a: b\r$/im],
        lacks: [/\r(?!\n)/],
      }),
    },
    {
      input: get(),
      handler: answers(() => new Response("a", { headers: { "A": "a\rb" } })),
      outcome: served({}, { statuses: [500], lacks: [/\r(?!\n)/] }),
    },
    {
      name: "a field line that begins with white space",
      input: get(),
      handler: answers(() => new Response("a", { headers: { " A": "b" } })),
      outcome: served({}, { statuses: [500], lacks: [/^[ \t]/m] }),
    },
    {
      name: "a refusal",
      input: head("GET / HTTP/1.1"),
      outcome: { ...refused(), lacks: [/\r(?!\n)/, /^[ \t]/m] },
    },
  ]),
  rule("9112 §2.2", ["MAY", "Accept a lone LF as a line end: Weir refuses it"], [
    ...all(refused(), [
      "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\n",
      "GET / HTTP/1.1\nHost: h\n\n",
    ]),
  ]),
  rule("9112 §2.2", ["SHOULD", "Ignore at least one empty line before a request line"], [
    { input: "\r\n" + get(), outcome: served({ method: "GET" }) },
    { name: "and no more than one", input: "\r\n\r\n" + get(), outcome: refused() },
    {
      name: "after a body, as old clients send it",
      input: request({ body: "abc" }) + "\r\n" + get(),
      outcome: { statuses: [200, 200], seen: [{ body: "abc" }, { method: "GET" }], then: "keeps" },
    },
  ]),
  rule("9112 §2.2", [
    "MUST",
    "Refuse white space between request line and first field line (or drop such lines)",
  ], [
    ...all(refused(), [
      "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
      "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\n X: a\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\n \r\nHost: h\r\n\r\n",
    ]),
  ]),
  rule("9112 §2.2", ["SHOULD", "Answer what is not HTTP with 400, and close"], [
    ...all(refused(), [
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "EHLO [there]\r\n",
      "SSH-2.0-x\r\n",
      "\0\0\0\0",
      "{}\r\n\r\n",
    ]),
  ]),
  rule("9112 §2.3", ["rule", "HTTP-version is case-sensitive, a digit, a dot and a digit"], [
    ...all(
      refused(),
      [
        "http/1.1",
        "Http/1.1",
        "HTTP/1",
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/1.10",
        "HTTP/01.1",
        "HTTP/11",
        "HTTP/1,1",
        "HTTP 1.1",
        "HTTP-1.1",
        "HTTPS/1.1",
        "HTTP/1.1x",
        "HTTP/x.1",
        "HTTP/\xb9.1",
      ]
        .map((version) => line(`GET / ${version}`)),
    ),
  ]),
];

const LONG_TARGET = "/" + "a".repeat(8000 - "GET / HTTP/1.1".length);

/** RFC 9112 §3: the request line. */
const REQUEST_LINE: readonly Requirement[] = [
  rule("9112 §3", ["SHOULD", "Refuse an invalid request line, and never mend it"], [
    ...all(
      refused(),
      [
        "GET",
        "GET ",
        "GET /",
        "GET / ",
        "GET /  HTTP/1.1",
        "GET  / HTTP/1.1",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1\t",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET\x0b/ HTTP/1.1",
        "GET /\x0cHTTP/1.1",
        "GET / a HTTP/1.1",
        "GET /a b HTTP/1.1",
        "/ HTTP/1.1",
        "HTTP/1.1 200 OK",
      ].map(line),
    ),
    { name: "HTTP/0.9", input: "GET /\r\n", outcome: refused() },
  ]),
  rule("9112 §3", ["SHOULD", "Answer 501 to a method longer than any known one"], [
    { input: line(`${"M".repeat(33)} / HTTP/1.1`), outcome: refused(501) },
    { input: line(`${"M".repeat(32)} / HTTP/1.1`), outcome: served({ method: "M".repeat(32) }) },
  ]),
  rule("9112 §3", ["MUST", "Answer a target that is too long with 414"], [
    { name: "8193 bytes", input: line(`GET /${"a".repeat(8192)} HTTP/1.1`), outcome: refused(414) },
    {
      name: "8192 bytes",
      input: line(`GET /${"a".repeat(8191)} HTTP/1.1`),
      outcome: served({ method: "GET" }),
    },
  ]),
  rule("9112 §3", ["SHOULD", "Accept request lines of at least 8000 octets"], [
    {
      name: "8000 octets",
      input: line(`GET ${LONG_TARGET} HTTP/1.1`),
      outcome: served({ url: `http://h${LONG_TARGET}` }),
    },
  ]),
  rule("9112 §3.1", ["rule", "A method is a token, and case-sensitive"], [
    { input: line("get / HTTP/1.1"), outcome: served({ method: "get" }) },
    { input: line("Get / HTTP/1.1"), outcome: served({ method: "Get" }) },
    {
      input: line("!#$%&'*+-.^_`|~09AZaz / HTTP/1.1"),
      outcome: served({ method: "!#$%&'*+-.^_`|~09AZaz" }),
    },
    ...all(
      refused(),
      ["G(T", "G:T", 'G"T', "G/T", "G\0T", "G\x01T", "G\x7fT", "G\xcbT", "G,T", "G{T"]
        .map((method) => line(`${method} / HTTP/1.1`)),
    ),
  ]),
  rule("9112 §3.2", ["rule", "No white space, control or non-ASCII octet in a target"], [
    ...all(
      refused(),
      ["/\0", "/\x01", "/\t", "/\x0b", "/\x1f", "/\x7f", "/\x80", "/\xe9", "/\xc3\xa9", "/\xff"]
        .map((target) => line(`GET ${target} HTTP/1.1`)),
    ),
  ]),
  rule("9112 §3.2", ["MUST", "Answer HTTP/1.1 without Host with 400"], [
    ...all(refused(), [
      head("GET / HTTP/1.1"),
      head("GET / HTTP/1.1", "X-Host: h"),
      head("GET http://h/ HTTP/1.1"),
      head("OPTIONS * HTTP/1.1"),
      head("CONNECT h:80 HTTP/1.1"),
    ]),
    {
      name: "HTTP/1.0 needs none",
      input: head("GET / HTTP/1.0"),
      outcome: servedLast({ url: `http://${DEFAULT_HOST}/` }),
    },
  ]),
  rule("9112 §3.2", ["MUST", "Answer more than one Host with 400, in HTTP/1.0 too"], [
    ...all(refused(), [
      head("GET / HTTP/1.1", HOST, "Host: i"),
      head("GET / HTTP/1.1", HOST, HOST),
      head("GET / HTTP/1.1", HOST, "X: y", "hOST: h"),
      head("GET / HTTP/1.1", HOST, "Host:"),
      head("GET http://h/ HTTP/1.1", HOST, HOST),
      head("GET / HTTP/1.0", HOST, "Host: i"),
    ]),
  ]),
  rule("9112 §3.2", ["MUST", "Answer an invalid Host with 400, in HTTP/1.0 too"], [
    ...all(
      refused(),
      [
        "a b",
        "a/b",
        "a?b",
        "a#b",
        "a\\b",
        "u@a",
        "u:p@a",
        "http://a",
        "a:b",
        "a:-1",
        "a:80:80",
        "a:+80",
        "a:0x50",
        "a:65536",
        "[::1",
        "::1",
        "[g::1]",
        "[::1]x",
        "[]",
        "[1.2.3.4]",
        ":80",
        "a%2",
        "a%zz",
        "a%20b",
        "a%00b",
        "1.2.3.4.5",
        "xn--a",
        "\xe9",
        "a\tb",
        "<a>",
      ]
        .map((host) => head("GET / HTTP/1.1", `Host: ${host}`)),
    ),
    { input: head("GET / HTTP/1.0", "Host: a b"), outcome: refused() },
    {
      name: "beside absolute-form as well",
      input: head("GET http://h/ HTTP/1.1", "Host: a b"),
      outcome: refused(),
    },
    ...["h", "H:81", "h:", "127.0.0.1:8080", "[::1]:81", "[::ffff:1.2.3.4]", "a%41b", "a,b", "x_y"]
      .map((host) => ({
        input: head("GET / HTTP/1.1", `Host: ${host}`),
        outcome: served({ url: `http://${host}/` }),
      })),
  ]),
  rule("9112 §3.2.2", ["MUST", "Accept absolute-form"], [
    { input: head("GET http://h/a?b HTTP/1.1", HOST), outcome: served({ url: "http://h/a?b" }) },
    { input: head("POST HTTP://h/ HTTP/1.1", HOST), outcome: served({ method: "POST" }) },
    { input: head("GET http://h/ HTTP/1.0"), outcome: servedLast({ url: "http://h/" }) },
  ]),
  rule("9112 §3.2.2", ["MUST", "With absolute-form, go by its host and not by the field"], [
    {
      input: head("GET http://o:81/x HTTP/1.1", HOST),
      outcome: served({ url: "http://o:81/x" }),
    },
    {
      input: head("GET http://o?q HTTP/1.1", "Host: other:1"),
      outcome: served({ url: "http://o?q" }),
    },
  ]),
  rule("9112 §3.2.3", ["rule", "authority-form is for CONNECT, and nothing else is"], [
    ...all(
      refused(),
      [
        "GET h:80",
        "POST h:80",
        "OPTIONS h:80",
        "connect h:80",
        "CONNECT /",
        "CONNECT http://h:80/",
        "CONNECT *",
        "CONNECT h",
        "CONNECT u@h:80",
      ].map((start) => line(`${start} HTTP/1.1`)),
    ),
  ]),
  rule("9112 §3.2.4", ["rule", "asterisk-form is for OPTIONS alone"], [
    { input: line("OPTIONS * HTTP/1.1"), outcome: served({ method: "OPTIONS" }) },
    ...all(
      refused(),
      ["GET *", "HEAD *", "options *", "OPTIONS **", "OPTIONS */", "OPTIONS *?a"]
        .map((start) => line(`${start} HTTP/1.1`)),
    ),
  ]),
  rule("9112 §3.2", ["rule", "A target has one of four forms"], [
    ...all(
      refused(),
      ["a", "a/b", "?a", "#a", "http:/h/", "http//h/", "ftp://h/", "\\a", "http://"]
        .map((target) => line(`GET ${target} HTTP/1.1`)),
    ),
    { input: line("GET //a/../b HTTP/1.1"), outcome: served({ url: "http://h//a/../b" }) },
  ]),
  rule("9112 §3.3", ["rule", "The target URI is scheme, Host and target; without Host a default"], [
    { input: line("GET /a%2Fb?c=d&e HTTP/1.1"), outcome: served({ url: "http://h/a%2Fb?c=d&e" }) },
    {
      input: head("GET /x HTTP/1.0", "Host: o:81"),
      outcome: servedLast({ url: "http://o:81/x" }),
    },
    { input: head("GET /x HTTP/1.0"), outcome: servedLast({ url: `http://${DEFAULT_HOST}/x` }) },
  ]),
];

/** RFC 9112 §4: the status line. */
const STATUS_LINE: readonly Requirement[] = [
  rule("9112 §4", ["MUST", "Send the space before the reason phrase, even without one"], [
    {
      name: "a status that is not registered",
      input: get(),
      handler: answers(() => new Response("x", { status: 299 })),
      outcome: served({}, { statuses: [299], has: [/^HTTP\/1\.1 299 \r\n/] }),
    },
    {
      name: "a registered one",
      input: get(),
      handler: answers(() => new Response("x", { status: 404 })),
      outcome: served({}, { statuses: [404], has: [/^HTTP\/1\.1 404 Not Found\r\n/] }),
    },
  ]),
];

/** RFC 9112 §5: field lines. */
const FIELD_LINES: readonly Requirement[] = [
  rule("9112 §5", ["MUST", "Exclude the white space around a field value"], [
    { input: get("X: \t a b \t "), outcome: served({ fields: { x: "a b" } }) },
    { input: get("X:a"), outcome: served({ fields: { x: "a" } }) },
    { input: get("X:", "Y:  "), outcome: served({ fields: { x: "", y: "" } }) },
  ]),
  rule("9112 §5.1", ["MUST", "Answer white space between name and colon with 400"], [
    ...all(
      refused(),
      ["X : a", "X\t: a", "X  : a", "Host : h", "Content-Length : 3", "Transfer-Encoding : chunked"]
        .map((field) => get(field)),
    ),
  ]),
  rule("9112 §5.1", ["rule", "A field line is a token, a colon and a value"], [
    ...all(
      refused(),
      [": a", "X", "X a", "X(: a", "X\xe9: a", "X\0: a", "X\x7f: a", "=X: a", "X;: a", "{}: a"]
        .map((field) => get(field)),
    ),
    {
      input: get("!#$%&'*+-.^_`|~09AZaz: a"),
      outcome: served({ fields: { "!#$%&'*+-.^_`|~09azaz": "a" } }),
    },
  ]),
  rule("9112 §5.2", ["MUST", "Answer obs-fold with 400 (or replace it)"], [
    ...all(refused(), [
      get("X: a\r\n b"),
      get("X: a\r\n\tb"),
      get("X: a\r\n "),
      get("X:\r\n a"),
      get("Transfer-Encoding:\r\n chunked"),
      get("Content-Length:\r\n 3"),
      head("GET / HTTP/1.1", "Host:\r\n h"),
    ]),
  ]),
  rule("9112 §5.2", ["MUST NOT", "Send obs-fold"], [
    ...["a\r\n b", "a\n\tb"].map((value) => ({
      name: JSON.stringify(value),
      input: get(),
      handler: answers(() => new Response("a", { headers: { "A": value } })),
      outcome: served({}, { statuses: [500], lacks: [/\n[ \t]/] }),
    })),
  ]),
  rule("9110 §5.3", ["MUST NOT", "Act on a request before its whole head has arrived"], [
    ...all(WAITS, [
      "GET / HTTP/1.1\r\nHost: h\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\r",
      "GET / HTTP/1.1\r\n",
      "GET /",
    ]),
  ]),
];

/** The rows of this file. */
export const RFC9112_MESSAGES: readonly Requirement[] = [
  ...MESSAGE,
  ...REQUEST_LINE,
  ...STATUS_LINE,
  ...FIELD_LINES,
];
