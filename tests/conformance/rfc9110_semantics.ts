/**
 * RFC 9110 §9 to §15: methods, expectations, statuses.
 *
 * @module
 */

import { GET, head, request } from "../support/requests.ts";
import { type Handler, refused, served, servedLast } from "./case.ts";
import { answers, ignoresBody, read, streamOf, takesOver } from "./handlers.ts";
import { all, type Requirement, rule } from "./requirement.ts";

const HOST = "Host: h";
const CONNECT = head("CONNECT h:80 HTTP/1.1", "Host: h:80");
const expecting = (...fields: readonly string[]) =>
  request({ method: "POST", fields: ["Expect: 100-continue", ...fields] });
const FRAMED = /content-length|transfer-encoding/i;

/** RFC 9110 §9: methods. */
const METHODS: readonly Requirement[] = [
  rule("9110 §9.1", ["MUST", "Serve GET and HEAD; what other methods mean is the handler's"], [
    ...["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "x"].map(
      (method) => ({ input: request({ method }), outcome: served({ method }) }),
    ),
  ]),
  rule("9110 §9.3.2", ["MUST NOT", "Send content in an answer to HEAD"], [
    ...[200, 404, 500].map((status) => ({
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response("abc", { status })),
      outcome: served({}, { statuses: [status], has: [/\r\n\r\n$/] }),
    })),
    {
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response(streamOf("abc"))),
      outcome: served({}, { has: [/\r\n\r\n$/] }),
    },
    {
      name: "HTTP/1.0",
      input: request({ method: "HEAD", version: "1.0" }),
      handler: answers(() => new Response(streamOf("abc"))),
      outcome: servedLast({}, { has: [/\r\n\r\n$/] }),
    },
    {
      name: "a refusal",
      input: head("HEAD / HTTP/1.1"),
      outcome: { ...refused(), has: [/\r\n\r\n$/] },
    },
  ]),
  rule("9110 §9.3.2", ["SHOULD", "Send the same fields as for GET"], [
    {
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response("abc", { headers: { ETag: '"x"', "X-A": "b" } })),
      outcome: served({}, {
        has: [/^etag: "x"/im, /^x-a: b/im, /^content-length: 3/im, /^content-type: text\/plain/im],
      }),
    },
  ]),
  rule("9110 §9.3.6", ["MUST NOT", "Send a framing field with a 2xx to CONNECT"], [
    {
      input: CONNECT,
      handler: takesOver(),
      outcome: served({}, { then: "raw", lacks: [FRAMED] }),
    },
    {
      input: CONNECT,
      handler: takesOver({ headers: { "Content-Length": "3", "Transfer-Encoding": "chunked" } }),
      outcome: served({}, { then: "raw", lacks: [FRAMED] }),
    },
  ]),
  rule("9110 §9.3.6", ["rule", "A 2xx to CONNECT makes a tunnel: without one Weir answers 501"], [
    { input: CONNECT, outcome: servedLast({ method: "CONNECT" }, { statuses: [501] }) },
    {
      input: CONNECT,
      handler: answers(() => new Response(streamOf("a"), { status: 203 })),
      outcome: servedLast({}, { statuses: [501] }),
    },
    {
      name: "a refusal by the handler, and what was sent for the tunnel is no request",
      input: CONNECT + request({ target: "/smuggled" }),
      handler: answers(() => new Response("no", { status: 403 })),
      outcome: servedLast({}, { statuses: [403], text: "no" }),
    },
  ]),
  rule("9110 §9.3.6", ["MUST", "Refuse CONNECT to an empty or invalid port"], [
    ...all(
      refused(),
      ["h", "h:", "h:0", "h:65536", "h:x", "h:-1", "h:+80", "h:80:80", ":80", "[::1]", "u@h:80"]
        .map(
          (target) => head(`CONNECT ${target} HTTP/1.1`, HOST),
        ),
    ),
    ...["h:1", "h:65535", "h:00080", "[::1]:80", "127.0.0.1:80"].map((target) => ({
      input: head(`CONNECT ${target} HTTP/1.1`, HOST),
      handler: takesOver(),
      outcome: served({ method: "CONNECT" }, { then: "raw" as const }),
    })),
  ]),
  rule("9110 §9.3.6", ["MAY", "Refuse content with CONNECT, which has no meaning: Weir does"], [
    ...all(
      refused(),
      ["Content-Length: 3", "Content-Length: 0", "Transfer-Encoding: chunked"].map((field) =>
        head("CONNECT h:80 HTTP/1.1", HOST, field)
      ),
    ),
  ]),
];

