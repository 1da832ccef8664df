/**
 * Each time-out at its edge, on a clock that stands still: just before it the connection is open,
 * past it the client has got the documented answer and the connection its close reason. A time-out
 * fires within four ticks, never early.
 *
 * @module
 */

import { TICK_MS } from "../../reactor/timing/heartbeat.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { latin1, settled } from "./fakes.ts";
import { CHUNKED, GET, request, upload } from "./requests.ts";
import { answers, type Line, onRig, type Rig } from "./rig.ts";

const LATE_MS = 4 * TICK_MS;
/** The pace of peers that trickle. */
const PACE_MS = 100;
/** Time-outs far enough apart to be told from each other. */
const TIMEOUTS = {
  handshake: 1_000,
  head: 2_000,
  idle: 3_000,
  body: 4_000,
  write: 5_000,
  handler: 0,
  linger: 700,
};
const AT_ONCE = answers("ok");

/** Moves on to just before `ms`, checks that nothing happened, and then past it. */
async function passes(rig: Rig, line: Line, ms: number): Promise<void> {
  const { state } = line;
  await rig.advance(ms - 1);
  assertEquals([line.state, line.reason], [state, null], `Just before ${ms} ms`);
  await rig.advance(1 + LATE_MS);
}

async function isClosed(rig: Rig, line: Line, reason: Line["reason"]): Promise<void> {
  await settled();
  assertEquals([line.state, line.reason], ["closed", reason]);
  assert(line.wire.closed && !rig.reactor.connections.has(line.connection));
}

Deno.test("timeouts.handshake closes, and the reason is recorded", async () => {
  await onRig({ timeouts: TIMEOUTS }, async (rig) => {
    const line = await rig.connect({ tls: true });
    assertEquals(line.state, "handshake");
    await passes(rig, line, TIMEOUTS.handshake);
    await isClosed(rig, line, "handshake_timeout");
  });
});

Deno.test("a handshake that succeeds in time leads to idle, one that fails closes", async () => {
  await onRig({ timeouts: TIMEOUTS, handle: AT_ONCE }, async (rig) => {
    const good = await rig.connect({ tls: true });
    await rig.advance(TIMEOUTS.handshake - 1);
    await good.wire.secure();
    assertEquals(good.state, "idle");
    await good.wire.send(GET);
    assertEquals(good.statuses(), [200]);
    const bad = await rig.connect({ tls: true });
    await bad.wire.secure(new Error("Bad record"));
    await isClosed(rig, bad, "handshake_failed");
  });
});

Deno.test("timeouts.idle closes without an answer: from the accept, and from the last answer", async () => {
  await onRig({ timeouts: TIMEOUTS, handle: AT_ONCE }, async (rig) => {
    const fresh = await rig.connect();
    await passes(rig, fresh, TIMEOUTS.idle);
    await isClosed(rig, fresh, "idle_timeout");
    assertEquals(fresh.got(), "");
    const used = await rig.connect();
    for (let turn = 0; turn < 5; turn++) {
      await rig.advance(TIMEOUTS.idle - TICK_MS);
      await used.wire.send(GET);
    }
    assertEquals(used.statuses(), [200, 200, 200, 200, 200]);
    await passes(rig, used, TIMEOUTS.idle);
    await isClosed(rig, used, "idle_timeout");
    assertEquals(used.got(), "");
  });
});

for (
  const [idle, told] of [[75_000, 74], [2_999, 1], [2_000, 1], [1_999, null], [0, null]] as const
) {
  Deno.test(`the Keep-Alive field for an idle time-out of ${idle} ms says ${told}`, async () => {
    const options = { timeouts: { ...TIMEOUTS, idle }, keepAliveHeader: true };
    await onRig({ ...options, handle: AT_ONCE }, async (rig) => {
      const line = await rig.sent(GET);
      const seconds = /^keep-alive: timeout=(\d+)\r$/m.exec(line.got())?.[1];
      assertEquals(seconds, told === null ? undefined : `${told}`);
      if (told !== null) {
        // A client that closes a second late still finds it open.
        await rig.advance(1_000 * told);
        assertEquals(line.state, "idle");
      }
    });
  });
}

