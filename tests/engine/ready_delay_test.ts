/**
 * The first phase of a shutdown, on the fake clock: everything is served, and the server's phase and its
 * answers show that it will end.
 *
 * @module
 */

import type { ShutdownReport } from "../../reactor/reactor.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { AcceptError, settled } from "./fakes.ts";
import { GET } from "./requests.ts";
import { answers, onRig, type Rig } from "./rig.ts";

const TIMES = { readyDelay: 500, firstRequest: 0, deadline: 1_000, grace: 300 };

/** Begins a shutdown; the function returned gives its report, once there is one. */
async function leave(rig: Rig, times = TIMES): Promise<() => ShutdownReport | undefined> {
  let report: ShutdownReport | undefined;
  rig.reactor.shutdown(times).then((each) => report = each);
  await settled();
  return () => report;
}

Deno.test("without a readyDelay the phase goes from serving to draining to ended", async () => {
  await onRig({}, async (rig) => {
    assertEquals(rig.reactor.phase, "serving");
    await rig.sent(GET);
    rig.reactor.shutdown({ ...TIMES, readyDelay: 0 });
    assertEquals([rig.reactor.phase, rig.listener.closed], ["draining", false]);
    await settled();
    assertEquals([rig.reactor.phase, rig.listener.closed], ["draining", true]);
    await rig.advance(TIMES.deadline + TIMES.grace);
    assertEquals(rig.reactor.phase, "ended");
  });
});

Deno.test("for its readyDelay a server accepts and answers, and lets each connection end with its answer", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    const idle = await rig.sent(GET);
    await leave(rig);
    await rig.advance(TIMES.readyDelay - 1);
    const late = await rig.sent(GET);
    await idle.wire.send(GET);
    assertEquals([rig.reactor.phase, rig.listener.closed], ["leaving", false]);
    assertEquals([late.state, idle.state], ["lingering", "lingering"]);
    for (const line of [late, idle]) assert(/connection: close/i.test(line.got()));
    await rig.advance(1);
    assertEquals([rig.reactor.phase, rig.listener.closed], ["draining", true]);
  });
});

Deno.test("the readyDelay is waited for though no connection is open", async () => {
  await onRig({}, async (rig) => {
    const report = await leave(rig);
    await rig.advance(TIMES.readyDelay - 1);
    assertEquals([report(), rig.clock.holds], [undefined, true]);
    await rig.advance(1);
    assertEquals(report(), { drained: 0, aborted: 0, forced: 0, drainMs: 0, abortMs: 0 });
    assertEquals(rig.reactor.phase, "ended");
  });
});

Deno.test("deadline and grace count from the end of the readyDelay", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const report = await leave(rig);
    await rig.advance(TIMES.readyDelay + TIMES.deadline - 1);
    assertEquals(rig.last.aborted, undefined);
    await rig.advance(1);
    assertEquals((rig.last.aborted as { code?: string }).code, "shutdown");
    await rig.advance(TIMES.grace);
    assertEquals(line.reason, "forced");
    assertEquals(report(), { drained: 0, aborted: 1, forced: 1, drainMs: 1_000, abortMs: 300 });
  });
});

Deno.test("connections that end during the readyDelay are not counted as drained", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    const [one, two] = [await rig.sent(GET), await rig.connect()];
    const report = await leave(rig);
    await one.wire.end();
    await rig.advance(TIMES.readyDelay);
    assertEquals([two.reason, report()!.drained], ["shutdown", 1]);
  });
});

const CUTS: readonly { name: string; cut: (rig: Rig) => void; forced: number }[] = [
  { name: "force()", cut: ({ reactor }) => reactor.force(), forced: 1 },
  {
    name: "a listener that failed for good",
    cut: ({ listener }) => listener.offer(new AcceptError("fatal")),
    forced: 0,
  },
];

for (const { name, cut, forced } of CUTS) {
  Deno.test(`${name} cuts the readyDelay short`, async () => {
    await onRig({}, async (rig) => {
      const line = await rig.sent(GET);
      const report = await leave(rig);
      await rig.advance(100);
      cut(rig);
      await settled();
      assertEquals(rig.listener.closed, true);
      assert(rig.reactor.phase !== "leaving");
      if (forced === 0) {
        rig.last.exchange.respond({ status: 200, fields: [] }, null);
        await line.wire.end();
      }
      await settled();
      assertEquals([report()?.forced, rig.reactor.phase], [forced, "ended"]);
    });
  });
}

Deno.test("a second call does not shorten the readyDelay of the first", async () => {
  await onRig({}, async (rig) => {
    const report = await leave(rig);
    await leave(rig, { ...TIMES, readyDelay: 0 });
    await rig.advance(TIMES.readyDelay - 1);
    assertEquals([report(), rig.reactor.phase], [undefined, "leaving"]);
  });
});

Deno.test("ageMs counts from accepting, whatever the state", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    const line = await rig.connect();
    await rig.advance(1_000);
    await line.wire.send(GET);
    await rig.advance(500);
    const { ageMs, stateMs } = line.connection;
    assertEquals([ageMs, stateMs], [1_500, 500]);
  });
});
