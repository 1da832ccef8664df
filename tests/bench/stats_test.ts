import { Histogram } from "../../bench/driver/histogram.ts";
import { fairnessOf } from "../../bench/driver/load.ts";
import { figureOf } from "../../bench/model.ts";
import { cellOf, figureSpread, median, ratioSpread, spreadOf } from "../../bench/stats.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { figures, outcomeRun, run } from "./sample.ts";

const WEIR = { case: "hello", peer: "weir", figure: "cpuMicros" } as const;
const DENO = { ...WEIR, peer: "deno" };

Deno.test("median() takes the middle, or the mean of the two middle ones", () => {
  assertEquals(median([3]), 3);
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([10, 2, 4, 8]), 6);
  assert(Number.isNaN(median([])));
});

Deno.test("spreadOf() gives the range beside the median", () => {
  assertEquals(spreadOf([4, 1, 2]), { median: 2, min: 1, max: 4, count: 3 });
  assertEquals(spreadOf([]), null);
});

Deno.test("ratioSpread() pairs rounds before it takes the median", () => {
  // The machine was three times slower in round 2: paired it does not matter, unpaired it would.
  const runs = [
    run("hello/weir", { round: 1, cpuMicros: 6 }),
    run("hello/deno", { round: 1, cpuMicros: 5 }),
    run("hello/deno", { round: 2, cpuMicros: 15 }),
    run("hello/weir", { round: 2, cpuMicros: 16.5 }),
    run("hello/weir", { round: 3, cpuMicros: 5 }),
    run("hello/deno", { round: 3, cpuMicros: 5 }),
    run("hello/weir", { round: 4, cpuMicros: 99 }),
  ];
  assertEquals(ratioSpread(runs, WEIR, DENO), { median: 1.1, min: 1, max: 1.2, count: 3 });
  assertEquals(ratioSpread(runs, WEIR, { ...DENO, peer: "nginx" }), null);
});

Deno.test("invalid and failed runs take no part in ratios and figures", () => {
  const fast = figures({ cpuMicros: 0.1 });
  const runs = [
    run("hello/weir", { round: 1, cpuMicros: 10 }),
    outcomeRun("hello/weir", { kind: "invalid", why: "1 wrong answer", figures: fast }, 2),
    outcomeRun("hello/weir", { kind: "failed", why: "gone" }, 3),
    ...[1, 2, 3].map((round) => run("hello/deno", { round, cpuMicros: 5 })),
  ];
  assertEquals(ratioSpread(runs, WEIR, DENO), { median: 2, min: 2, max: 2, count: 1 });
  assertEquals(figureSpread(runs, WEIR)?.count, 1);
});

Deno.test("cellOf() shows the worst round, sums of counts and medians of figures", () => {
  const runs = [
    run("hello/weir", { round: 1, requests: 10, good: 10, cpuMicros: 4 }),
    run("hello/weir", { round: 2, requests: 20, good: 20, cpuMicros: 8 }),
    outcomeRun("hello/weir", {
      kind: "invalid",
      why: "2 wrong answers",
      figures: figures({ requests: 30, good: 28, bad: 2, cpuMicros: 5 }),
    }, 3),
  ];
  const cell = cellOf(runs, { case: "hello", peer: "weir" });
  assertEquals([cell?.state, cell?.why], ["invalid", "2 wrong answers"]);
  const { requests, good, bad, cpuMicros } = cell?.figures ?? figures();
  assertEquals([requests, good, bad, cpuMicros], [60, 58, 2, 5]);
  assertEquals(cellOf(runs, { case: "hello", peer: "deno" }), null);
});

Deno.test("fairness is the least served connection to the mean, in its worst round", () => {
  assertEquals(fairnessOf([3, 9, 6]), { connections: 3, least: 3, most: 9, mean: 6 });
  const runs = [[3, 9, 6], [0, 9, 9], [6, 6, 6]].map((counts, index) =>
    run("fair-1024/weir", { round: index + 1, fairness: fairnessOf(counts) })
  );
  const cell = cellOf(runs, { case: "fair-1024", peer: "weir" });
  assertEquals(cell?.figures?.fairness?.least, 0);
  assertEquals(figureOf(figures({ fairness: fairnessOf([3, 9, 6]) }), "leastShare"), 0.5);
  assertEquals(figureOf(figures({ fairness: fairnessOf([0, 0]) }), "leastShare"), null);
});

Deno.test("Histogram gives percentiles within one part in 64", () => {
  const histogram = new Histogram();
  for (let n = 1; n <= 10_000; n++) histogram.record(n / 100);
  for (const [share, expected] of [[0.5, 50], [0.9, 90], [0.99, 99], [0.999, 99.9]] as const) {
    const value = histogram.percentile(share);
    assert(value >= expected && value <= expected * (1 + 1 / 64), `${share}: ${value}`);
  }
  assertEquals(histogram.latency()?.max, 100);
  histogram.clear();
  assertEquals(histogram.latency(), null);
});

Deno.test("Histogram keeps what is below and above its range", () => {
  const histogram = new Histogram();
  histogram.record(0);
  histogram.record(1e7);
  assertEquals(histogram.percentile(1), 1e7);
  assert(histogram.percentile(0.5) <= 0.0011);
});