const waitsThenReads: Handler = async (request, { seen }) => {
  for (let turn = 0; turn < 30; turn++) await undefined;
  await read(request, seen);
  return new Response("ok");
};

/** RFC 9110 §10.1.1: Expect. */
const EXPECTATIONS: readonly Requirement[] = [
  rule("9110 §10.1.1", [
    "MUST",
    "Answer 100-continue with 100 or a final status, not waiting for content",
  ], [
    {
      input: [expecting("Content-Length: 3"), "abc"],
      outcome: served({ body: "abc" }, { statuses: [100, 200] }),
    },
    {
      input: [expecting("Transfer-Encoding: chunked"), "3\r\nabc\r\n0\r\n\r\n"],
      outcome: served({ body: "abc" }, { statuses: [100, 200] }),
    },
    {
      name: "once, when the handler reads",
      input: [expecting("Content-Length: 3"), "a" + "bc"],
      handler: waitsThenReads,
      outcome: served({ body: "abc" }, { statuses: [100, 200] }),
    },
    {
      name: "in any case of the letters",
      input: [
        request({ method: "PUT", fields: ["eXPECT: 100-Continue", "Content-Length: 1"] }),
        "a",
      ],
      outcome: served({ body: "a" }, { statuses: [100, 200] }),
    },
    {
      name: "a final status at once, and no 100",
      input: [expecting("Content-Length: 3"), ""],
      handler: ignoresBody,
      outcome: servedLast({ body: undefined }, { text: "early" }),
    },
  ]),
  rule("9110 §10.1.1", [
    "MUST",
    "Send a final status after a 100, whatever becomes of the content",
  ], [
    {
      name: "a handler that fails after it",
      input: [expecting("Content-Length: 3"), "abc"],
      handler: async (request, { seen }) => {
        await read(request, seen);
        throw new Error("Cannot");
      },
      outcome: served({ body: "abc" }, { statuses: [100, 500] }),
    },
    {
      name: "content that breaks off in the middle of a chunk's head",
      input: [expecting("Transfer-Encoding: chunked"), "x\r\n"],
      outcome: servedLast({ body: null }, { statuses: [100, 400] }),
    },
  ]),
  rule("9110 §10.1.1", ["MAY", "Leave out the 100 if content has arrived or none will come"], [
    {
      input: expecting("Content-Length: 3") + "abc",
      outcome: served({ body: "abc" }),
      inPieces: served({ body: "abc" }, { statuses: [100, 200] }),
    },
    ...all(served({ body: "" }), [
      expecting(),
      expecting("Content-Length: 0"),
      request({ fields: ["Expect: 100-continue"] }),
    ]),
  ]),
  rule("9110 §10.1.1", [
    "SHOULD",
    "Say in a final status instead of 100 whether the connection ends",
  ], [
    {
      input: [expecting("Content-Length: 3"), ""],
      handler: () => new Response("no", { status: 413 }),
      outcome: servedLast({}, { statuses: [413], has: [/^connection: close\r\n/im] }),
    },
    {
      name: "and content that still comes is not taken for a request",
      input: [expecting("Content-Length: 38"), request({ target: "/smuggled" })],
      handler: () => new Response("no", { status: 413 }),
      outcome: servedLast({}, { statuses: [413] }),
    },
  ]),
  rule("9110 §10.1.1", ["MUST", "Ignore 100-continue in HTTP/1.0"], [
    {
      input: request({ version: "1.0", fields: ["Expect: 100-continue"], body: "abc" }),
      outcome: servedLast({ body: "abc" }),
    },
    {
      input: request({ version: "1.0", fields: ["Expect: x"], body: "abc" }),
      outcome: servedLast({ body: "abc" }),
    },
  ]),
  rule("9110 §10.1.1", ["MAY", "Answer an unknown expectation with 417: Weir does"], [
    ...all(
      refused(417),
      ["a-miracle", "100-continue, a-miracle", "100-continued", "100-continue=x", '"100-continue"']
        .map((value) => request({ fields: [`Expect: ${value}`] })),
    ),
    { input: expecting("Expect: a-miracle", "Content-Length: 3"), outcome: refused(417) },
  ]),
];

