/**
 * RFC 9112 §9 and §11: how long a connection lives, and the order on it.
 *
 * @module
 */

import { chunked, GET, head, LAST_GET, request } from "../support/requests.ts";
import { type Handler, refused, served, servedLast } from "./case.ts";
import { answers, cancelsBody, ignoresBody, read, readsOnePiece, streamOf } from "./handlers.ts";
import { all, type Requirement, rule } from "./requirement.ts";

const at = (target: string) => request({ target });
const url = (target: string) => ({ url: `http://h${target}` });
const INNER = at("/smuggled");
const CHUNKED = "Transfer-Encoding: chunked";

/** The first request takes longest. */
const SLOWEST_FIRST: Handler = async (request) => {
  const { pathname } = new URL(request.url);
  for (let turn = 0; turn < 40 - 10 * Number(pathname.slice(1)); turn++) await undefined;
  return new Response(pathname);
};

/** RFC 9112 §9.2 and §9.3.2: order. */
const ORDER: readonly Requirement[] = [
  rule("9112 §9.3.2", ["MUST", "Answer pipelined requests in their order"], [
    {
      input: at("/1") + at("/2") + at("/3"),
      handler: SLOWEST_FIRST,
      outcome: {
        statuses: [200, 200, 200],
        seen: [url("/1"), url("/2"), url("/3")],
        then: "keeps",
        has: [/\r\n\r\n\/1HTTP[^]*\r\n\r\n\/2HTTP[^]*\r\n\r\n\/3$/],
      },
    },
    {
      name: "bodies between them",
      input: request({ target: "/1", body: INNER }) +
        request({ method: "POST", target: "/2", fields: [CHUNKED] }) + chunked(INNER) + at("/3"),
      outcome: {
        statuses: [200, 200, 200],
        seen: [{ ...url("/1"), body: INNER }, { ...url("/2"), body: INNER }, url("/3")],
        then: "keeps",
      },
    },
    {
      name: "a refusal in its turn",
      input: at("/1") + "GET\r\n\r\n" + at("/2"),
      handler: SLOWEST_FIRST,
      outcome: { statuses: [200, 400], seen: [url("/1")], then: "closes" },
    },
  ]),
];

/** RFC 9112 §9.3: persistence. */
const PERSISTENCE: readonly Requirement[] = [
  rule("9112 §9.3", ["rule", "An HTTP/1.1 connection persists unless close is sent"], [
    ...all(served(), [
      GET,
      request({ fields: ["Connection: keep-alive"] }),
      request({ fields: ["Connection: foo,keep-alive , bar"] }),
      request({ fields: ["Connection: closed, xclose, clos"] }),
      request({ fields: ["Connection:"] }),
      request({ fields: ["X-Connection: close", "Proxy-Connection: close", "Keep-Alive: close"] }),
    ]),
    ...all(servedLast(), [
      LAST_GET,
      request({ fields: ["Connection: CLOSE"] }),
      request({ fields: ["connection: foo ,\tCloSe, bar"] }),
      request({ fields: ["Connection: keep-alive", "Connection: close"] }),
      request({ fields: ["Connection: close, keep-alive"] }),
    ]),
  ]),
  rule("9112 §9.3", ["rule", "An HTTP/1.0 connection persists only if keep-alive is sent"], [
    ...all(servedLast(), [
      head("GET / HTTP/1.0"),
      head("GET / HTTP/1.0", "Connection: foo"),
      head("GET / HTTP/1.0", "Connection: keep-alive, close"),
      head("GET / HTTP/1.0", "Keep-Alive: 300"),
    ]),
    ...all(served(), [
      head("GET / HTTP/1.0", "Connection: keep-alive"),
      head("GET / HTTP/1.0", "Connection: foo, Keep-Alive"),
      head("POST / HTTP/1.0", "Connection: keep-alive", "Content-Length: 3") + "abc",
    ]),
  ]),
  rule("9112 §9.3", ["rule", "An answer on a persistent connection has a length of its own"], [
    {
      input: GET,
      handler: answers(() => new Response(streamOf("a", "b"))),
      outcome: served({}, { has: [/transfer-encoding: chunked/], text: "ab" }),
    },
    {
      input: GET,
      handler: answers(() => new Response(null)),
      outcome: served({}, { has: [/content-length: 0/], text: "" }),
    },
    {
      name: "without one, HTTP/1.0 is closed after it",
      input: head("GET / HTTP/1.0", "Connection: keep-alive"),
      handler: answers(() => new Response(streamOf("a", "b"))),
      outcome: servedLast({}, { lacks: [/content-length/i], text: "ab" }),
    },
    {
      name: "with one it goes on",
      input: head("GET / HTTP/1.0", "Connection: keep-alive"),
      handler: answers(() => new Response("ab")),
      outcome: served({}, { has: [/content-length: 2/], text: "ab" }),
    },
  ]),
  rule("9112 §9.3", ["MUST", "Say close in every answer, if the server does not persist"], [
    ...[GET, request({ body: "abc" }), request({ fields: ["Connection: keep-alive"] })].map((
      raw,
    ) => ({
      // As packets: nothing else can be served before it.
      input: [raw],
      outcome: servedLast({}, { has: [/^connection: close\r\n/im], lacks: [/keep-alive/i] }),
    })),
    {
      name: "but not in a 100",
      input: [
        request({ method: "POST", fields: ["Expect: 100-continue", "Content-Length: 3"] }),
        "abc",
      ],
      outcome: servedLast({ body: "abc" }, {
        statuses: [100, 200],
        has: [/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*^connection: close\r\n/im],
      }),
    },
  ], { limits: { requestsPerConnection: 1 } }),
  rule("9112 §9.3", ["MUST", "Read all of a request's body or close after the answer"], [
    {
      name: "a body that the handler ignores, already here",
      input: request({ body: INNER }),
      handler: ignoresBody,
      outcome: served({ body: undefined }, { text: "early" }),
      inPieces: servedLast({ body: undefined }, { text: "early" }),
    },
    {
      name: "the same in chunks",
      input: request({ method: "POST", fields: [CHUNKED] }) + chunked(INNER),
      handler: ignoresBody,
      outcome: served({ body: undefined }, { text: "early" }),
      inPieces: servedLast({ body: undefined }, { text: "early" }),
    },
    {
      name: "one that the handler cancels",
      input: request({ body: INNER }),
      handler: cancelsBody,
      outcome: served({}, { text: "early" }),
      inPieces: servedLast({}, { text: "early" }),
    },
    {
      name: "one of which the handler reads a piece",
      input: request({ body: INNER }),
      handler: readsOnePiece,
      outcome: served({}, { text: "early" }),
    },
    {
      name: "one that never comes",
      input: request({ method: "POST", fields: ["Content-Length: 300000"] }),
      handler: ignoresBody,
      outcome: servedLast({}, { text: "early" }),
    },
    {
      name: "broken chunks that nobody reads",
      input: request({ method: "POST", fields: [CHUNKED] }) + "x\r\n" + INNER,
      handler: ignoresBody,
      outcome: servedLast({}, { text: "early" }),
    },
    {
      name: "after HEAD, 204 and 304 as well",
      input: request({ method: "HEAD", body: INNER }),
      handler: ignoresBody,
      outcome: served({ body: undefined }),
      inPieces: servedLast({ body: undefined }),
    },
  ]),
];

