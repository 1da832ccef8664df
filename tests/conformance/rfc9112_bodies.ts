/**
 * RFC 9112 §6 to §8: how bodies are framed, the chunked coding, messages that do not end.
 *
 * @module
 */

import { chunked, GET, head, request } from "../support/requests.ts";
import { brokenBody, CUT, refused, served, servedLast } from "./case.ts";
import { answers, streamOf, takesOver } from "./handlers.ts";
import { all, type Requirement, rule } from "./requirement.ts";

const post = (fields: readonly string[], body = "") => request({ method: "POST", fields }) + body;
const CHUNKED = "Transfer-Encoding: chunked";
const HIDDEN_ANSWER = head("HTTP/1.1 200 OK", "Content-Length: 0");
const chunkedPost = (body: string) => post([CHUNKED], body);
const ABC = "3\r\nabc\r\n0\r\n\r\n";
/** A body that a server which reads it wrongly would take for a request. */
const INNER = request({ target: "/smuggled" });

/** A request with INNER as its body, in both framings. */
const framings = (method: string): string[] => [
  request({ method, body: INNER }),
  request({ method, fields: [CHUNKED] }) + chunked(INNER),
];

const streams = answers(() => new Response(streamOf("ab", "c")));

/** RFC 9112 §6: which messages have a body. */
const BODIES: readonly Requirement[] = [
  rule("9112 §6", ["rule", "A request has a body if a field frames one, whatever its method"], [
    ...["DELETE", "OPTIONS", "TRACE", "PUT", "X"].flatMap((method) =>
      all(served({ method, body: INNER }), framings(method))
    ),
    // The Request of the Fetch standard has no body for these two; its octets are skipped.
    ...["GET", "HEAD"].flatMap((method) =>
      all(served({ method, body: "" }), framings(method), {
        inPieces: servedLast({ method, body: "" }),
      })
    ),
    {
      name: "without one there is none, whatever the fields say of it",
      input: post(["Content-Type: text/plain", "Content-Encoding: gzip", "Trailer: X"]),
      outcome: served({ body: "" }),
    },
  ]),
];

const ONCE_CHUNKED = /^transfer-encoding: chunked\r$/im;

