/**
 * The reactor's own clock: it stops when there is no connection, a standstill of the process is
 * not charged to the clients, and ticks that come late or drift fire nothing early.
 *
 * @module
 */

import { TICK_MS } from "../../reactor/timing/heartbeat.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { GET } from "./requests.ts";
import { answers, onRig } from "./rig.ts";

const HEAD_MS = 2_000;

Deno.test("ticks run only while there is a connection", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    assertEquals(rig.clock.pending, 0);
    for (let turn = 0; turn < 2; turn++) {
      const line = await rig.sent(GET);
      assertEquals(rig.clock.pending, 1);
      await line.wire.end();
      await rig.advance(2 * TICK_MS);
      assertEquals(rig.clock.pending, 0);
      await rig.advance(60_000);
    }
  });
});

Deno.test("a standstill of the process is charged as two ticks at most", async () => {
  await onRig({ timeouts: { head: HEAD_MS } }, async (rig) => {
    const line = await rig.sent("GET /");
    await rig.advance(500);
    rig.clock.stall(60_000);
    await rig.advance(0);
    assertEquals(line.state, "head");
    await rig.advance(HEAD_MS - 500 - 2 * TICK_MS - 1);
    assertEquals(line.state, "head");
    await rig.advance(1 + 6 * TICK_MS);
    assertEquals([line.state, line.statuses()], ["lingering", [408]] as unknown[]);
  });
});

Deno.test("what is read right after a standstill gets all of its time", async () => {
  await onRig({ timeouts: { head: 500 } }, async (rig) => {
    const line = await rig.connect();
    await rig.advance(1_000);
    rig.clock.stall(5_000);
    // The read comes in before the tick does.
    await line.wire.send("GET /");
    await rig.advance(499);
    assertEquals([line.state, line.got()], ["head", ""]);
    await rig.advance(1 + 4 * TICK_MS);
    assertEquals(line.statuses(), [408]);
  });
});

Deno.test("ticks that drift fire nothing early and nothing later than four ticks", async () => {
  for (const drift of [0, 1, 7, 30]) {
    for (const at of [0, 1, 50, 99, 100, 130]) {
      await onRig({ timeouts: { head: HEAD_MS } }, async (rig) => {
        const line = await rig.connect();
        for (let turn = 0; turn < 10; turn++) {
          await rig.advance(TICK_MS - 1);
          rig.clock.stall(1 + drift);
          await rig.advance(0);
        }
        await rig.advance(at);
        await line.wire.send("GET /");
        let waited = 0;
        while (line.state === "head" && waited < 10_000) {
          // Each tick comes late by `drift`.
          await rig.advance(1);
          waited++;
          if (drift > 0 && waited % (TICK_MS + drift) === TICK_MS - 1) {
            rig.clock.stall(drift);
            waited += drift;
          }
        }
        assert(waited >= HEAD_MS, `${HEAD_MS - waited} ms early: ${drift}, ${at}`);
        const late = waited - HEAD_MS;
        assert(late <= 4 * (TICK_MS + drift), `${late} ms late: ${drift}, ${at}`);
      });
    }
  }
});

Deno.test("the date goes on with the seconds", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const line = await rig.sent(GET);
    const dates = [/date: ([^\r]*)/.exec(line.got())![1]!];
    for (let turn = 0; turn < 3; turn++) {
      await rig.advance(1_000);
      await line.wire.send(GET);
      dates.push(/date: ([^\r]*)/.exec(line.got())![1]!);
    }
    const seconds = dates.map((date) => Date.parse(date) / 1000);
    assertEquals(seconds.map((second) => second - seconds[0]!), [0, 1, 2, 3]);
  });
});
