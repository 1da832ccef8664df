/**
 * Each limit at its edge and one over it, with the documented status and the close reason, on the
 * fake wire.
 *
 * @module
 */

import { BodyError } from "../../reactor/errors.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromLatin1, settled } from "./fakes.ts";
import { CHUNKED, chunked, GET, head, request, upload } from "./requests.ts";
import { answers, echoes, onRig, type Rig, type RigOptions } from "./rig.ts";

const AT_ONCE = answers("ok");

/** Fields beside Host that make the head of `GET /` exactly `bytes` long. */
function headOf(bytes: number): string {
  const bare = head("GET / HTTP/1.1", "Host: h", "X: ").length;
  return head("GET / HTTP/1.1", "Host: h", `X: ${"x".repeat(bytes - bare)}`);
}

/** A GET with `count` field lines. */
function fieldsOf(count: number): string {
  const more = Array.from({ length: count - 1 }, (_, at) => `X${at}: y`);
  return head("GET / HTTP/1.1", "Host: h", ...more);
}

interface Row {
  readonly name: string;
  readonly limits: RigOptions["limits"];
  /** What passes, and what is one over. */
  readonly edge: string;
  readonly over: string;
  readonly status: number;
}

const ROWS: readonly Row[] = [
  {
    name: "headBytes",
    limits: { headBytes: 200 },
    edge: headOf(200),
    over: headOf(201),
    status: 431,
  },
  {
    name: "headBytes beyond a small and a large buffer",
    limits: { headBytes: 100_000 },
    edge: headOf(100_000),
    over: headOf(100_001),
    status: 431,
  },
  {
    name: "headerCount",
    limits: { headerCount: 7 },
    edge: fieldsOf(7),
    over: fieldsOf(8),
    status: 431,
  },
  {
    name: "targetBytes",
    limits: { targetBytes: 20 },
    edge: request({ target: "/" + "t".repeat(19) }),
    over: request({ target: "/" + "t".repeat(20) }),
    status: 414,
  },
  {
    name: "bodyBytes by Content-Length",
    limits: { bodyBytes: 1_000 },
    edge: request({ body: "b".repeat(1_000) }),
    over: request({ body: "b".repeat(1_001) }),
    status: 413,
  },
  {
    name: "bodyBytes by chunks",
    limits: { bodyBytes: 1_000 },
    edge: CHUNKED + chunked("c".repeat(600), "c".repeat(400)),
    over: CHUNKED + chunked("c".repeat(600), "c".repeat(401)),
    status: 413,
  },
];

for (const { name, limits = {}, edge, over, status } of ROWS) {
  Deno.test(`limits.${name}: at the edge it passes, one over it gets ${status}`, async () => {
    await onRig({ limits, handle: echoes }, async (rig) => {
      for (const packet of [edge.length, 1_000, 7]) {
        const line = await rig.connect();
        await line.wire.send(...pieces(edge, packet));
        assertEquals([line.statuses(), line.state], [[200], "idle"]);
        await line.wire.send(...pieces(over, packet));
        assertEquals(line.statuses(), [status], `in packets of ${packet}`);
        assertEquals([line.state, line.wire.finished], ["lingering", true]);
        await line.wire.end();
        assertEquals(line.reason, "limit");
      }
    });
  });
}

/** `text` in packets of `bytes` each; a long text gets larger ones, to keep the test short. */
function pieces(text: string, bytes: number): string[] {
  const size = Math.max(bytes, Math.ceil(text.length / 200));
  return Array.from(
    { length: Math.ceil(text.length / size) },
    (_, at) => text.slice(at * size, (at + 1) * size),
  );
}

Deno.test("a body over bodyBytes by its length never reaches the application", async () => {
  await onRig({ limits: { bodyBytes: 10 } }, async (rig) => {
    const line = await rig.sent(upload(11));
    assertEquals([line.statuses(), rig.calls.length], [[413], 0]);
  });
});

