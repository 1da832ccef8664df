/**
 * Accepting: errors that pass, errors that do not, the pauses between tries, and listening that ends.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { AcceptError, settled } from "./fakes.ts";
import { GET } from "./requests.ts";
import { answers, onRig, Rig } from "./rig.ts";

Deno.test("a transient error is reported once, and the pauses double from 5 ms up to 1 s", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const errors = 12;
    for (let turn = 0; turn < errors; turn++) rig.listener.offer(new AcceptError("transient"));
    await settled();
    const pauses: number[] = [];
    for (let turn = 1; turn < errors; turn++) {
      const before = rig.listener.accepts;
      let waited = 0;
      while (rig.listener.accepts === before && waited < 5_000) {
        await rig.advance(1);
        waited++;
      }
      pauses.push(waited);
    }
    assertEquals(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000]);
    assertEquals(rig.acceptErrors.length, 1);
    await rig.advance(1_000);
    const line = await rig.sent(GET);
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("errors that come and go are one run, until a minute has passed without one", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    for (const [restMs, reports] of [[0, 1], [10_000, 1], [59_000, 1], [61_000, 2]] as const) {
      await rig.advance(restMs);
      rig.listener.offer(new AcceptError("transient"));
      rig.listener.offer(new AcceptError("transient"));
      await settled();
      // The pauses start again after a connection was accepted.
      await rig.advance(5 + 10);
      assertEquals((await rig.sent(GET)).statuses(), [200]);
      assertEquals(rig.acceptErrors.length, reports, `After ${restMs} ms`);
    }
  });
});

Deno.test("connections that are open are served while accepting pauses", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const line = await rig.connect();
    rig.listener.offer(new AcceptError("transient"));
    await line.wire.send(GET);
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("a shutdown ends a pause at once", async () => {
  for (const end of ["shutdown", "force"] as const) {
    await onRig({}, async (rig) => {
      for (let turn = 0; turn < 20; turn++) rig.listener.offer(new AcceptError("transient"));
      await rig.advance(3_000);
      assert(rig.clock.pending > 0);
      if (end === "force") rig.reactor.force();
      else {
        await rig.reactor.shutdown({
          readyDelay: 0,
          firstRequest: 0,
          deadline: 1_000,
          grace: 1_000,
        });
      }
      await settled();
      assertEquals([rig.ended, rig.clock.pending], ["ended", 0]);
    });
  }
});

Deno.test("a fatal error is reported, closes what is idle and serves what is under way", async () => {
  const rig = new Rig({});
  const idle = await rig.connect();
  const busy = await rig.sent(GET);
  rig.listener.offer(new AcceptError("fatal"));
  await settled();
  assertEquals(
    [rig.acceptErrors.length, rig.listener.closed, idle.reason],
    [1, true, "shutdown"] as unknown[],
  );
  assertEquals([busy.state, rig.ended], ["handling", undefined]);
  rig.last.exchange.respond({ status: 200, fields: [] }, "still served");
  await settled();
  assertEquals(busy.statuses(), [200]);
  await busy.wire.end();
  assertEquals([busy.reason, rig.ended], ["shutdown", "ended"]);
  await rig.finish();
});

Deno.test("a listener that the test closes ends the reactor", async () => {
  const rig = new Rig({});
  rig.listener.close();
  await settled();
  assertEquals(rig.ended, "ended");
  await rig.finish();
});

Deno.test("a connection that arrives at the moment of the end is closed", async () => {
  const rig = new Rig({});
  const wires = [await rig.connect()];
  rig.reactor.force();
  await settled();
  assertEquals([wires[0]!.reason, rig.reactor.connections.size], ["forced", 0] as unknown[]);
  await rig.finish();
});

Deno.test("unref() and ref() reach the listener and every connection, also later ones", async () => {
  await onRig({}, async (rig) => {
    const before = await rig.connect();
    rig.reactor.unref();
    const after = await rig.connect();
    assertEquals([rig.listener.held, before.wire.held, after.wire.held], [false, false, false]);
    rig.listener.offer(new AcceptError("transient"));
    await settled();
    assertEquals(rig.clock.holds, false);
    await rig.advance(100);
    rig.reactor.ref();
    assertEquals([rig.listener.held, before.wire.held, after.wire.held], [true, true, true]);
    rig.listener.offer(new AcceptError("transient"));
    await settled();
    assertEquals(rig.clock.holds, true);
  });
});