/** RFC 9112 §9.6 and §9.8: the end. */
const END: readonly Requirement[] = [
  rule("9112 §9.6", ["MUST", "Close after the answer to a request that says close"], [
    { input: LAST_GET, outcome: servedLast({}, { has: [/connection: close/i] }) },
    {
      input: request({ fields: ["Connection: close"], body: "abc" }),
      outcome: servedLast({ body: "abc" }),
    },
  ]),
  rule("9112 §9.6", ["MUST NOT", "Process what follows a request that says close"], [
    { input: LAST_GET + INNER, outcome: servedLast() },
    { input: LAST_GET + "\0\xff garbage \r\n\r\n", outcome: servedLast() },
  ]),
  rule("9112 §9.6", ["MUST", "Close after an answer that says close, and process nothing more"], [
    {
      input: GET + INNER,
      handler: answers(() => new Response("a", { headers: { Connection: "close" } })),
      outcome: servedLast({}, { has: [/connection: close/i] }),
    },
    {
      input: GET + INNER,
      handler: answers(() => new Response(streamOf("a"), { headers: { Connection: "x, Close" } })),
      outcome: servedLast({}, { text: "a" }),
    },
    {
      input: GET + INNER,
      handler: answers(() => new Response("a", { headers: { Connection: "close, keep-alive" } })),
      outcome: servedLast({}, { lacks: [/keep-alive/i] }),
    },
  ]),
  rule("9112 §9.6", ["SHOULD", "Say close in the last answer, a refusal too"], [
    ...all(refused(), [head("GET / HTTP/1.1"), "x\r\n\r\n", head("GET / HTTP/1.1", "Host: a b")]),
  ]),
  rule("9112 §11.1", ["rule", "Nothing that a handler sets can end a field line or an answer"], [
    ...["a\r\nX: y", "a\nX: y", "a\rX: y", "a\0", "a\r\n\r\nHTTP/1.1 200 OK"].map((value) => ({
      name: `the value ${JSON.stringify(value)}`,
      input: GET,
      handler: (async (each, { seen }) => {
        await read(each, seen);
        return new Response("a", { headers: { "X-A": value } });
      }) satisfies Handler,
      outcome: served({}, { statuses: [500], lacks: [/^x:/im] }),
    })),
  ]),
];

/** The rows of this file. */
export const RFC9112_CONNECTIONS: readonly Requirement[] = [...ORDER, ...PERSISTENCE, ...END];