Deno.test("timeouts.head answers 408 and lingers; progress does not extend it", async () => {
  await onRig({ timeouts: TIMEOUTS }, async (rig) => {
    const line = await rig.connect();
    await rig.advance(TIMEOUTS.idle - LATE_MS);
    await line.wire.send("G");
    for (let sent = 0; sent + 100 < TIMEOUTS.head; sent += 100) {
      await rig.advance(100);
      await line.wire.send("x");
    }
    assertEquals([line.state, line.got()], ["head", ""]);
    await rig.advance(100 + LATE_MS);
    const answer = line.got();
    assert(answer.startsWith("HTTP/1.1 408 ") && /\r\nconnection: close\r\n/i.test(answer), answer);
    assertEquals([line.state, line.wire.finished], ["lingering", true]);
    await line.wire.end();
    await isClosed(rig, line, "head_timeout");
    assertEquals(rig.calls.length, 0);
  });
});

Deno.test("timeouts.head begins with the first byte of each request", async () => {
  await onRig({ timeouts: TIMEOUTS, handle: AT_ONCE }, async (rig) => {
    const line = await rig.connect();
    for (let turn = 0; turn < 3; turn++) {
      await line.wire.send(GET.slice(0, 9));
      await rig.advance(TIMEOUTS.head - TICK_MS);
      // The end of one head and the beginning of the next in one packet.
      await line.wire.send(GET.slice(9) + GET.slice(0, 9));
      await rig.advance(TIMEOUTS.head - TICK_MS);
      await line.wire.send(GET.slice(9));
    }
    assertEquals(line.statuses(), [200, 200, 200, 200, 200, 200]);
    await line.wire.send("GET /");
    await passes(rig, line, TIMEOUTS.head);
    assertEquals(line.statuses(), [408]);
  });
});

Deno.test("timeouts.handler answers 503 with connection: close and fires the abort", async () => {
  await onRig({ timeouts: { ...TIMEOUTS, handler: 1_000 } }, async (rig) => {
    const line = await rig.sent(GET);
    await passes(rig, line, 1_000);
    const answer = line.got();
    assert(answer.startsWith("HTTP/1.1 503 ") && /\r\nconnection: close\r\n/i.test(answer), answer);
    assertEquals((rig.last.aborted as { code?: string }).code, "handler_timeout");
    assert(rig.last.outcome instanceof Error);
    // The handler's own answer comes too late.
    rig.last.exchange.respond({ status: 200, fields: [] }, "late");
    await line.wire.end();
    await isClosed(rig, line, "handler_timeout");
    assertEquals(line.got(), "");
  });
});

Deno.test("timeouts.handler cuts an answer that has begun", async () => {
  await onRig({ timeouts: { ...TIMEOUTS, handler: 1_000 } }, async (rig) => {
    const line = await rig.sent(GET);
    rig.last.exchange.beginBody({ status: 200, fields: [] }, null);
    await rig.last.exchange.writeBody(latin1("some"));
    await passes(rig, line, 1_000);
    await isClosed(rig, line, "handler_timeout");
    assert(line.got().endsWith("\r\n\r\n4\r\nsome\r\n"));
    assertEquals((rig.last.aborted as { code?: string }).code, "handler_timeout");
  });
});

Deno.test("timeouts.handler ends with the answer: an idle connection is left alone", async () => {
  await onRig({ timeouts: { ...TIMEOUTS, handler: 1_000 }, handle: AT_ONCE }, async (rig) => {
    const line = await rig.sent(GET);
    await passes(rig, line, TIMEOUTS.idle);
    await isClosed(rig, line, "idle_timeout");
  });
});

Deno.test("timeouts.handler is measured for each request on its own", async () => {
  await onRig({ timeouts: { ...TIMEOUTS, handler: 1_000 } }, async (rig) => {
    const line = await rig.connect();
    for (let turn = 0; turn < 4; turn++) {
      await line.wire.send(GET);
      await rig.advance(900);
      rig.last.exchange.respond({ status: 200, fields: [] }, null);
      await settled();
    }
    assertEquals(line.statuses(), [200, 200, 200, 200]);
  });
});

