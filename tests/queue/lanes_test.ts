/**
 * The lanes of the queue by themselves: order, bounds, what is turned away, and that none starves.
 *
 * @module
 */

import fc from "fast-check";
import { Lane, LEAST_BOUND_MS, type Place } from "../../reactor/admission/lane.ts";
import { type LaneName, LANES, Lanes, MOST_PASSED_OVER } from "../../reactor/admission/lanes.ts";
import { assert, assertEquals } from "../support/assert.ts";

class Named implements Place {
  since = 0;
  lane: Lane<Place> | null = null;
  older: Place | null = null;
  newer: Place | null = null;

  constructor(readonly name: string) {}
}

interface Timeline {
  readonly name: string;
  readonly mostMs?: number;
  /** When each comes, in milliseconds: A, B, C … */
  readonly come: readonly number[];
  /** When one is taken. */
  readonly takeAt: readonly number[];
  readonly taken: string;
  /** Which ones were turned away as late before each take. */
  readonly late: string;
}

const TIMELINES: readonly Timeline[] = [
  {
    name: "a burst is served in order",
    come: [0, 1, 2, 3],
    takeAt: [3, 3, 4, 4],
    taken: "ABCD",
    late: "",
  },
  {
    name: "under pressure the newest goes first",
    come: [0, 1, 2, 3],
    takeAt: [7, 7, 7, 7],
    taken: "DCBA",
    late: "",
  },
  {
    name: "one that was passed over goes when no newer one is there",
    come: [0, 1],
    takeAt: [8, 30],
    taken: "BA",
    late: "",
  },
  {
    name: "a burst that nobody follows is served, however long that takes",
    come: [0, 0, 0, 0],
    takeAt: [100, 200, 300, 400],
    taken: "DCBA",
    late: "",
  },
  {
    name: "the last one is not late before the longest wait",
    come: [0],
    takeAt: [900],
    taken: "A",
    late: "",
  },
  {
    name: "whoever has waited for the longest wait is late, in any queue",
    mostMs: 5,
    come: [0, 1, 4],
    takeAt: [6],
    taken: "C",
    late: "AB",
  },
];

/** The lane after a hundred starts, with a gap of `ms` milliseconds before each. */
function atPace(lane: Lane<Named>, ms: number): Lane<Named> {
  for (let i = 100; i > 0; i--) {
    lane.add(new Named("earlier"), -(i + 1) * ms);
    lane.take(-i * ms);
  }
  return lane;
}

for (const { name, mostMs = 1_000, come, takeAt, taken, late } of TIMELINES) {
  Deno.test(`Lane: ${name}`, () => {
    const lane = atPace(new Lane<Named>(mostMs), 1);
    come.forEach((at, index) => lane.add(new Named(String.fromCharCode(65 + index)), at));
    let gotLate = "";
    let got = "";
    for (const now of takeAt) {
      for (let each = lane.takeLate(now); each !== null; each = lane.takeLate(now)) {
        gotLate += each.name;
      }
      got += lane.take(now)?.name ?? "-";
    }
    assertEquals([got, gotLate], [taken, late]);
  });
}

Deno.test("Lane: a queue that stands for ten bounds gives the places of the old to the new", () => {
  const lane = atPace(new Lane<Named>(1_000), 2);
  const late: { readonly at: number; readonly age: number }[] = [];
  const ages: number[] = [];
  for (let now = 0; now < 400; now++) {
    const old = lane.takeOld(now);
    if (old !== null) late.push({ at: now, age: now - old.since });
    lane.add(new Named("one"), now);
    if (now % 2 === 1) ages.push(now - lane.take(now)!.since);
  }
  assert(Math.min(...late.map(({ at }) => at)) > 10 * LEAST_BOUND_MS, "Turned away in a burst");
  assert(late.every(({ age }) => age > LEAST_BOUND_MS), "Turned away too early");
  assert(late.length > 130, `${late.length} of 150 too many were turned away`);
  assert(ages.slice(20).every((age) => age < LEAST_BOUND_MS), "Somebody old was taken");
});

