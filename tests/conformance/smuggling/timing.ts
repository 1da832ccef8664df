/**
 * Answers that come before the body, and requests whose body or whose protocol depends on what is said in
 * between: CL.0 and 0.CL, Expect, Upgrade, CONNECT.
 *
 * @module
 */

import { chunked, head, request } from "../../support/requests.ts";
import { type Case, type Handler, type Outcome, refused, served, servedLast } from "../case.ts";
import { answers, cancelsBody, ignoresBody, readsOnePiece, takesOver } from "../handlers.ts";
import { CHUNKED, each, type Family, HIDDEN, lengthOf, post } from "./family.ts";

const REFUSED = refused();
const BOTH = HIDDEN + HIDDEN;

/** Handlers that answer without their body. */
const EARLY: Readonly<Record<string, readonly [Handler, number]>> = {
  "answers at once": [ignoresBody, 200],
  "cancels the body": [cancelsBody, 200],
  "redirects": [() => new Response(null, { status: 301, headers: { Location: "/a/" } }), 301],
  "has nothing": [() => new Response(null, { status: 404 }), 404],
  "forbids": [() => new Response("no", { status: 403 }), 403],
  "says 204": [() => new Response(null, { status: 204 }), 204],
  "says 304": [() => new Response(null, { status: 304 }), 304],
  "throws": [() => {
    throw new Error("Broken");
  }, 500],
};

/**
 * What has arrived of the body is skipped with the answer. Whether the rest will come is not known,
 * so the connection ends.
 */
function early(name: string, [handler, status]: readonly [Handler, number], input: string): Case {
  const outcome = served({ body: undefined }, { statuses: [status] });
  return { name, input, handler, outcome, inPieces: { ...outcome, then: "closes" } };
}

const CL_0: Family = {
  name: "CL.0: answers before the body",
  about: "the back end answers without reading, and takes the body for a request",
  cases: [
    ...Object.entries(EARLY).flatMap(([name, how]) => [
      early(name, how, request({ body: HIDDEN })),
      early(name, how, request({ body: BOTH })),
      early(name, how, post([CHUNKED], chunked(HIDDEN))),
      early(name, how, post([CHUNKED], chunked(...HIDDEN.split(" ")))),
      early(name, how, request({ method: "PUT", target: "/a.css", body: HIDDEN })),
    ]),
    {
      name: "one piece is read",
      input: request({ body: HIDDEN }),
      handler: readsOnePiece,
      outcome: served({}, { text: "early" }),
    },
    {
      name: "broken chunks after the answer",
      input: post([CHUNKED], `3\r\nabcd\r\n${HIDDEN}`),
      handler: ignoresBody,
      outcome: servedLast({}, { text: "early" }),
    },
    {
      name: "no chunk at all after the answer",
      input: post([CHUNKED], HIDDEN),
      handler: ignoresBody,
      outcome: servedLast({}, { text: "early" }),
    },
    {
      name: "a body of which half is here",
      input: [post(["Content-Length: 70"], HIDDEN), HIDDEN],
      handler: ignoresBody,
      outcome: served({}, { text: "early" }),
    },
    {
      name: "a body too large to pass over",
      input: [post(["Content-Length: 300000"], HIDDEN), HIDDEN],
      handler: ignoresBody,
      outcome: servedLast({}, { text: "early" }),
    },
    {
      name: "chunks of which half is here",
      input: [post([CHUNKED], `23\r\n${HIDDEN}\r\n`), `23\r\n${HIDDEN}\r\n0\r\n\r\n`],
      handler: ignoresBody,
      outcome: servedLast({}, { text: "early" }),
    },
  ],
};

/** GET and HEAD have no body for a handler; what they carry is still skipped. */
function bodyless(method: string, input: string): Case {
  const outcome = served({ method, body: "" });
  return { input, outcome, inPieces: { ...outcome, then: "closes" } };
}

const METHODS: Family = {
  name: "bodies with methods that have none",
  about: "GET, HEAD and others whose body one of two servers ignores",
  cases: [
    ...["GET", "HEAD"].flatMap((method) => [
      bodyless(method, request({ method, body: HIDDEN })),
      bodyless(method, request({ method, body: BOTH })),
      bodyless(method, request({ method, fields: [CHUNKED] }) + chunked(HIDDEN)),
      bodyless(method, request({ method, fields: [CHUNKED] }) + chunked("a", HIDDEN, "b")),
      bodyless(method, request({ method, fields: ["Content-Type: text/plain"], body: HIDDEN })),
    ]),
    ...["DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "SEARCH", "get", "FOO"].flatMap((
      method,
    ) =>
      each(served({ method, body: HIDDEN }), [
        request({ method, body: HIDDEN }),
        request({ method, fields: [CHUNKED] }) + chunked(HIDDEN),
      ])
    ),
    ...each(served({ body: HIDDEN }), [
      post(["X-HTTP-Method-Override: GET", lengthOf(HIDDEN)], HIDDEN),
      post(["X-HTTP-Method: HEAD", lengthOf(HIDDEN)], HIDDEN),
    ]),
  ],
};

