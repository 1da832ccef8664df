import { CASES } from "../../bench/cases.ts";
import type { Tally } from "../../bench/model.ts";
import { measureRound } from "../../bench/measure.ts";
import { joined } from "../../bench/turns.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { fake, withOptions } from "./fake_peers.ts";

const HELLO = CASES.find(({ id }) => id === "hello")!;

withProgram(
  "oha",
  "peers are loaded in turns, and one that fails takes nobody with it",
  () =>
    withOptions(async (options) => {
      const missing = { ...fake("good"), command: () => ["no-such-server-program"] };
      const peers = [fake("good"), fake("wrong"), missing, fake("mortal"), fake("good")];
      const round = await measureRound(peers, HELLO, { ...options, seconds: 1 });
      const [good, wrong, absent, mortal, last] = round;
      for (const each of [good, last]) {
        assert(each?.outcome.kind === "measured", JSON.stringify(each));
        const { requests, good, seconds, latencyMs, cpuMicros } = each.outcome.figures;
        assert(requests > 0 && good === requests && seconds > 0.9, `${requests} in ${seconds}`);
        assert(latencyMs !== null && latencyMs.p50 <= latencyMs.max);
        if (Deno.build.os === "linux") assert((cpuMicros ?? 0) > 0);
        // The server's, and two turns of half a second.
        assertEquals(each.commands.length, 3);
      }
      assertEquals(wrong?.outcome, { kind: "invalid", why: "status 500 at /", figures: null });
      assertEquals(absent?.outcome, {
        kind: "failed",
        why: 'Program not found: "no-such-server-program"',
      });
      assert(mortal?.outcome.kind === "failed");
      assertMatch(mortal.outcome.why, /^server ended/);
    }),
);

Deno.test("joined() adds counts and times up, and takes the middle of percentiles", () => {
  const part = (n: number, cpuMs: number | null) => {
    const latencyMs = { p50: n, p90: n * 2, p99: n * 3, p999: n * 4, max: n * 5 };
    const tally: Tally = {
      requests: n,
      good: n - 3,
      bad: 2,
      socketErrors: 1,
      seconds: n / 10,
      latencyMs,
      fairness: null,
    };
    return { tally, cpuMs, peakBytes: n };
  };
  assertEquals(joined([part(30, 100), part(10, 150), part(20, 200)]), {
    tally: {
      requests: 60,
      good: 51,
      bad: 6,
      socketErrors: 3,
      seconds: 6,
      latencyMs: { p50: 20, p90: 40, p99: 60, p999: 80, max: 150 },
      fairness: null,
    },
    cpuMs: 450,
    peakBytes: 20,
  });
  assertEquals(joined([part(1, 100), part(1, null)]).cpuMs, null);
});