Deno.test("Lane: the bound follows the pace of the starts, so that slow handlers may have a queue", () => {
  assertEquals(atPace(new Lane<Named>(60_000), 1).boundMs, LEAST_BOUND_MS);
  assertEquals(atPace(new Lane<Named>(60_000), 500).boundMs, 2_000);
});

Deno.test("Lane: a request that is removed is gone, from either end and from the middle", () => {
  for (const gone of ["A", "B", "C"]) {
    const lane = new Lane<Named>(1_000);
    const places = ["A", "B", "C"].map((name) => new Named(name));
    for (const place of places) lane.add(place, 0);
    const place = places.find(({ name }) => name === gone)!;
    lane.remove(place);
    lane.remove(place);
    assertEquals(lane.size, 2);
    assertEquals([lane.take(0)?.name, lane.take(0)?.name, lane.take(0)], [
      ...["A", "B", "C"].filter((name) => name !== gone),
      null,
    ] as never);
  }
});

const name = fc.constantFrom(...LANES);

Deno.test("Lanes: a lane in which somebody waits is passed over at most seven times in a row", () => {
  fc.assert(fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 300 }), (steps) => {
    const lanes = new Lanes<Named>({ most: 1_000, mostMs: 1_000 });
    const passed = new Map<LaneName, number>();
    for (const [lane, takes] of steps) {
      lanes.add(new Named(lane), lane, 0);
      if (!takes) continue;
      const waiting = LANES.filter((each) => lanes.sizeOf(each) > 0);
      const taken = lanes.take(0)!.name;
      for (const each of waiting) {
        passed.set(each, each === taken ? 0 : (passed.get(each) ?? 0) + 1);
      }
      // Two lanes may become due at once, and one of them has to wait for the other.
      for (const count of passed.values()) assert(count <= MOST_PASSED_OVER + 1);
    }
  }));
});

Deno.test("Lanes: high goes first, then normal, then what was pipelined", () => {
  const lanes = new Lanes<Named>({ most: 10, mostMs: 1_000 });
  for (const lane of ["pipelined", "normal", "high"] as const) lanes.add(new Named(lane), lane, 0);
  assertEquals([0, 0, 0].map(() => lanes.take(0)!.name), ["high", "normal", "pipelined"]);
});

interface Full {
  readonly name: string;
  readonly there: readonly LaneName[];
  readonly comes: LaneName;
  readonly now: number;
  /** The index of the one that is removed; 2 is the one that comes. */
  readonly goes: number;
}

const FULL: readonly Full[] = [
  { name: "refuses what is more", there: ["normal", "normal"], comes: "normal", now: 1, goes: 2 },
  {
    name: "gives the place of the oldest normal one to a high one",
    there: ["normal", "normal"],
    comes: "high",
    now: 1,
    goes: 0,
  },
  {
    name: "gives the place of what was pipelined to a normal one",
    there: ["normal", "pipelined"],
    comes: "normal",
    now: 1,
    goes: 1,
  },
  {
    name: "gives no place of a high one away",
    there: ["high", "high"],
    comes: "normal",
    now: 1,
    goes: 2,
  },
  {
    name: "under pressure gives up the oldest for the newest",
    there: ["normal", "normal"],
    comes: "normal",
    now: 8,
    goes: 0,
  },
];

for (const { name, there, comes, now, goes } of FULL) {
  Deno.test(`Lanes: a full queue ${name}`, () => {
    const lanes = new Lanes<Named>({ most: there.length, mostMs: 1_000 });
    const all = [...there, comes].map((lane) => new Named(lane));
    there.forEach((lane, index) => lanes.add(all[index]!, lane, 0));
    assertEquals(all.indexOf(lanes.add(all[2]!, comes, now)!), goes);
    assertEquals(lanes.size, there.length);
  });
}
