/**
 * Almost too many connections: those that have been idle for longest make room for new ones, in order; whatever
 * has a request under way is left alone. Also where it is the descriptors that run out.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { AcceptError, settled } from "./fakes.ts";
import { GET } from "./requests.ts";
import { answers, type Line, onRig, type Rig, type RigOptions } from "./rig.ts";

/** A tick of the heartbeat and a little more, in milliseconds. */
const TICKS_MS = 120;

const AT_ONCE = answers("ok");

/** A rig with this limit on the connections. */
const limited = (connections: number, more: RigOptions = {}): RigOptions => ({
  handle: AT_ONCE,
  ...more,
  limits: { connections },
});

/** So many connections, one after the other, each idle since it was answered. */
async function idlers(rig: Rig, count: number): Promise<Line[]> {
  const lines: Line[] = [];
  for (let turn = 0; turn < count; turn++) {
    lines.push(await rig.sent(GET));
    await rig.advance(TICKS_MS);
  }
  return lines;
}

/** The places, counted from 0, of the lines that have ended under pressure. */
async function relieved(lines: readonly Line[]): Promise<number[]> {
  for (const each of lines) {
    // A fresh answer is followed by a lingering close, which lasts until the client closes its side.
    if (each.state === "lingering") await each.wire.end();
  }
  return lines.flatMap(({ reason }, place) => reason === "pressure" ? [place] : []);
}

Deno.test("over nine tenths of the limit, the longest idle connection is closed for each new one", async () => {
  await onRig(limited(20), async (rig) => {
    const lines = await idlers(rig, 18);
    assertEquals(await relieved(lines), []);
    lines.push(await rig.connect());
    assertEquals(await relieved(lines), [0]);
    lines.push(await rig.connect(), await rig.connect());
    assertEquals(await relieved(lines), [0, 1, 2]);
    assertEquals(rig.reactor.connections.size, 18);
  });
});

Deno.test("idle is counted from the last answer, and not from the start", async () => {
  await onRig(limited(10), async (rig) => {
    const lines = await idlers(rig, 9);
    await lines[0]!.wire.send(GET);
    await rig.advance(TICKS_MS);
    await rig.connect();
    assertEquals(await relieved(lines), [1]);
  });
});

Deno.test("a connection that became busy a moment ago is not taken for idle", async () => {
  await onRig(limited(10), async (rig) => {
    const lines = await idlers(rig, 9);
    rig.handle = () => {};
    await lines[0]!.wire.send(GET);
    await rig.connect();
    assertEquals(await relieved(lines), [1]);
    assertEquals(lines[0]!.state, "handling");
  });
});

Deno.test("connections that came and sent nothing are idle as well, and make room", async () => {
  await onRig(limited(10), async (rig) => {
    const lines: Line[] = [];
    for (let turn = 0; turn < 40; turn++) {
      lines.push(await rig.connect());
      await rig.advance(TICKS_MS);
    }
    assertEquals(await relieved(lines), Array.from({ length: 31 }, (_, place) => place));
    assertEquals((await rig.sent(GET)).statuses(), [200]);
  });
});

Deno.test("a burst that fills the server has a second for its requests; then there is room", async () => {
  await onRig(limited(20), async (rig) => {
    const lines: Line[] = [];
    for (let turn = 0; turn < 20; turn++) lines.push(await rig.connect());
    assertEquals(rig.reactor.connections.size, 20);
    await rig.advance(900);
    assertEquals(await relieved(lines), []);
    await rig.advance(200);
    assertEquals(await relieved(lines), [0, 1]);
    assertEquals((await rig.sent(GET)).statuses(), [200]);
  });
});

Deno.test("a new connection does not give way before others that have had an answer", async () => {
  await onRig(limited(20), async (rig) => {
    const fresh = await rig.connect();
    const lines = [fresh, ...await idlers(rig, 5)];
    for (let turn = 0; turn < 13; turn++) lines.push(await rig.sent(GET));
    await rig.advance(TICKS_MS);
    assertEquals(await relieved(lines), [1]);
  });
});

Deno.test("where all others are busy, a new connection has a second for its first request", async () => {
  await onRig(limited(20, { handle: () => {} }), async (rig) => {
    for (let turn = 0; turn < 19; turn++) await rig.sent(GET);
    const lines = [await rig.connect()];
    await rig.advance(900);
    assertEquals(await relieved(lines), []);
    await rig.advance(200);
    assertEquals(await relieved(lines), [0]);
  });
});

Deno.test("requests under way are left alone, and then accepting waits", async () => {
  await onRig(limited(10, { handle: () => {} }), async (rig) => {
    const lines: Line[] = [];
    for (let turn = 0; turn < 10; turn++) lines.push(await rig.sent(GET));
    await rig.advance(5_000);
    assertEquals(await relieved(lines), []);
    assertEquals(lines.map(({ state }) => state), Array(10).fill("handling"));
  });
});

for (
  const [what, begin] of [
    ["a head that does not end", (rig: Rig) => rig.sent("GET / HTTP/1.1\r\n")],
    ["a handshake that does not end", (rig: Rig) => rig.connect({ tls: true })],
  ] as const
) {
  Deno.test(`${what} makes room as an idle connection does, in its turn`, async () => {
    await onRig(limited(10), async (rig) => {
      const lines: Line[] = await idlers(rig, 3);
      lines.push(await begin(rig));
      await rig.advance(TICKS_MS);
      lines.push(...await idlers(rig, 5));
      // A new connection is left alone for a second.
      await rig.advance(500);
      for (let turn = 0; turn < 5; turn++) {
        lines.push(await rig.connect());
        await relieved(lines);
      }
      assertEquals(await relieved(lines), [0, 1, 2, 3, 4]);
    });
  });
}