Deno.test("chunks over bodyBytes fail the read under way and abort the exchange", async () => {
  await onRig({ limits: { bodyBytes: 10 } }, async (rig) => {
    const line = await rig.sent(CHUNKED);
    const reading = rig.last.exchange.body!.read().then(() => "read", (error) => error);
    await line.wire.send("b\r\nhello world\r\n");
    const error = await reading;
    assert(error instanceof BodyError);
    assertEquals([error.code, error.status], ["body_too_large", 413]);
    assertEquals(line.statuses(), [413]);
    assert(rig.last.outcome instanceof Error && rig.last.aborted !== undefined);
  });
});

for (
  const [name, raw, over] of [
    ["Content-Length", upload(10) + "0123456789", upload(11) + "0123456789a"],
    ["chunks", CHUNKED + chunked("01234", "56789"), CHUNKED + chunked("01234", "56789a")],
  ] as const
) {
  Deno.test(`limits.bufferedBodyBytes by ${name} limits readAll() and readText(), and not read()`, async () => {
    await onRig({ limits: { bufferedBodyBytes: 10 } }, async (rig) => {
      const passing = await rig.sent(raw);
      assertEquals((await rig.last.exchange.body!.readAll()).length, 10);
      assertEquals(passing.state, "handling");
      await rig.sent(over);
      const asText = await failure(() => rig.last.exchange.body!.readText(fromLatin1));
      assertEquals([asText.code, asText.status], ["body_too_large", 413]);
      const failing = await rig.sent(over);
      const error = await failure(() => rig.last.exchange.body!.readAll());
      assertEquals([error.code, error.status], ["body_too_large", 413]);
      // The application answers, as it likes.
      rig.last.exchange.respond({ status: 413, fields: [] }, null);
      await settled();
      assertEquals(failing.statuses(), [413]);
      const streaming = await rig.sent(over);
      const { body } = rig.last.exchange;
      let size = 0;
      for (let piece = await body!.read(); piece !== null; piece = await body!.read()) {
        size += piece.length;
      }
      assertEquals([size, streaming.state], [11, "handling"]);
    });
  });
}

async function failure(call: () => unknown): Promise<BodyError> {
  try {
    await call();
  } catch (error) {
    return error as BodyError;
  }
  throw new Error("It did not fail");
}

Deno.test("limits.requestsPerConnection announces its last answer and closes after it", async () => {
  await onRig({ limits: { requestsPerConnection: 3 }, handle: AT_ONCE }, async (rig) => {
    const line = await rig.sent(GET, GET);
    assert(!/connection: close/i.test(line.got()));
    // One more than it will answer.
    await line.wire.send(GET + GET);
    const answer = line.got();
    assert(/\r\nconnection: close\r\n/i.test(answer) && answer.startsWith("HTTP/1.1 200 "));
    assertEquals([line.state, line.connection.requests], ["lingering", 3] as unknown[]);
    await line.wire.end();
    assertEquals(line.reason, "limit");
  });
});

Deno.test("limits.pipelinedRequests: no more is read while that many wait", async () => {
  await onRig({ limits: { pipelinedRequests: 4 } }, async (rig) => {
    const line = await rig.sent(GET);
    await line.wire.send(GET, GET, GET);
    assert(line.wire.reading, "Three wait, a fourth may come");
    await line.wire.send(GET, GET, GET);
    assertEquals([line.wire.reading, line.wire.unread], [false, 2 * GET.length] as unknown[]);
    for (let turn = 0; turn < 7; turn++) {
      assertEquals(rig.calls.length, turn + 1);
      rig.last.exchange.respond({ status: 200, fields: [] }, String(turn));
      await settled();
    }
    assertEquals(line.statuses().length, 7);
    assertEquals([line.state, line.wire.reading], ["idle", true] as unknown[]);
  });
});

Deno.test("pipelined requests are answered in order and in few writes", async () => {
  await onRig(
    { handle: ({ exchange, target }) => answers(target)({ exchange } as never) },
    async (rig) => {
      const line = await rig.connect();
      const targets = Array.from({ length: 30 }, (_, at) => `/${at}`);
      await line.wire.send(targets.map((target) => request({ target })).join(""));
      assertEquals(line.got().match(/(?<=\n)\/\d+/g)?.join(), targets.join());
      assert(line.wire.writes <= 2, `${line.wire.writes} writes`);
    },
  );
});

