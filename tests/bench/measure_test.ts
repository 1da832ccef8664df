import type { MeasureOptions } from "../../bench/bout.ts";
import { type Case, CASES } from "../../bench/cases.ts";
import { measureRound } from "../../bench/measure.ts";
import type { Outcome } from "../../bench/model.ts";
import { inspectPeers } from "../../bench/preflight.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { fake, withOptions } from "./fake_peers.ts";

function loadCase(connections: number, depth: number): Case {
  const [any] = CASES;
  assert(any !== undefined);
  return { ...any, connections, load: { kind: "driver", connections, depth } };
}

async function outcomeOf(how: string, at: Case, options: MeasureOptions): Promise<Outcome> {
  return (await measureRound([fake(how)], at, options))[0]!.outcome;
}

Deno.test("measureRound() counts every connection of a server that is right", () =>
  withOptions(async (options) => {
    for (const depth of [1, 16]) {
      const outcome = await outcomeOf("good", loadCase(8, depth), options);
      assert(outcome.kind === "measured", JSON.stringify(outcome));
      const { requests, good, bad, socketErrors, fairness, latencyMs } = outcome.figures;
      assertEquals([bad, socketErrors, good], [0, 0, requests]);
      assert(fairness !== null && fairness.connections === 8);
      assert(fairness.least > 0 && fairness.least <= fairness.mean);
      assertEquals(Math.round(fairness.mean * 8), good);
      assert(latencyMs !== null && latencyMs.p50 <= latencyMs.max);
      if (Deno.build.os === "linux") assert((outcome.figures.cpuMicros ?? 0) > 0);
    }
  }));

Deno.test("measureRound() calls a server invalid that answers 500 from the start, and never loads it", () =>
  withOptions(async (options) => {
    const outcome = await outcomeOf("wrong", loadCase(8, 1), options);
    assertEquals(outcome, { kind: "invalid", why: "status 500 at /", figures: null });
  }));

Deno.test("measureRound() counts the 500s of a server that goes wrong under load", () =>
  withOptions(async (options) => {
    const outcome = await outcomeOf("later", loadCase(8, 1), options);
    assert(outcome.kind === "invalid", JSON.stringify(outcome));
    assertMatch(outcome.why, /^\d+ wrong answers$/);
    assert((outcome.figures?.bad ?? 0) > 0);
  }));

Deno.test("measureRound() calls a server failed that dies, however fast it was before", () =>
  withOptions(async (options) => {
    const outcome = await outcomeOf("mortal", loadCase(8, 1), options);
    assert(outcome.kind === "failed", JSON.stringify(outcome));
    assertMatch(outcome.why, /^server ended/);
  }));

Deno.test("measureRound() calls a program failed that is missing or does not come up", () =>
  withOptions(async (options) => {
    const missing = { ...fake("good"), command: () => ["no-such-server-program"] };
    const broken = {
      ...fake("good"),
      command: () => [Deno.execPath(), "eval", "throw Error('no')"],
    };
    const outcomes = [missing, broken].map(async (peer) =>
      (await measureRound([peer], loadCase(1, 1), options))[0]!.outcome
    );
    assertEquals(await outcomes[0], {
      kind: "failed",
      why: 'Program not found: "no-such-server-program"',
    });
    const second = await outcomes[1];
    assert(second?.kind === "failed");
    assertMatch(second.why, /^did not start: .*no/);
  }));

Deno.test("measureRound() times a cold start", () =>
  withOptions(async (options) => {
    const [any] = CASES;
    assert(any !== undefined);
    const load = { kind: "cold", starts: 2, quickStarts: 1 } as const;
    const outcome = await outcomeOf("good", { ...any, load }, options);
    assert(outcome.kind === "measured");
    assertEquals(outcome.figures.requests, 1);
    assert((outcome.figures.coldMs ?? 0) > 1);
  }));

Deno.test("inspectPeers() tells peers that are not installed from peers that do not start", () =>
  withOptions(async ({ site }) => {
    const absent = { ...fake("good"), version: ["no-such-server-program"] };
    const broken = {
      ...fake("good"),
      command: () => [Deno.execPath(), "eval", "throw Error('no')"],
    };
    const [a, b, c] = await inspectPeers([absent, broken, fake("good")], site);
    assertEquals([a?.info.absent, a?.failure], ["not installed", null]);
    assertEquals([b?.info.absent, c?.info.absent, c?.failure], [null, null, null]);
    assertMatch(b?.failure ?? "", /^did not start/);
  }));