const ZERO_CL: Family = {
  name: "0.CL: a length of zero",
  about: "the front end sees no body where the back end waits for one",
  cases: [
    ...each(REFUSED, [
      post(["Content-Length: 0", " Content-Length: 35"], HIDDEN),
      post(["Content-Length: 0", "Content-Length : 35"], HIDDEN),
      post(["Content-Length: 0\r\n 35"], HIDDEN),
      post(["Content-Length: 0", "Transfer-Encoding: identity"], HIDDEN),
      post(["Content-Length: 0\0", "X: y"], HIDDEN),
      post(["Content-Length:\n 35"], HIDDEN),
      request({ fields: [" Content-Length: 35"] }) + HIDDEN,
      head("GET /con HTTP/1.1", "Host: h", "\tContent-Length: 35") + HIDDEN,
    ]),
    ...each({
      statuses: [200, 200],
      seen: [{ body: "" }, { url: "http://h/smuggled" }],
      then: "keeps",
    }, [
      post(["Content-Length: 0"], HIDDEN),
      post(["Content-Length: 000"], HIDDEN),
      post([], HIDDEN),
      post(["Content-Type: text/plain"], HIDDEN),
    ]),
  ],
};

const CONTINUES: Outcome = served({ body: HIDDEN }, { statuses: [100, 200] });

const EXPECT: Family = {
  name: "Expect",
  about: "whether the body comes, and whether a 100 is taken for the answer",
  cases: [
    ...[
      "100-continue",
      "100-CONTINUE",
      " 100-continue ",
      "100-continue,",
      ", 100-continue",
      "100-continue, 100-continue",
    ]
      .map((value) => ({
        input: post([`Expect: ${value}`, lengthOf(HIDDEN)], HIDDEN),
        outcome: served({ body: HIDDEN }),
        inPieces: CONTINUES,
      })),
    {
      name: "twice",
      input: post(["Expect: 100-continue", "Expect: 100-continue", lengthOf(HIDDEN)], HIDDEN),
      outcome: served({ body: HIDDEN }),
      inPieces: CONTINUES,
    },
    {
      input: post(["Expect: 100-continue", CHUNKED], chunked(HIDDEN)),
      outcome: served({ body: HIDDEN }),
      inPieces: CONTINUES,
    },
    {
      name: "the body after the 100",
      input: [post(["Expect: 100-continue", lengthOf(HIDDEN)]), HIDDEN],
      outcome: CONTINUES,
    },
    ...each(
      refused(417),
      [
        "100-continu",
        "100-continuee",
        "100 continue",
        "x 100-continue",
        "y, 100-continue",
        "100-continue, y",
        "100-continue; a",
        "100-continue;q=1",
        "100-continue=1",
        "=100-continue",
        '"100-continue"',
        "100--continue",
        "100_continue",
        "200-ok",
        "continue",
        "\x80",
        "100-continue \xa0",
      ].map((value) => post([`Expect: ${value}`, lengthOf(HIDDEN)], HIDDEN)),
    ),
    ...each(
      REFUSED,
      [
        "Expect : 100-continue",
        " Expect: 100-continue",
        "Expect:\r\n 100-continue",
        "Expect: 100-continue\0",
        "Expect: 100-continue\n",
        "Expect: \x0b100-continue",
      ]
        .map((line) => post([line, lengthOf(HIDDEN)], HIDDEN)),
    ),
    ...each(REFUSED, [
      post(["Expect: 100-continue", lengthOf(HIDDEN), CHUNKED], chunked(HIDDEN)),
      post(["Expect: 100-continue", "Content-Length: 0", lengthOf(HIDDEN)], HIDDEN),
    ]),
    ...each(served({ body: "" }), [
      request({ fields: ["Expect: 100-continue"] }),
      post(["Expect: 100-continue", "Content-Length: 0"]),
      post(["Expect: 100-continue"]),
      post(["Expect:"]),
    ]),
    ...Object.entries(EARLY).map(([name, [handler, status]]) => ({
      name: `${name}; the body comes though it was not asked for`,
      input: [post(["Expect: 100-continue", lengthOf(BOTH)]), BOTH],
      handler,
      outcome: servedLast({ body: undefined }, { statuses: [status] }),
    })),
    {
      name: "HTTP/1.0 has no Expect",
      input: head(
        "POST / HTTP/1.0",
        "Connection: keep-alive",
        "Expect: 100-continue",
        lengthOf(HIDDEN),
      ) + HIDDEN,
      outcome: served({ body: HIDDEN }),
    },
  ],
};