Deno.test("what a pipelining client makes the server hold is bounded, however large the answers", async () => {
  const large = "L".repeat(200_000);
  await onRig({ handle: answers(large) }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET.repeat(12));
    assert(rig.calls.length <= 2, `${rig.calls.length} answers wait for a client that takes none`);
    await line.wire.take(Infinity);
    assertEquals([line.statuses().length, line.state], [12, "idle"] as unknown[]);
  });
});

Deno.test("a refusal is not lost after a large answer", async () => {
  const large = "L".repeat(200_000);
  await onRig({ handle: answers(large) }, async (rig) => {
    for (const writes of [Infinity, 50_000]) {
      const line = await rig.connect();
      line.wire.takes = writes;
      await line.wire.send(GET + "BAD\r\n\r\n");
      assertEquals(line.statuses(), [200, 400]);
      await line.wire.end();
      assertEquals(line.reason, "bad_request");
    }
  });
});

Deno.test("100 (Continue) is not lost after a large answer", async () => {
  const large = "L".repeat(200_000);
  const handle: Rig["handle"] = (call) => {
    if (call.method === "GET") answers(large)(call);
    else echoes(call);
  };
  await onRig({ handle }, async (rig) => {
    const line = await rig.sent(GET + upload(3, "Expect: 100-continue"));
    assertEquals(line.statuses(), [200, 100]);
    await line.wire.send("abc");
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("limits.connections with `wait`: no more is accepted until one has left", async () => {
  await onRig({ limits: { connections: 3 }, handle: AT_ONCE }, async (rig) => {
    const lines = [await rig.connect(), await rig.connect(), await rig.connect()];
    const fourth = rig.connect().catch((error) => error);
    assert(await fourth instanceof Error, "A fourth was accepted");
    assertEquals([rig.reactor.connections.size, rig.listener.waiting], [3, 1]);
    await lines[1]!.wire.end();
    assertEquals([rig.reactor.connections.size, rig.listener.waiting], [3, 0]);
    assertEquals(lines[1]!.reason, "peer_closed");
  });
});

Deno.test("limits.connections with `refuse`: 503 at once, and the connection is a short one", async () => {
  const limits = { connections: 32, overConnections: "refuse" } as const;
  await onRig({ limits, handle: AT_ONCE }, async (rig) => {
    const lines = [];
    for (let at = 0; at < 32; at++) lines.push(await rig.connect());
    const over = await rig.connect();
    assert(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i.test(over.wire.output));
    assertEquals(over.state, "lingering");
    await over.wire.end();
    assertEquals(over.reason, "limit");
    await lines[7]!.wire.end();
    const next = await rig.sent(GET);
    assertEquals(next.statuses(), [200]);
  });
});

Deno.test("limits.connections with `refuse`: those refused are limited as well", async () => {
  const limits = { connections: 32, overConnections: "refuse" } as const;
  await onRig({ limits, handle: AT_ONCE }, async (rig) => {
    for (let at = 0; at < 32; at++) await rig.connect();
    let told = 0;
    for (let at = 0; at < 100; at++) {
      const line = await rig.connect().catch(() => null);
      if (line !== null) told++;
    }
    assert(told > 0 && told <= 2, `${told} were told`);
    assert(rig.reactor.connections.size <= 34);
  });
});

Deno.test("limits.connectionsPerAddress refuses one address and serves the others", async () => {
  await onRig({ limits: { connectionsPerAddress: 2 }, handle: AT_ONCE }, async (rig) => {
    const hostname = "192.0.2.7";
    const lines = [await rig.connect({ hostname }), await rig.connect({ hostname })];
    const third = await rig.connect({ hostname });
    assertEquals([third.statuses(), third.state], [[503], "lingering"]);
    const other = await rig.sent(GET);
    assertEquals(other.statuses(), [200]);
    // One leaves: there is room again, though the refused one still lingers.
    await lines[0]!.wire.end();
    const fourth = await rig.connect({ hostname });
    await fourth.wire.send(GET);
    assertEquals(fourth.statuses(), [200]);
    await third.wire.end();
    assertEquals(third.reason, "limit");
  });
});

Deno.test("overrides loosen and tighten by path, the first match wins", async () => {
  const options: RigOptions = {
    limits: { bodyBytes: 10 },
    overrides: [
      { path: "/big", limits: { bodyBytes: 20 } },
      { path: "/free/*", limits: { bodyBytes: 0 } },
      { path: "/slow*", timeouts: { handler: 60_000 } },
      { path: "*", limits: { bufferedBodyBytes: 5 } },
    ],
    timeouts: { handler: 1_000 },
  };
  await onRig(options, async (rig) => {
    const status = async (target: string, length: number) => {
      const line = await rig.sent(
        head(`POST ${target} HTTP/1.1`, "Host: h", `Content-Length: ${length}`),
      );
      const statuses = line.statuses();
      line.connection.abort();
      return statuses[0] ?? "handling";
    };
    assertEquals(await status("/", 10), "handling");
    assertEquals(await status("/", 11), 413);
    assertEquals(await status("/big", 20), "handling");
    assertEquals(await status("/big?query", 20), "handling");
    assertEquals(await status("/big", 21), 413);
    assertEquals(await status("/bigger", 11), 413);
    assertEquals(await status("/free/x", 1_000_000), "handling");
    assertEquals(await status("http://h/free/x", 1_000_000), "handling");
    const quick = await rig.sent(GET);
    const slow = await rig.sent(request({ target: "/slow/er" }));
    await rig.advance(2_000);
    assertEquals([quick.statuses(), slow.statuses()], [[503], []]);
    await rig.advance(60_000);
    assertEquals(slow.statuses(), [503]);
    const sent = await rig.sent(request({ target: "/any", method: "PUT", body: "123456" }));
    const error = await failure(() => rig.last.exchange.body!.readAll());
    assertEquals([error.code, sent.state], ["body_too_large", "handling"]);
  });
});

Deno.test("limits.drainBytes: a larger unread body costs the connection, a smaller one does not", async () => {
  await onRig({ limits: { drainBytes: 1_000 }, handle: AT_ONCE }, async (rig) => {
    const kept = await rig.sent(upload(1_000) + "d");
    assert(!/connection: close/i.test(kept.wire.output));
    await kept.wire.send("d".repeat(400), "d".repeat(599) + GET);
    assertEquals([kept.statuses(), kept.state], [[200, 200], "idle"]);
    const closed = await rig.sent(upload(1_002) + "d");
    assert(/\r\nconnection: close\r\n/i.test(closed.got()));
    await closed.wire.send(GET);
    assertEquals([closed.got(), closed.state], ["", "lingering"]);
  });
});

Deno.test("limits.lingerBytes bounds what is read after a last answer, and counts nothing before", async () => {
  const limits = { lingerBytes: 1_000, drainBytes: 5_000 };
  await onRig({ limits, handle: AT_ONCE }, async (rig) => {
    const line = await rig.sent(upload(5_000) + "d", "d".repeat(4_999));
    assertEquals([line.statuses(), line.state], [[200], "idle"]);
    await line.wire.send(request({ fields: ["Connection: close"] }) + "x".repeat(300));
    await line.wire.send("x".repeat(700));
    assertEquals([line.statuses(), line.state], [[200], "lingering"]);
    await line.wire.send("x");
    assertEquals([line.state, line.reason], ["closed", "asked"]);
  });
});

Deno.test("a client that sends for ever while its handler waits costs no more than the inbox", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(upload(1_000_000_000));
    for (let sent = 0; sent < 300; sent++) await line.wire.send("u".repeat(10_000));
    assert(line.connection.bytesIn < 100_000, `${line.connection.bytesIn} bytes were read`);
    assert(rig.buffers.peakBytes < 150_000, `${rig.buffers.peakBytes} bytes of buffers`);
    assert(!line.wire.reading);
  });
});

Deno.test("the same, for pipelined requests", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    for (let sent = 0; sent < 300; sent++) await line.wire.send(GET.repeat(300));
    assert(line.connection.bytesIn < 100_000, `${line.connection.bytesIn} bytes were read`);
    assertEquals(rig.calls.length, 1);
  });
});
