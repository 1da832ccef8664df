/**
 * 103, 102 and trailers through `info`, on sockets: to raw clients, curl, and through proxies.
 *
 * @module
 */

import { serve, type ServeHandlerInfo } from "../../mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { Chromium } from "../status/browser.ts";
import { startHaproxy } from "../support/haproxy.ts";
import { run, withProgram } from "../support/programs.ts";
import { chunked, head, request } from "../support/requests.ts";
import { pause, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

type Handler = (
  request: Request,
  info: ServeHandlerInfo<Deno.NetAddr>,
) => Response | Promise<Response>;

/** Serves `handler` while `body` runs; what `onError` was told is in `errors`. */
async function serving(
  handler: Handler,
  body: (port: number, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  const onError = (error: unknown) => {
    errors.push(error);
    return new Response("caught", { status: 500 });
  };
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError } as const;
  await using server = serve(options, handler);
  await body(server.addr.port, errors);
}

/** All that comes back on a connection that ends after one answer. */
async function answerTo(port: number, raw: string): Promise<string> {
  using client = await WireClient.connect(port);
  await client.send(raw);
  return (await within(client.remains(), "the answer")).text;
}

const LINK = "</style.css>; rel=preload; as=style";
const LAST = ["Connection: close"];
/** A proxy passes TE on only where Connection names it (RFC 9110 §10.1.4). */
const TE = ["TE: gzip;q=0.5, Trailers", "Connection: TE, close"];

function stream(...pieces: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
}

Deno.test("info.earlyHints() and info.sendInterim() send at once, and say whether they did", async () => {
  const sent: boolean[] = [];
  const answer = Promise.withResolvers<void>();
  await serving(async (_, info) => {
    sent.push(
      info.earlyHints({ link: LINK }),
      info.earlyHints([["link", "</a>"], ["link", "</b>"]]),
    );
    sent.push(info.sendInterim(102));
    await answer.promise;
    return new Response("x");
  }, async (port) => {
    using client = await WireClient.connect(port);
    await client.send(request({ fields: LAST }));
    const hints = await client.response();
    assertEquals([hints.status, hints.header("link")], [103, LINK]);
    assertEquals((await client.response()).header("link"), "</a>, </b>");
    assertEquals((await client.response()).status, 102);
    answer.resolve();
    assertEquals((await client.response()).status, 200);
    assertEquals(sent, [true, true, true]);
    assertMatch(await answerTo(port, head("GET / HTTP/1.0")), /^HTTP\/1\.0 200 /);
    assertEquals(sent.slice(3), [false, false, false]);
  });
});

Deno.test("an interim answer that makes no sense is refused, and the answer goes out", async () => {
  const refused: string[] = [];
  const tries: ((info: ServeHandlerInfo) => unknown)[] = [
    (info) => info.sendInterim(100),
    (info) => info.sendInterim(101),
    (info) => info.sendInterim(200),
    (info) => info.sendInterim(102.5),
    (info) => info.sendInterim(NaN),
    (info) => info.earlyHints({ "content-length": "5" }),
    (info) => info.earlyHints({ "Transfer-Encoding": "chunked" }),
    (info) => info.earlyHints({ connection: "close" }),
    (info) => info.earlyHints({ upgrade: "x" }),
    (info) => info.earlyHints({ "a b": "x" }),
  ];
  await serving((_, info) => {
    for (const each of tries) {
      try {
        each(info);
      } catch (error) {
        refused.push((error as Error).name);
      }
    }
    return new Response("x");
  }, async (port) => {
    assertMatch(await answerTo(port, request({ fields: LAST })), /^HTTP\/1\.1 200 [^]*x$/);
    assertEquals(refused, [...Array(5).fill("RangeError"), ...Array(5).fill("TypeError")]);
  });
});

Deno.test("info.trailers has a request's trailers, apart from its headers", async () => {
  await serving(async (request, info) => {
    const text = await request.text();
    const trailers = await info.trailers;
    assert(info.trailers === info.trailers);
    return Response.json([text, [...trailers], request.headers.get("x-sum")]);
  }, async (port) => {
    const upload = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked", ...LAST);
    const body = chunked("abc").replace(/\r\n$/, "X-Sum: 1\r\nx-sum: 2\r\n\r\n");
    assertMatch(await answerTo(port, upload + body), /\["abc",\[\["x-sum","1, 2"\]\],null\]$/);
    assertMatch(await answerTo(port, upload + chunked("abc")), /\["abc",\[\],null\]$/);
    assertMatch(await answerTo(port, request({ fields: LAST })), /\["",\[\],null\]$/);
  });
});

Deno.test("info.trailers rejects when the client leaves, and nobody has to listen", async () => {
  const outcome = Promise.withResolvers<unknown>();
  await serving(async (_, info) => {
    info.trailers.catch(outcome.resolve);
    await pause(1);
    return new Response("x");
  }, async (port) => {
    using client = await WireClient.connect(port);
    await client.send(head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") + "3\r\nab");
    await client.closeWrite();
    assertEquals(((await within(outcome.promise, "the rejection")) as Error).name, "BodyError");
  });
});

const ANSWERS: [name: string, handler: Handler, fields: string[], expected: RegExp][] = [
  [
    "are sent to who takes them, and announced",
    (_, info) => {
      assertEquals(info.responseTrailers({ "X-Sum": "1", "x-more": "2" }), true);
      return new Response(stream("a", "b"));
    },
    TE,
    /\r\ntrailer: x-more, x-sum\r\n[^]*b\r\n0\r\nx-more: 2\r\nx-sum: 1\r\n\r\n$/,
  ],
  [
    "are made when the body has ended",
    (_, info) => {
      let size = 0;
      info.responseTrailers(() => ({ "x-size": `${size}` }));
      const counted = stream("abc", "de").pipeThrough(
        new TransformStream({
          transform(piece, to) {
            size += piece.length;
            to.enqueue(piece);
          },
        }),
      );
      return new Response(counted, { headers: { trailer: "x-size" } });
    },
    TE,
    /\r\ntrailer: x-size\r\n[^]*\r\n0\r\nx-size: 5\r\n\r\n$/,
  ],
  [
    "may come later",
    (_, info) => {
      info.responseTrailers(() => pause(5).then(() => ({ a: "b" })));
      return new Response(stream("x"));
    },
    TE,
    /\r\n0\r\na: b\r\n\r\n$/,
  ],
  [
    "are not sent to who has not asked",
    (_, info) => {
      assertEquals(info.responseTrailers({ a: "b" }), false);
      return new Response(stream("x"));
    },
    LAST,
    /\r\n0\r\n\r\n$/,
  ],
  [
    "are not sent after a body of known length",
    (_, info) => {
      info.responseTrailers({ a: "b" });
      return new Response("x");
    },
    TE,
    /content-length: 1\r\n[^]*\r\n\r\nx$/,
  ],
];

for (const [name, handler, fields, expected] of ANSWERS) {
  Deno.test(`trailers of an answer ${name}`, async () => {
    await serving(handler, async (port, errors) => {
      assertMatch(await answerTo(port, request({ fields })), expected);
      assertEquals(errors, []);
    });
  });
}

Deno.test("trailers of an answer are not sent to HTTP/1.0, nor for HEAD", async () => {
  await serving((_, info) => {
    info.responseTrailers({ a: "b" });
    return new Response(stream("x"));
  }, async (port) => {
    assertMatch(await answerTo(port, head("GET / HTTP/1.0", "TE: trailers")), /\r\n\r\nx$/);
    assertMatch(await answerTo(port, head("HEAD / HTTP/1.1", "Host: h", ...TE)), /\r\n\r\n$/);
  });
});

Deno.test("a field that may not be a trailer is refused; made at the end, it cuts the answer", async () => {
  await serving((request, info) => {
    if (new URL(request.url).pathname === "/late") {
      info.responseTrailers(() => ({ "content-length": "5" }));
      return new Response(stream("x"));
    }
    for (const name of ["Content-Type", "transfer-encoding", "HOST", "set-cookie", "trailer"]) {
      assertThrows(() => info.responseTrailers({ [name]: "x" }), TypeError);
    }
    return new Response("refused");
  }, async (port, errors) => {
    assertMatch(await answerTo(port, request({ fields: TE })), /refused$/);
    const cut = await answerTo(port, request({ target: "/late", fields: TE }));
    assert(!cut.includes("\r\n0\r\n"), cut);
    assertMatch(String(errors[0]), /content-length/);
  });
});

withProgram("curl", "curl shows 103, sends and gets trailers", async () => {
  await serving(async (request, info) => {
    info.earlyHints({ link: LINK });
    info.responseTrailers({ "x-sum": "7" });
    await request.text();
    return new Response(stream("x"));
  }, async (port) => {
    const { stdout } = await run("curl", [
      "-s",
      "-i",
      "--raw",
      "-H",
      "TE: trailers",
      `http://127.0.0.1:${port}/`,
    ]);
    assertMatch(stdout, /^HTTP\/1\.1 103 Early Hints\r\n[^]*HTTP\/1\.1 200 OK\r\n[^]*x-sum: 7/);
  });
});

withProgram("haproxy", "HAProxy passes 103 and trailers on, both ways", async () => {
  await serving(async (request, info) => {
    info.earlyHints({ link: LINK });
    info.responseTrailers({ "x-sum": "7" });
    await request.text();
    return new Response(stream((await info.trailers).get("x-own") ?? "none"));
  }, async (port) => {
    await using haproxy = await startHaproxy(port);
    const fields = ["Transfer-Encoding: chunked", "TE: trailers", "Connection: TE, close"];
    const upload = head("POST / HTTP/1.1", "Host: h", ...fields);
    const body = chunked("abc").replace(/\r\n$/, "x-own: mine\r\n\r\n");
    const text = await answerTo(haproxy.port, upload + body);
    assertMatch(text, /^HTTP\/1\.1 103 [^]*HTTP\/1\.1 200 [^]*mine\r\n0\r\nx-sum: 7\r\n\r\n$/);
  });
});

withProgram("chromium", "Chromium shows a page after a 103", async () => {
  await serving((_, info) => {
    info.earlyHints({ link: LINK });
    return new Response("<title>after</title>", { headers: { "content-type": "text/html" } });
  }, async (port) => {
    await using chromium = await Chromium.start();
    const page = await chromium.open(`http://127.0.0.1:${port}/`);
    assertEquals(await page.title(), "after");
  });
});

Deno.test("fetch of this runtime passes over interim answers and trailers", async () => {
  await serving((_, info) => {
    info.earlyHints({ link: LINK });
    return new Response(stream("x", "y"));
  }, async (port) => {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals([response.status, await response.text()], [200, "xy"]);
    await assertRejects(() => fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() }));
  });
});