/** RFC 9110 §12 to §15: what a server without ranges of its own sends, and statuses. */
const STATUSES: readonly Requirement[] = [
  rule("9110 §14.2", ["MAY", "Ignore Range and preconditions: they are the handler's"], [
    {
      input: request({ fields: ["Range: bytes=0-0", 'If-Match: "x"', "If-Range: x"] }),
      handler: answers(() => new Response("abc")),
      outcome: served({ fields: { range: "bytes=0-0" } }, { text: "abc" }),
    },
  ]),
  rule("9110 §15.2", ["MUST NOT", "Send a 1xx to HTTP/1.0"], [
    {
      input: [
        head(
          "POST / HTTP/1.0",
          "Expect: 100-continue",
          "Connection: keep-alive",
          "Content-Length: 0",
        ),
      ],
      outcome: served({ body: "" }),
    },
    {
      name: "not even while waiting for the content",
      input: head("POST / HTTP/1.0", "Expect: 100-continue", "Content-Length: 3"),
      ends: true,
      outcome: { statuses: [], seen: [{ body: null }], then: "closes" },
    },
  ]),
  rule("9110 §15.2", ["MUST NOT", "Let a handler answer with 1xx"], [
    {
      name: "a handler that cannot make a Response of 101 fails",
      input: GET,
      handler: () => new Response(null, { status: 101 }),
      outcome: served({}, { statuses: [500] }),
    },
  ]),
  rule("9110 §15.3.5", ["MUST NOT", "Send content or a framing field with 204"], [
    {
      input: GET,
      handler: answers(() => new Response(null, { status: 204 })),
      outcome: served({}, { statuses: [204], lacks: [FRAMED], has: [/\r\n\r\n$/] }),
    },
    {
      input: request({ version: "1.0", fields: ["Connection: keep-alive"] }),
      handler: answers(() => new Response(null, { status: 204 })),
      outcome: served({}, { statuses: [204], lacks: [FRAMED] }),
    },
  ]),
  rule("9110 §15.3.6", ["MUST NOT", "Send content with 205"], [
    {
      input: GET,
      handler: answers(() => new Response(null, { status: 205 })),
      outcome: served({}, { statuses: [205], text: "" }),
    },
    {
      input: head("GET / HTTP/1.0"),
      handler: answers(() => new Response(null, { status: 205 })),
      outcome: servedLast({}, { statuses: [205], text: "" }),
    },
  ]),
  rule("9110 §15.4.5", ["MUST NOT", "Send content with 304; send its validators and Date"], [
    {
      input: GET,
      handler: answers(() =>
        new Response(null, {
          status: 304,
          headers: { ETag: '"x"', "Cache-Control": "no-cache", Vary: "a", Expires: "0" },
        })
      ),
      outcome: served({}, {
        statuses: [304],
        has: [/^etag: "x"/im, /^cache-control: /im, /^vary: /im, /^expires: /im, /\r\n\r\n$/],
      }),
    },
  ]),
  rule("9110 §15.5", [
    "MUST",
    "What a status asks for beside it is the handler's, and is sent as given",
  ], [
    ...[
      [401, "WWW-Authenticate", "Basic realm=x"],
      [405, "Allow", "GET, HEAD"],
      [407, "Proxy-Authenticate", "Basic"],
      [416, "Content-Range", "bytes 0-0/3"],
      [426, "Upgrade", "raw"],
      [503, "Retry-After", "1"],
    ].map(([status, name, value]) => ({
      input: GET,
      handler: answers(() =>
        new Response("no", { status: Number(status), headers: { [`${name}`]: `${value}` } })
      ),
      outcome: served({}, {
        statuses: [Number(status)],
        has: [new RegExp(`^${name}: ${value}\r$`, "im")],
      }),
    })),
  ]),
];

/** The rows of this file. */
export const RFC9110_SEMANTICS: readonly Requirement[] = [
  ...METHODS,
  ...EXPECTATIONS,
  ...STATUSES,
];
