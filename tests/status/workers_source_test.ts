/**
 * The status page of several workers: all of them together, and what becomes of the page when one of them
 * is late, ends or is new.
 *
 * @module
 */

import { Feed } from "../../handlers/status/feed.ts";
import type { Snapshot } from "../../handlers/status/snapshot.ts";
import type { Reading } from "../../handlers/status/source.ts";
import { ANSWER_MS, WorkersSource } from "../../handlers/status/workers_source.ts";
import { FakeClock, settled } from "../engine/fakes.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeWorker, FakeWorkers, latencyOf, row, sample } from "./fake_workers.ts";

/** Two workers that are watched. */
class Pair {
  readonly clock = new FakeClock();
  readonly one = new FakeWorker(1);
  readonly two = new FakeWorker(2);
  readonly all = new FakeWorkers(this.one, this.two);
  readonly source = new WorkersSource(this.all, this.clock);

  constructor() {
    this.one.next = sample({ answers: 1, states: { idle: 1 }, rows: [row({ id: 7 })] });
    this.two.next = sample({
      answers: 10,
      states: { idle: 1 },
      rows: [row({ id: 7, stateMs: 5 })],
    });
  }

  /** What is read within `ms`. */
  async read(ms = 0): Promise<Reading | "nothing"> {
    let reading: Reading | "nothing" = "nothing";
    void this.source.take().then((each) => reading = each);
    await settled();
    if (ms > 0) await this.clock.advance(ms);
    return reading;
  }
}

function rowsOf(reading: Reading | "nothing"): string[] {
  if (reading === "nothing") return ["nothing"];
  return reading.sample.rows.map(({ worker, id, isLate }) =>
    `${worker}-${id}${isLate ? " late" : ""}`
  );
}

function countsOf(reading: Reading | "nothing") {
  if (reading === "nothing") return "nothing";
  const { sample: { answers, states }, workers } = reading;
  return { answers, idle: states.idle ?? 0, ...workers };
}

Deno.test("WorkersSource adds up what all workers say, with their numbers in the rows", async () => {
  const { source, all, one, two, clock } = new Pair();
  source.begin(() => {});
  const reading = await source.take();
  assertEquals(countsOf(reading), { answers: 11, idle: 2, all: 2, answered: 2 });
  assertEquals(rowsOf(reading), ["1-7", "2-7"]);
  source.stop();
  assertEquals([one.told, two.told], Array(2).fill(["watch true", "sample", "watch false"]));
  assertEquals([clock.pending, all.listeners], [0, 0]);
});

Deno.test("a worker that does not answer holds nobody up for long, and once only", async () => {
  const pair = new Pair();
  pair.source.begin(() => {});
  await pair.read();
  pair.two.mode = "silent";
  assertEquals(countsOf(await pair.read(ANSWER_MS - 1)), "nothing");
  await pair.clock.advance(1);
  const late = await pair.read();
  assertEquals(countsOf(late), { answers: 1, idle: 2, all: 2, answered: 1 });
  assertEquals(rowsOf(late), ["1-7", "2-7 late"]);
  assertEquals(pair.two.told.filter((each) => each === "sample").length, 2);
  pair.source.stop();
  assertEquals(pair.clock.pending, 0);
});

Deno.test("what a late worker has counted is not lost, and it is asked anew after that", async () => {
  const pair = new Pair();
  pair.source.begin(() => {});
  pair.two.mode = "silent";
  assertEquals(countsOf(await pair.read(ANSWER_MS)), { answers: 1, idle: 1, all: 2, answered: 1 });
  pair.two.comeBack();
  await settled();
  assertEquals(countsOf(await pair.read()), { answers: 11, idle: 2, all: 2, answered: 2 });
  pair.two.next = sample({ answers: 100 });
  assertEquals(countsOf(await pair.read()), { answers: 101, idle: 1, all: 2, answered: 2 });
});

Deno.test("a worker that ends is shown no longer, and one that is new is watched", async () => {
  const pair = new Pair();
  pair.source.begin(() => {});
  await pair.read();
  const three = new FakeWorker(3);
  three.next = sample({ rows: [row({ id: 1, stateMs: 9 })] });
  pair.one.mode = "fails";
  pair.all.workers.add(three);
  assertEquals(rowsOf(await pair.read()), ["1-7 late", "2-7", "3-1"]);
  pair.all.workers.delete(pair.one);
  const reading = await pair.read();
  assertEquals(rowsOf(reading), ["2-7", "3-1"]);
  assertEquals(countsOf(reading), { answers: 10, idle: 1, all: 2, answered: 2 });
  assertEquals(three.told, ["watch true", "sample", "sample"]);
  pair.all.workers.clear();
  assertEquals(countsOf(await pair.read()), { answers: 0, idle: 0, all: 0, answered: 0 });
});

Deno.test("WorkersSource.close() tells the worker that has the connection, and no other", () => {
  const { source, one, two } = new Pair();
  assertEquals(source.close({ worker: 2, id: 7 }, { cut: false }), true);
  assertEquals(source.close({ worker: 2, id: 8 }, { cut: true }), true);
  assertEquals(source.close({ worker: 3, id: 7 }, { cut: false }), false);
  assertEquals(source.close({ worker: null, id: 7 }, { cut: false }), false);
  assertEquals([one.told, two.told], [[], ["close 7", "cut 8"]]);
});

Deno.test("WorkersSource.drain() ends all workers", () => {
  const { source, all } = new Pair();
  source.drain();
  assertEquals(all.shutdowns, 1);
});

/** The snapshots that a page has got so far; ends with "end" when its stream does. */
function heard(feed: Feed): (Snapshot | "end")[] {
  const all: (Snapshot | "end")[] = [];
  const read = async () => {
    for await (const bytes of feed.open({ own: false })) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(
        new TextDecoder().decode(bytes),
      )!;
      if (name !== "settings") all.push(JSON.parse(data!));
    }
    all.push("end");
  };
  void read();
  return all;
}

Deno.test("a page of two workers goes on while one is in a loop, and says so", async () => {
  const pair = new Pair();
  const feed = new Feed({ source: pair.source, clock: pair.clock, intervalMs: 1_000 });
  const got = heard(feed);
  pair.one.next = sample({ latency: latencyOf(1), closeReasons: new Map([["asked", 1]]) });
  pair.two.next = sample({ latency: latencyOf(1_000), closeReasons: new Map([["asked", 2]]) });
  await pair.clock.advance(1_000);
  pair.two.mode = "silent";
  await pair.clock.advance(3_000);
  const told = (got as Snapshot[]).map(({ workers, closeReasons: [reason], overMs }) =>
    `${workers?.answered} answered, ${reason?.[1]} asked, ${overMs}`
  );
  assertEquals(told, [
    "2 answered, 3 asked, 1000",
    "1 answered, 4 asked, 1000",
    "1 answered, 5 asked, 1000",
    "1 answered, 6 asked, 1000",
  ]);
  const slowest = (got as Snapshot[]).map(({ latency }) => Math.round(latency!.p99));
  assertEquals([slowest[0]! >= 1_000, ...slowest.slice(1)], [true, 1, 1, 1]);
  pair.all.enter("ended");
  await settled();
  await pair.clock.advance(ANSWER_MS);
  assertEquals(got.at(-1), "end");
  assertEquals((got.at(-2) as Snapshot).phase, "ended");
  assertEquals([pair.clock.pending, pair.all.listeners], [0, 0]);
});