Deno.test("of few connections, one gives way when it was idle for a second and the server is full", async () => {
  for (const connections of [1, 2, 6]) {
    await onRig(limited(connections), async (rig) => {
      const lines = await idlers(rig, connections);
      await rig.advance(800 - (connections - 1) * TICKS_MS);
      assertEquals(await relieved(lines), [], `${connections} connections`);
      await rig.advance(300);
      assertEquals(await relieved(lines), [0], `${connections} connections`);
      await rig.advance(5_000);
      assertEquals(await relieved(lines), [0], `${connections} connections, with room again`);
    });
  }
});

Deno.test("one that is closed and lingers is not counted twice", async () => {
  await onRig(limited(20), async (rig) => {
    const lines = await idlers(rig, 18);
    await lines[0]!.wire.send(GET);
    for (let turn = 1; turn < 18; turn++) await lines[turn]!.wire.send(GET);
    await rig.advance(TICKS_MS);
    lines.push(await rig.connect());
    await rig.advance(TICKS_MS);
    assertEquals(lines.filter(({ state }) => state === "lingering").length, 1);
    // It lingers for half a second at the most, though its client goes on.
    await rig.advance(700);
    assertEquals(lines.filter(({ reason }) => reason === "pressure").length, 1);
    assertEquals(rig.reactor.connections.size, 18);
  });
});

Deno.test("while the server is full, one that is closed lingers for a tenth of a second", async () => {
  await onRig(limited(20), async (rig) => {
    const lines: Line[] = [];
    for (let turn = 0; turn < 20; turn++) lines.push(await rig.sent(GET));
    await rig.advance(50);
    assertEquals(lines.filter(({ state }) => state === "lingering").length, 2);
    await rig.advance(50);
    assertEquals(rig.reactor.connections.size, 20);
    await rig.advance(100);
    assertEquals(rig.reactor.connections.size, 18);
  });
});

Deno.test("with `refuse`, idle connections make room before anybody is refused", async () => {
  const limits = { connections: 20, overConnections: "refuse" } as const;
  await onRig({ handle: AT_ONCE, limits }, async (rig) => {
    const lines = await idlers(rig, 18);
    for (let turn = 0; turn < 10; turn++) {
      const line = await rig.sent(GET);
      assertEquals(line.statuses(), [200]);
      lines.push(line);
      await rig.advance(TICKS_MS);
    }
    assertEquals((await relieved(lines)).length, 10);
  });
});

Deno.test("descriptors that run out: idle connections are closed, and fewer are accepted", async () => {
  await onRig({ handle: AT_ONCE }, async (rig) => {
    const lines = await idlers(rig, 40);
    rig.listener.offer(new AcceptError("exhausted"));
    await settled();
    // 40 less a sixteenth are 37, and a tenth of that is kept free.
    assertEquals(await relieved(lines), [0, 1, 2, 3, 4, 5]);
    await rig.advance(10);
    const next = await rig.connect();
    assertEquals([next.state, rig.acceptErrors.length], ["idle", 1] as unknown[]);
    lines.push(next);
    assertEquals(await relieved(lines), [0, 1, 2, 3, 4, 5, 6]);
  });
});

Deno.test("descriptors that run out: no more are open at once than fit, until ten seconds later", async () => {
  await onRig({ handle: () => {} }, async (rig) => {
    const lines: Line[] = [];
    for (let turn = 0; turn < 40; turn++) lines.push(await rig.sent(GET));
    rig.listener.offer(new AcceptError("exhausted"));
    await rig.advance(1_000);
    const { accepts } = rig.listener;
    for (const { exchange } of rig.calls.slice(0, 2)) {
      exchange.respond({ status: 200, fields: [] }, "");
    }
    for (const line of lines.slice(0, 2)) await line.wire.end();
    await rig.advance(1_000);
    assertEquals([rig.reactor.connections.size, rig.listener.accepts], [38, accepts]);
    rig.calls[2]!.exchange.respond({ status: 200, fields: [] }, "");
    await lines[2]!.wire.end();
    await rig.advance(TICKS_MS);
    assertEquals([rig.reactor.connections.size, rig.listener.accepts], [37, accepts]);
    rig.calls[3]!.exchange.respond({ status: 200, fields: [] }, "");
    await lines[3]!.wire.end();
    await rig.sent(GET);
    assertEquals(rig.reactor.connections.size, 37);
    const waiting = accepts + 2;
    assertEquals(rig.listener.accepts, waiting - 1);
    await rig.advance(10_000);
    await rig.sent(GET);
    assertEquals(rig.reactor.connections.size, 38);
  });
});

Deno.test("a connection that leaves ends the pause after descriptors ran out", async () => {
  await onRig({ handle: () => {} }, async (rig) => {
    const busy = await rig.sent(GET);
    for (let turn = 0; turn < 12; turn++) rig.listener.offer(new AcceptError("exhausted"));
    await rig.advance(600);
    const { accepts } = rig.listener;
    await busy.wire.reset();
    assertEquals([busy.reason, rig.listener.accepts], ["peer_reset", accepts + 1] as unknown[]);
  });
});