/** RFC 9112 §6.1: Transfer-Encoding. */
const TRANSFER_ENCODING: readonly Requirement[] = [
  rule("9112 §6.1", ["MUST NOT", "Apply chunked twice: a request that does is refused"], [
    ...all(refused(), [
      post(["Transfer-Encoding: chunked, chunked"], ABC),
      post([CHUNKED, CHUNKED], ABC),
      post(["Transfer-Encoding: chunked, gzip, chunked"], ABC),
    ]),
  ]),
  rule("9112 §6.1", ["MUST NOT", "Send chunked twice, or a coding that was not applied"], [
    ...["chunked", "gzip", "gzip, chunked", "chunked, chunked"].flatMap((coding) => [
      {
        name: `a stream and the handler's own ${coding}`,
        input: GET,
        handler: answers(() =>
          new Response(streamOf("ab", "c"), { headers: { "Transfer-Encoding": coding } })
        ),
        outcome: served({}, {
          text: "abc",
          has: [ONCE_CHUNKED],
          lacks: [/gzip|transfer-encoding[^]*transfer-encoding/i],
        }),
      },
      {
        name: `a text and the handler's own ${coding}`,
        input: GET,
        handler: answers(() => new Response("abc", { headers: { "Transfer-Encoding": coding } })),
        outcome: served({}, { text: "abc", lacks: [/transfer-encoding/i] }),
      },
    ]),
  ]),
  rule("9112 §6.1", ["SHOULD", "Answer a coding that is not understood with 501"], [
    ...all(refused(501), [
      post(["Transfer-Encoding: gzip, chunked"], ABC),
      post(["Transfer-Encoding: x-gzip, deflate, chunked"], ABC),
      post(["Transfer-Encoding: gzip", CHUNKED], ABC),
      post(["Transfer-Encoding: identity, chunked"], ABC),
      post(['Transfer-Encoding: x;a=b;c="d, e", chunked'], ABC),
    ]),
  ]),
  rule("9112 §6.1", ["MUST NOT", "Send Transfer-Encoding to HTTP/1.0"], [
    {
      input: request({ version: "1.0" }),
      handler: streams,
      outcome: servedLast({}, { lacks: [/transfer-encoding/i], text: "abc" }),
    },
    {
      input: request({ version: "1.0", fields: ["Connection: keep-alive", "TE: chunked"] }),
      handler: streams,
      outcome: servedLast({}, { lacks: [/transfer-encoding|content-length/i], text: "abc" }),
    },
    {
      input: request({ version: "1.0" }),
      handler: answers(() => new Response("a", { headers: { "Transfer-Encoding": "chunked" } })),
      outcome: servedLast({}, { lacks: [/transfer-encoding/i], text: "a" }),
    },
  ]),
  rule("9112 §6.1", [
    "MUST NOT",
    "Send Transfer-Encoding with 1xx or 204, or with a 2xx to CONNECT",
  ], [
    {
      input: GET,
      handler: answers(() =>
        new Response(null, { status: 204, headers: { "Transfer-Encoding": "chunked" } })
      ),
      outcome: served({}, { statuses: [204], lacks: [/transfer-encoding/i] }),
    },
    {
      input: head("CONNECT h:80 HTTP/1.1", "Host: h:80"),
      handler: takesOver({ headers: { "Transfer-Encoding": "chunked" } }),
      outcome: served({}, { then: "raw", lacks: [/transfer-encoding/i] }),
    },
    {
      input: request({ fields: ["Connection: upgrade", "Upgrade: raw"] }),
      handler: takesOver({ headers: { "Upgrade": "raw", "Transfer-Encoding": "chunked" } }),
      outcome: served({}, { statuses: [101], then: "raw", lacks: [/transfer-encoding/i] }),
    },
  ]),
  rule("9112 §6.1", ["MUST", "Treat Transfer-Encoding in HTTP/1.0 as broken framing"], [
    ...all(refused(), [
      head("POST / HTTP/1.0", CHUNKED) + ABC,
      head("POST / HTTP/1.0", CHUNKED, "Content-Length: 3") + "abc",
      head("POST / HTTP/1.0", "Transfer-Encoding: gzip, chunked") + ABC,
      head("POST / HTTP/1.0", "Connection: keep-alive", CHUNKED) + ABC,
    ]),
  ]),
  rule("9112 §6.1", ["MUST", "Close after a request with both fields: Weir refuses it"], [
    ...all(refused(), [
      post(["Content-Length: 3", CHUNKED], ABC),
      post([CHUNKED, "Content-Length: 3"], ABC),
      post(["Content-Length: 0", CHUNKED], ABC),
      post([`Content-Length: ${ABC.length}`, CHUNKED], ABC),
      post(["content-length: 3", "X: y", "TRANSFER-ENCODING: CHUNKED"], ABC),
      post(["Content-Length: 3", "Transfer-Encoding: gzip, chunked"], ABC),
      post(["Content-Length: 3", "Transfer-Encoding: x"], ABC),
      post(["Content-Length: 3", "Transfer-Encoding:"], "abc"),
    ]),
  ]),
];

