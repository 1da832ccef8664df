/**
 * The minimum rate by itself: exactly at it, just below, the grace, the credit and the pauses.
 *
 * @module
 */

import { CREDIT, MinRate } from "../../reactor/timing/min_rate.ts";
import { assert, assertEquals } from "../support/assert.ts";

const RULE = { graceMs: 5_000, rate: 240 };

/** When a peer that moves `bytes` every `everyMs`, checked as often, is too slow; else `Infinity`. */
function dueAt(bytes: number, everyMs: number): number {
  const rate = new MinRate(RULE);
  rate.wait(0);
  for (let now = everyMs; now <= 60_000; now += everyMs) {
    rate.moved(bytes, now);
    if (rate.deadline < now) return now;
  }
  return Infinity;
}

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly everyMs: number;
  readonly due: number;
}

const ROWS: readonly Row[] = [
  { name: "nothing at all", bytes: 0, everyMs: 1, due: 5_001 },
  { name: "one byte a second", bytes: 1, everyMs: 1_000, due: 6_000 },
  { name: "exactly the rate", bytes: 24, everyMs: 100, due: Infinity },
  { name: "exactly the rate in large pieces", bytes: 1_200, everyMs: 5_000, due: Infinity },
  { name: "just below the rate", bytes: 239, everyMs: 1_000, due: 6_000 },
  { name: "just below the rate in large pieces", bytes: 1_199, everyMs: 5_000, due: 10_000 },
  { name: "above the rate", bytes: 241, everyMs: 1_000, due: Infinity },
];

for (const { name, bytes, everyMs, due } of ROWS) {
  Deno.test(`MinRate: ${name}: ${due === Infinity ? "passes" : `due at ${due} ms`}`, () => {
    assertEquals(dueAt(bytes, everyMs), due);
  });
}

Deno.test("MinRate is not due while nobody waits", () => {
  const rate = new MinRate(RULE);
  assertEquals(rate.deadline, Infinity);
  rate.moved(1, 10);
  assertEquals(rate.deadline, Infinity);
  rate.wait(100);
  assertEquals(rate.deadline, 5_100);
  rate.pause(200);
  assertEquals(rate.deadline, Infinity);
});

Deno.test("MinRate does not count the time of its pauses, nor wait twice", () => {
  const rate = new MinRate(RULE);
  rate.wait(0);
  rate.wait(4_000);
  assertEquals(rate.deadline, 5_000);
  rate.pause(4_000);
  rate.pause(900_000);
  rate.wait(1_000_000);
  assertEquals(rate.deadline, 1_001_000);
  rate.pause(1_000_999);
  rate.wait(2_000_000);
  assertEquals(rate.deadline, 2_000_001);
});

Deno.test("MinRate: bytes that came fast buy time at the rate, but at most twelve graces", () => {
  const rate = new MinRate(RULE);
  rate.wait(0);
  rate.moved(2_400, 0);
  assertEquals(rate.deadline, 10_000);
  rate.moved(1_000_000, 0);
  assertEquals(rate.deadline, CREDIT * RULE.graceMs);
  // The credit is limited again, from the last byte on.
  rate.moved(1, 30_000);
  assertEquals(rate.deadline, 30_000 + CREDIT * RULE.graceMs);
  assertEquals(CREDIT * RULE.graceMs, 60_000);
});

Deno.test("MinRate: bytes moved before and during a pause count", () => {
  const rate = new MinRate(RULE);
  rate.moved(1_200, 0);
  rate.wait(0);
  rate.pause(1_000);
  rate.moved(1_200, 5_000);
  rate.wait(10_000);
  // 2,400 bytes are ten seconds' worth, of which one is used up.
  assertEquals(rate.deadline, 19_000);
});

Deno.test("MinRate is off with a grace or a rate of 0", () => {
  for (const rule of [{ graceMs: 0, rate: 240 }, { graceMs: 5_000, rate: 0 }]) {
    const rate = new MinRate(rule);
    rate.wait(0);
    rate.moved(1, 5);
    assertEquals(rate.deadline, Infinity);
    rate.pause(10);
    assert(rate.deadline === Infinity);
  }
});