for (const [name, raw] of [["sized", upload(1_000_000)], ["chunked", CHUNKED]] as const) {
  Deno.test(`timeouts.body: a ${name} body that does not come gets 408`, async () => {
    await onRig({ timeouts: TIMEOUTS }, async (rig) => {
      const line = await rig.sent(raw);
      let failure: unknown;
      rig.last.exchange.body!.read().catch((error) => failure = error);
      await passes(rig, line, TIMEOUTS.body);
      assertEquals(line.statuses(), [408]);
      assertEquals((failure as { code?: string }).code, "body_timeout");
      await line.wire.end();
      await isClosed(rig, line, "body_timeout");
    });
  });
}

/** Reads the body to its end, or until it fails. */
async function readOn(rig: Rig): Promise<void> {
  const body = rig.last.exchange.body!;
  try {
    while (await body.read() !== null);
  } catch {
    // The answer shows it.
  }
}

Deno.test("timeouts.body: a trickle gets 408, a slow but honest body is taken", async () => {
  for (const [bytesATime, lasts] of [[1, false], [20, false], [25, true]] as const) {
    await onRig({ timeouts: TIMEOUTS }, async (rig) => {
      const line = await rig.sent(upload(1_000_000));
      readOn(rig);
      for (let turn = 0; turn < 600 && line.state === "handling"; turn++) {
        await rig.advance(PACE_MS);
        await line.wire.send("x".repeat(bytesATime));
      }
      assertEquals(line.state === "handling", lasts, `${bytesATime} bytes a time`);
      assertEquals(line.statuses(), lasts ? [] : [408]);
    });
  }
});

Deno.test("timeouts.body counts only while somebody reads", async () => {
  await onRig({ timeouts: TIMEOUTS }, async (rig) => {
    const line = await rig.sent(upload(10));
    await rig.advance(100_000);
    assertEquals(line.state, "handling");
    readOn(rig);
    await passes(rig, line, TIMEOUTS.body);
    assertEquals(line.statuses(), [408]);
  });
});