/** RFC 9112 §6.2 and §6.3: Content-Length, and which field frames. */
const LENGTH: readonly Requirement[] = [
  rule("9112 §6.2", ["MUST NOT", "Send Content-Length beside Transfer-Encoding"], [
    {
      name: "a stream of unknown length",
      input: GET,
      handler: streams,
      outcome: served({}, {
        has: [/transfer-encoding: chunked/],
        lacks: [/content-length/i],
        text: "abc",
      }),
    },
    {
      name: "a stream whose handler gives both",
      input: GET,
      handler: answers(() =>
        new Response(streamOf("abc"), {
          headers: { "Content-Length": "3", "Transfer-Encoding": "chunked" },
        })
      ),
      outcome: served({}, {
        has: [/content-length: 3/i],
        lacks: [/transfer-encoding/i],
        text: "abc",
      }),
    },
    {
      name: "a text whose handler gives a coding",
      input: GET,
      handler: answers(() =>
        new Response("abc", { headers: { "Transfer-Encoding": "gzip, chunked" } })
      ),
      outcome: served({}, {
        has: [/content-length: 3/i],
        lacks: [/transfer-encoding/i],
        text: "abc",
      }),
    },
  ]),
  rule("9112 §6.3", ["rule", "Item 1: HEAD, 204 and 304 get no body, whatever the fields say"], [
    {
      input: request({ method: "HEAD" }),
      handler: answers(() => new Response("abc")),
      outcome: served({}, { has: [/content-length: 3\r\n(?:[^\r]+\r\n)*\r\n$/i] }),
    },
    {
      input: request({ method: "HEAD" }),
      handler: streams,
      outcome: served({}, { has: [/\r\n\r\n$/], lacks: [/content-length/i] }),
    },
    ...[204, 304].map((status) => ({
      input: GET,
      handler: answers(() =>
        new Response(null, { status, headers: { "Content-Length": "3", "X": "y" } })
      ),
      outcome: served({}, { statuses: [status], has: [/x: y/i, /\r\n\r\n$/] }),
    })),
  ]),
  rule("9112 §6.3", ["MUST", "Item 4: 400 and close, if chunked is not the last coding"], [
    ...all(
      refused(),
      [
        "gzip",
        "identity",
        "chunked, gzip",
        "chunked, identity",
        "chunked;a=b",
        "xchunked",
        "chunkedx",
        "chunked chunked",
        '"chunked"',
        "chunked;",
        "chunked\x0b",
      ].map((codings) => post([`Transfer-Encoding: ${codings}`], ABC)),
    ),
    ...all(refused(), [
      post([CHUNKED, "Transfer-Encoding: gzip"], ABC),
      post([CHUNKED, "Transfer-Encoding: identity"], ABC),
    ]),
  ]),
  rule("9112 §6.3", ["MUST", "Item 5: 400 and close for an invalid Content-Length"], [
    ...all(
      refused(),
      [
        "",
        "-1",
        "+1",
        "1x",
        "x1",
        "0x1",
        "1 1",
        "1;",
        "1.0",
        "1e0",
        "1_0",
        '"1"',
        "\xb9",
        "1,2",
        "1, ",
      ]
        .map((length) => post([`Content-Length: ${length}`], "a"))
        .concat(post(["Content-Length: 3", "Content-Length: 4"], "abcd")),
    ),
  ]),
  rule("9112 §6.3", ["MAY", "Item 5: a repeated length may be accepted as one: Weir refuses it"], [
    ...all(refused(), [
      post(["Content-Length: 3, 3"], "abc"),
      post(["Content-Length: 3", "Content-Length: 3"], "abc"),
      post(["Content-Length: 0", "Content-Length: 0"]),
    ]),
  ]),
  rule("9112 §6.3", ["rule", "Item 6: Content-Length is the body's length in octets"], [
    { input: request({ body: "abc" }), outcome: served({ body: "abc" }) },
    { input: request({ body: "\xe2\x82\xac" }), outcome: served({ body: "\xe2\x82\xac" }) },
    { input: request({ body: INNER + INNER }), outcome: served({ body: INNER + INNER }) },
    { input: post(["Content-Length: 0"]), outcome: served({ body: "" }) },
    { input: post(["Content-Length: \t 3 "], "abc"), outcome: served({ body: "abc" }) },
    { input: post(["Content-Length: 0003"], "abc"), outcome: served({ body: "abc" }) },
  ]),
  rule("9112 §6.3", ["MUST", "Item 6: a shorter body is incomplete; close"], [
    { input: post(["Content-Length: 3"], "ab"), ends: true, outcome: CUT },
    { input: post(["Content-Length: 3"]), ends: true, outcome: CUT },
  ]),
  rule("9112 §6.3", ["rule", "Item 7: neither field means no body"], [
    { input: post([]), outcome: served({ body: "" }) },
    { input: post(["X-Content-Length: 3"]), outcome: served({ body: "" }) },
    {
      name: "so that what follows is the next request",
      input: post([]) + INNER,
      outcome: {
        statuses: [200, 200],
        seen: [{ body: "" }, { url: "http://h/smuggled" }],
        then: "keeps",
      },
    },
  ]),
  rule("9112 §6.3", ["rule", "Nothing but another answer follows an answer"], [
    ...[["abc", HIDDEN_ANSWER], [`abc${HIDDEN_ANSWER}`]].map((pieces) => ({
      name: "a handler's body longer than its Content-Length is cut at it",
      input: GET,
      handler: answers(() =>
        new Response(streamOf(...pieces), { headers: { "Content-Length": "3" } })
      ),
      outcome: served({}, { text: "abc" }),
    })),
    {
      name: "a body beside 204 or 205 is not sent",
      input: GET,
      handler: answers(() =>
        new Response(null, { status: 205, headers: { "Content-Length": "3" } })
      ),
      outcome: served({}, { statuses: [205], text: "" }),
    },
  ]),
];