const SWITCHES = takesOver({ headers: { Upgrade: "raw" } });
const upgrade = (...fields: readonly string[]) =>
  request({ fields: ["Connection: Upgrade", ...fields] });
const CONNECT = head("CONNECT h:80 HTTP/1.1", "Host: h:80");

const SWITCH: Family = {
  name: "Upgrade and CONNECT",
  about: "whether what follows is still HTTP",
  cases: [
    {
      name: "taken over: what follows is not HTTP",
      input: upgrade("Upgrade: raw"),
      handler: SWITCHES,
      outcome: served({}, { statuses: [101], then: "raw" }),
    },
    {
      name: "taken over: not even a request",
      input: CONNECT,
      handler: takesOver(),
      outcome: served({ method: "CONNECT" }, { then: "raw" }),
    },
    ...["raw", "websocket", "h2c", "HTTP/2.0", "TLS/1.0", "raw, x", "", "@", "raw/", "raw\x80"].map(
      (protocol) => ({
        name: "not taken over: what follows is a request",
        input: upgrade(`Upgrade: ${protocol}`, "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA") + HIDDEN,
        outcome: {
          statuses: [200, 200],
          seen: [{ body: "" }, { url: "http://h/smuggled" }],
          then: "keeps" as const,
        },
      }),
    ),
    {
      name: "an offer of h2c means nothing: the body is a body",
      input: request({
        method: "POST",
        fields: ["Connection: Upgrade", "Upgrade: h2c", CHUNKED],
      }) + chunked(HIDDEN),
      outcome: served({ body: HIDDEN }),
    },
    {
      name: "a handler that answers 426 instead",
      input: upgrade("Upgrade: x", "Sec-WebSocket-Version: 777") + HIDDEN,
      handler: answers(() => new Response(null, { status: 426, headers: { Upgrade: "y" } })),
      outcome: {
        statuses: [426, 426],
        seen: [{}, { url: "http://h/smuggled" }],
        then: "keeps",
      },
    },
    ...each(REFUSED, [
      upgrade("Upgrade: raw", lengthOf(HIDDEN)) + HIDDEN,
      upgrade("Upgrade: h2c, raw", CHUNKED) + chunked(HIDDEN),
      upgrade("Upgrade : raw") + HIDDEN,
      upgrade("Upgrade: raw\0") + HIDDEN,
      head("CONNECT h:80 HTTP/1.1", "Host: h:80", lengthOf(HIDDEN)) + HIDDEN,
      head("CONNECT h:80 HTTP/1.1", "Host: h:80", "Content-Length: 0") + HIDDEN,
      head("CONNECT h:80 HTTP/1.1", "Host: h:80", CHUNKED) + chunked(HIDDEN),
      head("CONNECT /smuggled HTTP/1.1", "Host: h:80") + HIDDEN,
      head("CONNECT http://h:80/ HTTP/1.1", "Host: h:80") + HIDDEN,
      head("CONNECT h HTTP/1.1", "Host: h") + HIDDEN,
    ]),
    ...[200, 204, 301, 403, 404, 500].map((status) => ({
      name: `CONNECT that is answered with ${status}: what follows was for the tunnel`,
      input: CONNECT + HIDDEN,
      handler: () => new Response(null, { status }),
      outcome: servedLast({ method: "CONNECT" }, { statuses: [status < 300 ? 501 : status] }),
    })),
    {
      name: "HTTP/1.0 has no Upgrade",
      input: head("GET / HTTP/1.0", "Connection: upgrade, keep-alive", "Upgrade: raw") + HIDDEN,
      outcome: {
        statuses: [200, 200],
        seen: [{}, { url: "http://h/smuggled" }],
        then: "keeps",
      },
    },
    {
      name: "Connection: close is stronger than a hidden request",
      input: request({ fields: ["Connection: close"] }) + HIDDEN,
      outcome: servedLast(),
    },
  ],
};

/** The families of this file. */
export const TIMING_FAMILIES: readonly Family[] = [CL_0, METHODS, ZERO_CL, EXPECT, SWITCH];
