/**
 * What has just come when a shutdown begins: connections that the kernel has and the server has not, and
 * those that have not sent their first request yet. Each has a client that must not lose it.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { FakeConn, settled } from "./fakes.ts";
import { GET } from "./requests.ts";
import { answers, onRig, type Rig } from "./rig.ts";

const TIMES = { readyDelay: 0, firstRequest: 400, deadline: 1_000, grace: 300 };
const OPTIONS = { handle: answers("x") };

/** Begins a shutdown; what it does at once is done. */
async function shutDown(rig: Rig, times = TIMES): Promise<void> {
  rig.reactor.shutdown(times);
  await settled();
}

Deno.test("a connection in the backlog is accepted, and its request answered with connection: close", async () => {
  await onRig(OPTIONS, async (rig) => {
    const wires = [new FakeConn(), new FakeConn(), new FakeConn()];
    for (const wire of wires) rig.listener.offer(wire);
    const end = rig.reactor.shutdown(TIMES);
    for (const wire of wires) await wire.send(GET);
    await settled();
    assertEquals([rig.listener.closed, rig.listener.waiting], [true, 0]);
    for (const { output } of wires) assert(/^HTTP\/1\.1 200 [^]*connection: close/i.test(output));
    for (const wire of wires) await wire.end();
    assertEquals((await end).drained, 3);
  });
});

Deno.test("connections that come without a pause do not keep the listener open for ever", async () => {
  await onRig(OPTIONS, async (rig) => {
    let offered = 0;
    rig.reactor.observe({
      opened() {
        if (offered++ < 10_000) rig.listener.offer(new FakeConn());
      },
    });
    rig.listener.offer(new FakeConn());
    rig.reactor.shutdown({ ...TIMES, firstRequest: 0 });
    for (let ms = 0; ms < 200 && !rig.listener.closed; ms++) await rig.advance(1);
    assertEquals(rig.listener.closed, true);
    assert(offered < 10_000);
  });
});

Deno.test("a forced end looks at the listener no more", async () => {
  await onRig(OPTIONS, async (rig) => {
    const wire = new FakeConn();
    rig.reactor.shutdown(TIMES);
    rig.reactor.force();
    rig.listener.offer(wire);
    await settled();
    assertEquals([rig.listener.closed, rig.ended], [true, "ended"]);
  });
});

Deno.test("a new connection has the time for its first request, which is its last", async () => {
  await onRig(OPTIONS, async (rig) => {
    const [early, late] = [await rig.connect(), await rig.connect()];
    await rig.advance(100);
    await shutDown(rig);
    assertEquals([early.state, late.state], ["idle", "idle"]);
    await early.wire.send(GET);
    await rig.advance(250);
    await late.wire.send(GET);
    for (const line of [early, late]) {
      assert(/^HTTP\/1\.1 200 [^]*connection: close/i.test(line.got()));
      await line.wire.end();
      assertEquals(line.reason, "shutdown");
    }
  });
});

Deno.test("a new connection that sends nothing is closed when its time is over", async () => {
  await onRig({ ...OPTIONS, timeouts: { idle: 0 } }, async (rig) => {
    const line = await rig.connect();
    await rig.advance(100);
    await shutDown(rig);
    await rig.advance(200);
    assertEquals(line.reason, null);
    await rig.advance(600);
    assertEquals(line.reason, "shutdown");
  });
});

Deno.test("a connection that has long been silent is closed at once, as is one that was used", async () => {
  await onRig(OPTIONS, async (rig) => {
    const silent = await rig.connect();
    const used = await rig.sent(GET);
    await rig.advance(3_000);
    await shutDown(rig);
    assertEquals([silent.reason, used.reason], ["shutdown", "shutdown"]);
  });
});

Deno.test("a connection in its handshake has the same time, and then for its request", async () => {
  await onRig(OPTIONS, async (rig) => {
    const [served, stuck] = [await rig.connect({ tls: true }), await rig.connect({ tls: true })];
    await shutDown(rig);
    await rig.advance(300);
    await served.wire.secure();
    await rig.advance(300);
    assertEquals([stuck.reason, served.state], ["shutdown", "idle"]);
    await served.wire.send(GET);
    assertEquals(served.statuses(), [200]);
  });
});

Deno.test("the time for a first request is part of the deadline", async () => {
  await onRig(OPTIONS, async (rig) => {
    const line = await rig.connect();
    await shutDown(rig, { ...TIMES, firstRequest: 60_000 });
    await rig.advance(TIMES.deadline - 1);
    assertEquals(line.reason, null);
    await rig.advance(1);
    assertEquals([line.reason, rig.ended], ["shutdown", "ended"]);
  });
});

Deno.test("half a head is finished within its own time-out, and answered", async () => {
  await onRig(OPTIONS, async (rig) => {
    const line = await rig.sent(GET.slice(0, 10));
    await shutDown(rig);
    await rig.advance(600);
    await line.wire.send(GET.slice(10));
    assert(/^HTTP\/1\.1 200 [^]*connection: close/i.test(line.got()));
  });
});

Deno.test("a connection that somebody else asks to close is closed at once, though it is new", async () => {
  await onRig(OPTIONS, async (rig) => {
    const line = await rig.connect();
    line.connection.close();
    await settled();
    assertEquals(line.reason, "asked");
  });
});