/** RFC 9112 §7: transfer codings. */
const CODINGS: readonly Requirement[] = [
  rule("9112 §7", ["rule", "Names of codings are case-insensitive"], [
    ...all(served({ body: "abc" }), [
      post(["Transfer-Encoding: CHUNKED"], ABC),
      post(["tRANSFER-eNCODING:cHuNkEd"], ABC),
      post(["Transfer-Encoding: \t chunked \t"], ABC),
    ]),
  ]),
  rule("9112 §7.1", ["MUST", "Decode the chunked coding"], [
    { input: chunkedPost(ABC), outcome: served({ body: "abc" }) },
    { input: chunkedPost(chunked()), outcome: served({ body: "" }) },
    {
      input: chunkedPost(chunked("a", "bc", "d".repeat(300))),
      outcome: served({ body: "abc" + "d".repeat(300) }),
    },
    { input: chunkedPost(chunked(INNER)), outcome: served({ body: INNER }) },
    { input: chunkedPost(chunked("\r\n0\r\n\r\n")), outcome: served({ body: "\r\n0\r\n\r\n" }) },
    {
      name: "sizes in either case, with leading zeros",
      input: chunkedPost("00A\r\n0123456789\r\n0b\r\n0123456789a\r\n000\r\n\r\n"),
      outcome: served({ body: "01234567890123456789a" }),
    },
  ]),
  rule("9112 §7.1", ["SHOULD", "Treat parameters of chunked as an error"], [
    ...all(refused(), [
      post(["Transfer-Encoding: chunked;a=b"], ABC),
      post(["Transfer-Encoding: chunked ; a=b"], ABC),
      post(['Transfer-Encoding: chunked;a="b"'], ABC),
    ]),
  ]),
  rule("9112 §7.1", ["MUST", "No overflow and no loss of precision in a chunk's size"], [
    ...all(
      brokenBody(),
      [
        "20000000000000",
        "ffffffffffffff",
        "10000000000000003",
        "ffffffffffffffff",
        "100000000000000000000000000000003",
        "0".repeat(17) + "3",
      ].map((size) => chunkedPost(`${size}\r\nabc\r\n0\r\n\r\n`)),
    ),
  ]),
  rule("9112 §7.1", ["rule", "A chunk is its size, CRLF, as many octets and CRLF"], [
    ...all(
      brokenBody(),
      [
        "g\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "3h\r\nabc\r\n0\r\n\r\n",
        " 3\r\nabc\r\n0\r\n\r\n",
        "3 \r\nabc\r\n0\r\n\r\n",
        "3\t\r\nabc\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\rabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nab\r\n0\r\n\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3\r\nabc\r0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "3\r\nabc\r\n0\n\r\n",
        "3\r\nabc\r\n0\r\n\n",
        "3\r\nabc\r\n\r\n",
      ].map(chunkedPost),
    ),
  ]),
  rule("9112 §7.1.1", ["MUST", "Ignore chunk extensions that are not known"], [
    ...all(
      served({ body: "abc" }),
      [
        "3;a\r\nabc\r\n0\r\n\r\n",
        "3;a=b\r\nabc\r\n0\r\n\r\n",
        '3;a="b; "\r\nabc\r\n0\r\n\r\n',
        '3;a="\\"";b=c\r\nabc\r\n0;d=e\r\n\r\n',
        '3;a="=;,"\r\nabc\r\n0;z\r\n\r\n',
      ].map(chunkedPost),
    ),
  ]),
  rule("9112 §7.1.1", ["MUST", "Ignore the white space that is allowed in an extension"], [
    ...all(
      served({ body: "abc" }),
      [
        "3 ;a\r\nabc\r\n0\r\n\r\n",
        "3; a\r\nabc\r\n0\r\n\r\n",
        "3\t;\ta = b\r\nabc\r\n0\r\n\r\n",
        '3;a= "b" ;c\r\nabc\r\n0 ; d = e\r\n\r\n',
      ].map(chunkedPost),
    ),
    ...all(
      brokenBody(),
      [
        "3;a \r\nabc\r\n0\r\n\r\n",
        "3;a=b \r\nabc\r\n0\r\n\r\n",
        "3;a b\r\nabc\r\n0\r\n\r\n",
        "3;a=b c\r\nabc\r\n0\r\n\r\n",
        "3 a\r\nabc\r\n0\r\n\r\n",
        "3; \r\nabc\r\n0\r\n\r\n",
        "3;a= \r\nabc\r\n0\r\n\r\n",
      ].map(chunkedPost),
    ),
  ]),
  rule("9112 §7.1.1", ["SHOULD", "Limit extensions, and answer 4xx beyond the limit"], [
    {
      name: "4 KiB in one line",
      input: chunkedPost(`3;${"a".repeat(4100)}`),
      outcome: brokenBody(),
    },
  ]),
  rule("9112 §7.1.2", ["MUST NOT", "Merge trailers into the header section"], [
    {
      input: request({ method: "POST", fields: [CHUNKED, "Trailer: X, Y", "Y: head"] }) +
        "3\r\nabc\r\n0\r\nX: t\r\nY: t\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\n" +
        "Host: evil\r\nAuthorization: x\r\nConnection: close\r\nExpect: x\r\n\r\n",
      outcome: served({
        body: "abc",
        url: "http://h/",
        fields: { x: null, y: "head", authorization: null, "content-length": null, expect: null },
      }),
    },
  ]),
  rule("9112 §7.1.2", ["rule", "Trailers are field lines like any other"], [
    ...all(
      brokenBody(),
      [
        "X : y",
        " X: y",
        "X",
        ": y",
        "X: a\0",
        "X: a\rb",
        "X: a\nb: c",
        "X: a\r\n b",
        "GET / HTTP/1.1",
      ]
        .map((trailer) => chunkedPost(`3\r\nabc\r\n0\r\n${trailer}\r\n\r\n`)),
    ),
  ]),
  rule(
    "9112 §7.4",
    ["MUST NOT", "Send a coding that TE does not list; chunked is always allowed"],
    [
      ...["gzip", "trailers", "chunked;q=0", "", "gzip;q=1.0, trailers"].map((te) => ({
        input: request({ fields: [`TE: ${te}`, "Connection: TE"] }),
        handler: streams,
        outcome: served({}, { has: [/transfer-encoding: chunked\r\n/], text: "abc" }),
      })),
    ],
  ),
  rule("9110 §6.5.1", ["MUST NOT", "Send trailers that nobody asked for: Weir sends none"], [
    {
      input: request({ fields: ["TE: trailers", "Connection: TE"] }),
      handler: answers(() => new Response(streamOf("abc"), { headers: { Trailer: "X" } })),
      outcome: served({}, { has: [/\r\n0\r\n\r\n$/] }),
    },
  ]),
];

/** RFC 9112 §8: messages that do not end. */
const INCOMPLETE: readonly Requirement[] = [
  rule("9112 §8", ["rule", "A chunked body without its last chunk is incomplete"], [
    ...["", "3", "3\r\nab", "3\r\nabc\r\n", "3\r\nabc\r\n0\r\n", "3\r\nabc\r\n0\r\nX: y\r\n"].map(
      (body) => ({ input: chunkedPost(body), ends: true, outcome: CUT }),
    ),
  ]),
  rule("9112 §8", ["MAY", "Answer half a head before closing: Weir sends nothing"], [
    ...["GET / HTTP/1.1\r\nHost: h\r\n", "G", ""].map((input) => ({
      input,
      ends: true,
      outcome: { statuses: [], seen: [], then: "closes" as const },
    })),
  ]),
];

/** The rows of this file. */
export const RFC9112_BODIES: readonly Requirement[] = [
  ...BODIES,
  ...TRANSFER_ENCODING,
  ...LENGTH,
  ...CODINGS,
  ...INCOMPLETE,
];
