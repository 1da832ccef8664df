/**
 * Arithmetic on runs: medians, ranges and ratios paired round by round. Pure; knows nothing of how a
 * figure was measured or how it is shown.
 *
 * Ratios are taken within a round, between runs that were seconds apart on the same machine, and
 * the median only after that: absolute figures of a shared machine drift by more than the
 * differences that matter.
 *
 * @module
 */

import {
  type FigureName,
  figureOf,
  type Figures,
  type Latency,
  type Outcome,
  type Run,
  type Tally,
} from "./model.ts";

/** A value with its spread over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many rounds it comes from. */
  readonly count: number;
}

/** What to look at: one figure of one peer on one case. */
export interface Subject {
  readonly case: string;
  readonly peer: string;
  readonly figure: FigureName;
}

/** The middle of the values, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Median, least and most, or `null` if there are no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

/** The subject's value in each round that was measured validly and has it. */
export function valuesByRound(runs: readonly Run[], subject: Subject): Map<number, number> {
  const values = new Map<number, number>();
  for (const run of runs) {
    if (run.case !== subject.case || run.peer !== subject.peer) continue;
    if (run.outcome.kind !== "measured") continue;
    const value = figureOf(run.outcome.figures, subject.figure);
    if (value !== null) values.set(run.round, value);
  }
  return values;
}

/** The subject's figure over the rounds. */
export function figureSpread(runs: readonly Run[], subject: Subject): Spread | null {
  return spreadOf([...valuesByRound(runs, subject).values()]);
}

/** One subject's figure divided by another's, round by round; `null` when no round has both. */
export function ratioSpread(runs: readonly Run[], of: Subject, to: Subject): Spread | null {
  const divisors = valuesByRound(runs, to);
  const ratios: number[] = [];
  for (const [round, value] of valuesByRound(runs, of)) {
    const divisor = divisors.get(round);
    if (divisor !== undefined && divisor > 0) ratios.push(value / divisor);
  }
  return spreadOf(ratios);
}

/** The runs of one peer on one case, brought down to one line of a table. */
export interface Cell {
  readonly case: string;
  readonly peer: string;
  /** The worst that happened in any round: one wrong answer spoils the cell. */
  readonly state: Outcome["kind"];
  readonly why: string;
  /** Medians over the rounds that gave figures; counts are sums. `null` when none did. */
  readonly figures: Figures | null;
}

const WORST: readonly Outcome["kind"][] = ["failed", "invalid", "measured"];

/** Sums up the runs of `peer` on `case`, or `null` when there were none. */
export function cellOf(runs: readonly Run[], at: { case: string; peer: string }): Cell | null {
  const own = runs.filter((run) => run.case === at.case && run.peer === at.peer);
  const worst = WORST.flatMap((kind) => own.filter((run) => run.outcome.kind === kind))[0];
  if (worst === undefined) return null;
  const { outcome } = worst;
  const figures = own.flatMap(({ outcome }) =>
    outcome.kind === "failed" || outcome.figures === null ? [] : [outcome.figures]
  );
  return {
    ...at,
    state: outcome.kind,
    why: outcome.kind === "measured" ? "" : outcome.why,
    figures: figures.length === 0 ? null : combine(figures),
  };
}

/** Adds up the counts and takes the median of everything else. */
function combine(all: readonly Figures[]): Figures {
  const middle = (pick: (figures: Figures) => number | null | undefined) => {
    const values = all.map(pick).filter((value) => typeof value === "number");
    return values.length === 0 ? null : median(values);
  };
  return {
    ...addUp(all),
    perSecond: middle((each) => each.perSecond),
    cpuMicros: middle((each) => each.cpuMicros),
    peakBytes: middle((each) => each.peakBytes),
    bytesPerConnection: middle((each) => each.bytesPerConnection),
    coldMs: middle((each) => each.coldMs),
    overload: all.every((each) => each.overload === null) ? null : {
      capacity: middle((each) => each.overload?.capacity) ?? 0,
      offered: middle((each) => each.overload?.offered) ?? 0,
      goodput: middle((each) => each.overload?.goodput) ?? 0,
      acceptedP99Ms: middle((each) => each.overload?.acceptedP99Ms),
      highP99Ms: middle((each) => each.overload?.highP99Ms),
      shedShare: middle((each) => each.overload?.shedShare) ?? 0,
    },
  };
}

/** Tallies as one: counts and times added up; percentiles cannot be added, so their medians. */
export function addUp(all: readonly Tally[]): Tally {
  const sum = (pick: (tally: Tally) => number) => all.reduce((n, each) => n + pick(each), 0);
  return {
    requests: sum((each) => each.requests),
    good: sum((each) => each.good),
    bad: sum((each) => each.bad),
    socketErrors: sum((each) => each.socketErrors),
    seconds: sum((each) => each.seconds),
    latencyMs: middleLatency(all.map(({ latencyMs }) => latencyMs)),
    fairness: worstFairness(all),
  };
}

/** The median of each percentile, and the most of all; `null` if there are none. */
function middleLatency(all: readonly (Latency | null)[]): Latency | null {
  const known = all.filter((each) => each !== null);
  if (known.length === 0) return null;
  const middle = (of: (latency: Latency) => number) => median(known.map(of));
  return {
    p50: middle(({ p50 }) => p50),
    p90: middle(({ p90 }) => p90),
    p99: middle(({ p99 }) => p99),
    p999: middle(({ p999 }) => p999),
    max: Math.max(...known.map(({ max }) => max)),
  };
}

/** The round in which the least served connection was worst off: fairness is a promise, not an average. */
function worstFairness(all: readonly Tally[]): Tally["fairness"] {
  const shares = all.flatMap(({ fairness }) => fairness === null ? [] : [fairness]);
  shares.sort((a, b) => a.least / a.mean - b.least / b.mean);
  return shares[0] ?? null;
}