Deno.test("timeouts.body cuts when the answer has begun", async () => {
  await onRig({ timeouts: TIMEOUTS }, async (rig) => {
    const line = await rig.sent(upload(10));
    rig.last.exchange.beginBody({ status: 200, fields: [] }, null);
    rig.last.exchange.flush();
    readOn(rig);
    await settled();
    await passes(rig, line, TIMEOUTS.body);
    await isClosed(rig, line, "body_timeout");
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("timeouts.body bounds the draining of a body that nobody read", async () => {
  await onRig({ timeouts: TIMEOUTS, handle: AT_ONCE }, async (rig) => {
    const line = await rig.sent(upload(1_000) + "x".repeat(10));
    assertEquals([line.state, line.statuses()], ["draining", [200]] as unknown[]);
    await passes(rig, line, TIMEOUTS.body);
    await isClosed(rig, line, "body_timeout");
  });
});

Deno.test("timeouts.write cuts a client that takes nothing of a whole answer", async () => {
  await onRig({ timeouts: TIMEOUTS, handle: AT_ONCE }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET);
    await passes(rig, line, TIMEOUTS.write);
    await isClosed(rig, line, "write_timeout");
    assertEquals((rig.last.outcome as { code?: string }).code, "peer_gone");
  });
});

Deno.test("timeouts.write cuts a trickle and leaves a slow but honest client alone", async () => {
  const whole = answers("y".repeat(1_000_000));
  for (const [bytesATime, lasts] of [[1, false], [20, false], [25, true]] as const) {
    await onRig({ timeouts: TIMEOUTS, handle: whole }, async (rig) => {
      const line = await rig.connect();
      line.wire.takes = 0;
      await line.wire.send(GET);
      for (let turn = 0; turn < 600 && line.state === "writing"; turn++) {
        await rig.advance(PACE_MS);
        await line.wire.takeOnce(bytesATime);
      }
      assertEquals(line.reason, lasts ? null : "write_timeout", `${bytesATime} bytes a time`);
    });
  }
});

/** A streamed answer: `turns` pieces go through, each a while after the other, then one is not taken. */
async function streams(rig: Rig, turns: number): Promise<Line> {
  const line = await rig.sent(GET);
  const { exchange } = rig.last;
  exchange.beginBody({ status: 200, fields: [] }, null);
  for (let turn = 0; turn < turns; turn++) {
    await exchange.writeBody(latin1("piece"));
    await rig.advance(10_000);
  }
  line.wire.takes = 0;
  exchange.writeBody(latin1("last piece"));
  await settled();
  return line;
}

for (const turns of [0, 1, 3]) {
  Deno.test(`timeouts.write cuts a stream at a piece that is not taken, after ${turns} that were`, async () => {
    await onRig({ timeouts: TIMEOUTS }, async (rig) => {
      const line = await streams(rig, turns);
      await rig.advance(LATE_MS);
      assertEquals(line.state, "writing");
      // What was taken before buys time, but no more than twelve graces.
      await rig.advance(12 * TIMEOUTS.write);
      await isClosed(rig, line, "write_timeout");
    });
  });
}

Deno.test("timeouts.write watches every piece of a stream, also after one that was slow", async () => {
  await onRig({ timeouts: TIMEOUTS }, async (rig) => {
    const line = await streams(rig, 1);
    await rig.advance(1_000);
    await line.wire.take(Infinity);
    await rig.advance(20_000);
    assertEquals(line.state, "writing");
    line.wire.takes = 0;
    rig.last.exchange.writeBody(latin1("never taken"));
    await rig.advance(12 * TIMEOUTS.write + LATE_MS);
    await isClosed(rig, line, "write_timeout");
  });
});

Deno.test("a stream that says nothing for long is no slow client", async () => {
  await onRig({ timeouts: TIMEOUTS }, async (rig) => {
    const line = await rig.sent(GET);
    const { exchange } = rig.last;
    exchange.beginBody({ status: 200, fields: [] }, null);
    for (let turn = 0; turn < 3; turn++) {
      await rig.advance(600_000);
      assertEquals(await exchange.writeBody(latin1("event")), true);
    }
    assertEquals(line.state, "writing");
    exchange.endBody();
    await settled();
    assertEquals([line.state, rig.last.outcome], ["idle", "delivered"]);
  });
});

Deno.test("timeouts.linger bounds the reading after a last answer", async () => {
  await onRig({ timeouts: TIMEOUTS, handle: AT_ONCE }, async (rig) => {
    const line = await rig.sent(request({ fields: ["Connection: close"] }));
    assertEquals([line.state, line.wire.finished], ["lingering", true]);
    let { state } = line;
    for (let turn = 0; turn < 6; turn++) {
      await line.wire.send("still talking");
      await rig.advance(PACE_MS);
      ({ state } = line);
      assertEquals(state, "lingering");
    }
    await rig.advance(PACE_MS + LATE_MS);
    await isClosed(rig, line, "asked");
    assertEquals(line.connection.bytesDiscarded, 6 * "still talking".length);
  });
});

Deno.test("timeouts.linger: 0 closes at once", async () => {
  await onRig({ timeouts: { ...TIMEOUTS, linger: 0 }, handle: AT_ONCE }, async (rig) => {
    const line = await rig.sent(request({ fields: ["Connection: close"] }));
    await isClosed(rig, line, "asked");
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("every time-out of 0 is off", async () => {
  const off = { handshake: 0, head: 0, idle: 0, body: 0, write: 0, handler: 0, linger: 2_000 };
  await onRig({ timeouts: off }, async (rig) => {
    const lines = [
      await rig.connect({ tls: true }),
      await rig.connect(),
      await rig.sent("GET /"),
      await rig.sent(GET),
    ];
    const slow = await rig.sent(upload(10));
    readOn(rig);
    const stuck = await rig.connect();
    stuck.wire.takes = 0;
    await stuck.wire.send(GET);
    rig.last.exchange.respond({ status: 200, fields: [] }, "x");
    await rig.advance(10 * 60_000);
    const states = [...lines, slow, stuck].map(({ state }) => state);
    assertEquals(states, ["handshake", "idle", "head", "handling", "handling", "writing"]);
  });
});

Deno.test("stateMs tells how long a connection has been in its state", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.connect();
    await rig.advance(3_000);
    assert(Math.abs(line.connection.stateMs - 3_000) <= TICK_MS);
    await line.wire.send("GET");
    await rig.advance(1_000);
    assert(Math.abs(line.connection.stateMs - 1_000) <= TICK_MS);
  });
});
