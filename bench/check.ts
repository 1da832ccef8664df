/**
 * Judging a session by the bars in `bars.json`: ratios that Weir must keep, never absolute times, because
 * those belong to a machine. Pure.
 *
 * @module
 */

import type { FigureName, Results } from "./model.ts";
import { aligned } from "./report/table.ts";
import { figureSpread, ratioSpread, type Spread, type Subject } from "./stats.ts";

/** A ratio that has to be kept. */
export interface Bar {
  readonly title: string;
  /** The judged peer. @default {"weir"} */
  readonly peer?: string;
  /** Judged one by one; `*` stands for every case. */
  readonly cases: readonly string[];
  /** @default {"cpuMicros"} */
  readonly figure?: FigureName;
  /** The peer whose figure is the divisor; without it the figure is already a ratio. */
  readonly to?: string;
  /** The case of the divisor, if it is another one. */
  readonly toCase?: string;
  /** Exactly one of these two. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** A goal stricter than the bar; reported, not judged. */
  readonly stretch?: number;
}

/** The verdict on a bar for one case. */
export type Verdict =
  | { readonly kind: "met" | "missed"; readonly value: Spread; readonly stretchMet: boolean | null }
  /** The judged peer failed or answered wrongly, which is worse than slow. */
  | { readonly kind: "spoiled"; readonly why: string }
  /** There is nothing to compare: a case or a reference was not part of the session. */
  | { readonly kind: "unmeasured" };

/** A bar on one case, judged. */
export interface Judgement {
  readonly bar: Bar;
  readonly case: string;
  readonly verdict: Verdict;
}

/** Judges every bar on each of its cases. */
export function judgeBars(results: Results, bars: readonly Bar[]): Judgement[] {
  return bars.flatMap((bar) => {
    const cases = bar.cases.includes("*") ? comparable(results, bar) : bar.cases;
    return cases.map((id) => ({ bar, case: id, verdict: verdictOf(results, { bar, case: id }) }));
  });
}

/** Whether the session passes: something was judged, and nothing of it missed. */
export function passes(judgements: readonly Judgement[]): boolean {
  const kinds = new Set(judgements.map(({ verdict }) => verdict.kind));
  return kinds.has("met") && !kinds.has("missed") && !kinds.has("spoiled");
}

/** One line per judgement; below them, each bar that was missed. */
export function checkReport(judgements: readonly Judgement[]): string {
  const table = aligned({
    columns: ["bar", "case", "wanted", "measured", "met", "stretch", "reached"],
    rows: judgements.map(({ bar, case: id, verdict }) => [
      bar.title.replaceAll("`", ""),
      id,
      wanted(bar, bar.atMost ?? bar.atLeast),
      measured(verdict),
      verdict.kind === "met" ? "yes" : verdict.kind === "unmeasured" ? "–" : "NO",
      wanted(bar, bar.stretch),
      reached(verdict),
    ]),
  });
  const missed = judgements.filter(({ verdict }) => isMiss(verdict));
  const lines = missed.map(({ bar, case: id, verdict }) =>
    `missed: ${bar.title} [${id}]: ${measured(verdict)}, bar ${
      wanted(bar, bar.atMost ?? bar.atLeast)
    }`
  );
  const unmeasured = judgements.filter(({ verdict }) => verdict.kind === "unmeasured").length;
  const met = judgements.length - missed.length - unmeasured;
  return [table, "", ...lines, `${met} met, ${missed.length} missed, ${unmeasured} not measured`]
    .join("\n");
}

function isMiss(verdict: Verdict): boolean {
  return verdict.kind === "missed" || verdict.kind === "spoiled";
}

/** The cases in which both sides took part, if they give the figure at all. */
function comparable(results: Results, bar: Bar): string[] {
  return results.cases.map(({ id }) => id).filter((id) => {
    const subjects = subjectsOf(bar, id);
    return figureSpread(results.runs, subjects.to ?? subjects.of) !== null;
  });
}

function verdictOf(results: Results, at: { bar: Bar; case: string }): Verdict {
  const { bar } = at;
  const { of, to } = subjectsOf(bar, at.case);
  const fault = faultOf(results, of);
  if (fault !== null) return { kind: "spoiled", why: fault };
  const value = to === null ? figureSpread(results.runs, of) : ratioSpread(results.runs, of, to);
  if (value === null) return { kind: "unmeasured" };
  const stretch = bar.stretch;
  return {
    kind: keeps(bar, { value: value.median, limit: bar.atMost ?? bar.atLeast ?? NaN })
      ? "met"
      : "missed",
    value,
    stretchMet: stretch === undefined ? null : keeps(bar, { value: value.median, limit: stretch }),
  };
}

function subjectsOf(bar: Bar, id: string): { of: Subject; to: Subject | null } {
  const of = { case: id, peer: bar.peer ?? "weir", figure: bar.figure ?? "cpuMicros" } as const;
  const { to } = bar;
  return { of, to: to === undefined ? null : { ...of, case: bar.toCase ?? id, peer: to } };
}

function keeps(bar: Bar, options: { value: number; limit: number }): boolean {
  const { value, limit } = options;
  return bar.atMost === undefined ? value >= limit : value <= limit;
}

/** One wrong answer or one dead server in any round spoils the judged peer's case. */
function faultOf(results: Results, { case: id, peer }: Subject): string | null {
  for (const run of results.runs) {
    if (run.case !== id || run.peer !== peer || run.outcome.kind === "measured") continue;
    return `${run.outcome.kind} in round ${run.round}: ${run.outcome.why}`;
  }
  return null;
}

function wanted(bar: Bar, limit: number | undefined): string {
  if (limit === undefined) return "";
  return `${bar.atMost === undefined ? "≥" : "≤"} ${limit}`;
}

function measured(verdict: Verdict): string {
  if (verdict.kind === "unmeasured") return "not measured";
  if (verdict.kind === "spoiled") return verdict.why;
  const { median, min, max } = verdict.value;
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function reached(verdict: Verdict): string {
  if (!("stretchMet" in verdict) || verdict.stretchMet === null) return "";
  return verdict.stretchMet ? "yes" : "no";
}
