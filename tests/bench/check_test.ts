import bars from "../../bench/bars.json" with { type: "json" };
import { CASES } from "../../bench/cases.ts";
import { type Bar, checkReport, judgeBars, passes } from "../../bench/check.ts";
import { PEERS } from "../../bench/peers/catalog.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { outcomeRun, run, session } from "./sample.ts";

const CHEAPER: Bar = { title: "cost", cases: ["hello"], to: "deno", atMost: 1.2, stretch: 1 };

function pair(weir: number, deno: number) {
  return session([
    run("hello/weir", { cpuMicros: weir }),
    run("hello/deno", { cpuMicros: deno }),
  ]);
}

Deno.test("judgeBars() meets a bar at its edge and misses it above", () => {
  const kinds = [[12, 10], [12.1, 10], [10, 10]].map(([weir = 0, deno = 0]) => {
    const [judgement] = judgeBars(pair(weir, deno), [CHEAPER]);
    const verdict = judgement?.verdict;
    return verdict && "stretchMet" in verdict ? [verdict.kind, verdict.stretchMet] : verdict?.kind;
  });
  assertEquals(kinds, [["met", false], ["missed", false], ["met", true]]);
});

Deno.test("judgeBars() takes a lower limit for a figure that should be large", () => {
  const bar: Bar = { title: "rate", cases: ["hello"], figure: "perSecond", to: "deno", atLeast: 3 };
  const results = (weir: number) =>
    session([run("hello/weir", { perSecond: weir }), run("hello/deno", { perSecond: 100 })]);
  assertEquals(judgeBars(results(300), [bar])[0]?.verdict.kind, "met");
  assertEquals(judgeBars(results(299), [bar])[0]?.verdict.kind, "missed");
});

Deno.test("judgeBars() takes a figure by itself, and another case as the divisor", () => {
  const share: Bar = { title: "s", cases: ["fair-1024"], figure: "leastShare", atLeast: 0.5 };
  const scale: Bar = { title: "c", cases: ["c1024"], to: "weir", toCase: "hello", atMost: 1.6 };
  const results = session([
    run("fair-1024/weir", { fairness: { connections: 2, least: 4, most: 12, mean: 8 } }),
    run("c1024/weir", { cpuMicros: 17 }),
    run("hello/weir", { cpuMicros: 10 }),
  ]);
  const verdicts = judgeBars(results, [share, scale]).map(({ verdict }) => verdict);
  assertEquals(verdicts.map(({ kind }) => kind), ["met", "missed"]);
});

Deno.test("a bar for every case is judged wherever the other peer was measured", () => {
  const bar: Bar = { title: "all", cases: ["*"], to: "node", atMost: 0.5 };
  const results = session([
    run("hello/weir", { cpuMicros: 4 }),
    run("hello/node", { cpuMicros: 10 }),
    run("json/weir", { cpuMicros: 9 }),
    run("json/node", { cpuMicros: 10 }),
    run("echo/weir"),
    run("cold/node", { cpuMicros: null }),
  ]);
  const judged = judgeBars(results, [bar]).map((each) => [each.case, each.verdict.kind]);
  assertEquals(judged, [["hello", "met"], ["json", "missed"]]);
});

Deno.test("a run that failed or was wrong spoils its bar, however fast the others were", () => {
  const good = run("hello/weir", { cpuMicros: 1 });
  for (const kind of ["failed", "invalid"] as const) {
    const bad = kind === "failed"
      ? outcomeRun("hello/weir", { kind, why: "server ended" }, 2)
      : outcomeRun("hello/weir", { kind, why: "3 wrong answers", figures: null }, 2);
    const results = session([good, bad, run("hello/deno"), run("hello/deno", { round: 2 })]);
    const judgements = judgeBars(results, [CHEAPER]);
    assertEquals(judgements[0]?.verdict.kind, "spoiled");
    assert(!passes(judgements));
  }
});

Deno.test("passes() needs something judged and nothing missed", () => {
  const unmeasured: Bar = { ...CHEAPER, to: "nginx" };
  assert(passes(judgeBars(pair(11, 10), [CHEAPER, unmeasured])));
  assert(!passes(judgeBars(pair(13, 10), [CHEAPER, unmeasured])));
  assert(!passes(judgeBars(pair(11, 10), [unmeasured])));
});

Deno.test("checkReport() names what was missed, and the stretch", () => {
  const report = checkReport(judgeBars(pair(13, 10), [CHEAPER, { ...CHEAPER, to: "nginx" }]));
  assertStringIncludes(report, "missed: cost [hello]: 1.30 (1.30–1.30), bar ≤ 1.2");
  assertStringIncludes(report, "0 met, 1 missed, 1 not measured");
  assertStringIncludes(checkReport(judgeBars(pair(11, 10), [CHEAPER])), "1 met, 0 missed");
});

Deno.test("bars.json names cases and peers that exist, one limit each, and a stretch beyond it", () => {
  const cases = new Set(["*", ...CASES.map(({ id }) => id)]);
  const peers = new Set(PEERS.map(({ id }) => id));
  for (const bar of bars as readonly Bar[]) {
    assert(bar.cases.length > 0 && bar.cases.every((id) => cases.has(id)), bar.title);
    assert([bar.peer ?? "weir", bar.to ?? "weir"].every((id) => peers.has(id)), bar.title);
    assert(bar.toCase === undefined || cases.has(bar.toCase), bar.title);
    assert((bar.atMost === undefined) !== (bar.atLeast === undefined), bar.title);
    if (bar.stretch === undefined) continue;
    const harder = bar.atMost === undefined
      ? bar.stretch > (bar.atLeast ?? 0)
      : bar.stretch < bar.atMost;
    assert(harder, bar.title);
  }
});
