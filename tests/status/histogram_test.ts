import { Histogram } from "../../handlers/status/histogram.ts";
import { assert, assertEquals } from "../support/assert.ts";

const TIMES: readonly (readonly [name: string, times: readonly number[]])[] = [
  ["one", [5]],
  ["a thousand", Array.from({ length: 1_000 }, (_, at) => at + 1)],
  ["two kinds", [...Array(99).fill(1), 800]],
  ["microseconds", [0.002, 0.004, 0.008]],
  ["minutes", [60_000, 600_000]],
];

for (const [name, times] of TIMES) {
  Deno.test(`Histogram.percentile() is within 5 % of the sorted list: ${name}`, () => {
    const histogram = new Histogram();
    for (const ms of times) histogram.add(ms);
    const sorted = times.toSorted((a, b) => a - b);
    for (const share of [0, 0.5, 0.9, 0.99, 1]) {
      const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
      const found = histogram.percentile(share)!;
      assert(found >= exact * 0.999 && found <= exact * 1.051, `${share}: ${found}, not ${exact}`);
    }
  });
}

Deno.test("Histogram counts what is too short or too long in its first and last bucket", () => {
  const histogram = new Histogram();
  for (const ms of [0, -1, 1e9, Infinity]) histogram.add(ms);
  assertEquals(histogram.count, 4);
  assertEquals(histogram.percentile(0.5), 0.001);
  assert(histogram.percentile(1)! >= 3_600_000);
});

Deno.test("Histogram.percentile() of nothing is null, also after clear()", () => {
  const histogram = new Histogram();
  assertEquals(histogram.percentile(0.5), null);
  histogram.add(1);
  histogram.clear();
  assertEquals([histogram.count, histogram.percentile(0.5)], [0, null]);
});

Deno.test("Histogram.addAll() adds what another one has counted, in another thread too", () => {
  const [one, other] = [new Histogram(), new Histogram()];
  for (let at = 0; at < 9; at++) one.add(1);
  other.add(1_000);
  one.addAll(structuredClone(other.buckets));
  const all = new Histogram();
  for (const ms of [1, 1, 1, 1, 1, 1, 1, 1, 1, 1_000]) all.add(ms);
  assertEquals([one.count, one.buckets], [10, all.buckets]);
  assertEquals(other.count, 1);
});
