/** Sessions made up for tests of reports and verdicts. */

import { CASES } from "../../bench/cases.ts";
import type { Figures, Outcome, Results, Run } from "../../bench/model.ts";
import { PEERS } from "../../bench/peers/catalog.ts";

/** Figures of a run in which all went well. */
export function figures(given: Partial<Figures> = {}): Figures {
  return {
    requests: 1000,
    good: 1000,
    bad: 0,
    socketErrors: 0,
    seconds: 2,
    latencyMs: { p50: 0.5, p90: 1, p99: 2.5, p999: 7, max: 12.5 },
    fairness: null,
    perSecond: 500,
    cpuMicros: 10,
    peakBytes: 50 * 1024 * 1024,
    bytesPerConnection: null,
    coldMs: null,
    overload: null,
    ...given,
  };
}

/** A run that was measured. */
export function run(at: string, given: Partial<Figures> & { round?: number } = {}): Run {
  const { round = 1, ...rest } = given;
  return outcomeRun(at, { kind: "measured", figures: figures(rest) }, round);
}

/** A run with any outcome; `at` is case and peer with a slash between. */
export function outcomeRun(at: string, outcome: Outcome, round = 1): Run {
  const [id = "", peer = ""] = at.split("/");
  return { case: id, peer, round, outcome, commands: [] };
}

/** A session of these runs, with every peer and case that occurs in them. */
export function session(runs: readonly Run[], given: Partial<Results> = {}): Results {
  const cases = new Set(runs.map((each) => each.case));
  const peers = new Set(runs.map((each) => each.peer));
  return {
    version: 1,
    startedAt: "2026-01-02T03:04:05.678Z",
    commandLine: "deno task bench --rounds 2",
    machine: {
      os: "linux x86_64",
      cpu: "Example 9000",
      cores: 2,
      memoryBytes: 8 * 2 ** 30,
      pinning: { server: "1", load: "0" },
    },
    tools: { oha: "oha 1.16.0" },
    rounds: 2,
    seconds: 2,
    peers: PEERS.filter(({ id }) => peers.has(id))
      .map(({ id, title }) => ({ id, title, version: "1.0", absent: null })),
    cases: CASES.filter(({ id }) => cases.has(id))
      .map(({ id, title, figure, connections, series }) => ({
        id,
        title,
        figure,
        connections,
        series,
      })),
    runs,
    notes: [],
    ...given,
  };
}

/** A session with something for every plot: all peers, a spread of cases, two rounds. */
export function fullSession(): Results {
  const ids = ["hello", "json", "c1", "c1024", "c4096", "pipelined", "fair-1024", "idle", "cold"];
  const runs = ids.flatMap((id, row) =>
    PEERS.flatMap((peer, column) =>
      [1, 2].map((round) => {
        const factor = 1 + column / 4 + row / 10 + round / 20;
        return run(`${id}/${peer.id}`, {
          round,
          perSecond: 100_000 / factor,
          cpuMicros: 5 * factor,
          latencyMs: {
            p50: 0.4 * factor,
            p90: 0.8 * factor,
            p99: 2 * factor,
            p999: 9 * factor,
            max: 20 * factor,
          },
          fairness: { connections: 1024, least: 40 - 4 * column, most: 60, mean: 50 },
          bytesPerConnection: id === "idle" ? 8_000 * factor : null,
          coldMs: id === "cold" ? 40 * factor : null,
        });
      })
    )
  );
  return session(runs);
}
