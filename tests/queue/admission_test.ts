/**
 * The queue as a whole on a fake clock, under random arrivals, cancels and failures: never too many
 * at work, no request lost, run twice or left over, no lane skipped for long.
 *
 * @module
 */

import fc from "fast-check";
import { ABANDONED_MS } from "../../reactor/admission/abandoned.ts";
import { Admission } from "../../reactor/admission/admission.ts";
import { type LaneName, LANES, MOST_PASSED_OVER } from "../../reactor/admission/lanes.ts";
import type { Ticket } from "../../reactor/admission/ticket.ts";
import { DEFAULT_QUEUE, type QueueOptions } from "../../reactor/options/queue_options.ts";
import type { QueuedRequest } from "../../reactor/request_head.ts";
import { FakeClock, settled } from "../engine/fakes.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

/** How the handler of a request goes. */
interface Work {
  /** How long it takes; `null` when it never settles. */
  readonly ms: number | null;
  /** Whether it answers before it settles, or after that, as a stream does. */
  readonly order: "answer first" | "settle first";
}

type Fate = "new" | "waiting" | "active" | "done" | "shed" | "left";

/** A request as its connection sees it. */
class Job {
  readonly ticket: Ticket;
  readonly #desk: Desk;
  readonly #work: Work;
  lane: LaneName = "normal";
  fate: Fate = "new";
  runs = 0;

  constructor(desk: Desk, work: Work) {
    this.#desk = desk;
    this.#work = work;
    this.ticket = desk.admission.enter();
  }

  come(options: { lane: "high" | "normal"; pipelined: boolean }): void {
    if (options.lane === "high") this.lane = "high";
    else if (options.pipelined) this.lane = "pipelined";
    if (this.#desk.admission.begin(this.ticket)) return this.onAdmitted();
    this.fate = "waiting";
    const view = { path: options.lane } as QueuedRequest;
    this.#desk.admission.hold(this.ticket, this, { view, pipelined: options.pipelined });
  }

  onAdmitted(): void {
    assert(this.fate === "new" || this.fate === "waiting", this.fate);
    this.runs++;
    this.fate = "active";
    this.#desk.began(this);
    const { ms } = this.#work;
    if (ms === 0) this.#finish();
    else if (ms !== null) this.#desk.clock.after(ms, () => this.#finish());
  }

  onRejected(): void {
    assert(this.fate === "waiting", this.fate);
    this.fate = "shed";
  }

  /** The client leaves, or the handler fails. */
  leave(): void {
    if (this.fate === "waiting") {
      this.#desk.admission.cancel(this.ticket);
      this.fate = "left";
    } else if (this.fate === "active") {
      this.ticket.aborted();
      this.ticket.answered();
    }
  }

  #finish(): void {
    if (this.#work.order === "answer first") this.ticket.responded();
    if (this.#work.order === "answer first") this.ticket.answered();
    this.ticket.settled();
    this.ticket.answered();
    this.fate = "done";
  }
}

/** An admission and all its requests. */
class Desk {
  readonly clock = new FakeClock();
  readonly admission: Admission;
  readonly jobs: Job[] = [];
  readonly laneErrors: unknown[] = [];
  peak = 0;
  /** The most starts of others in a row while somebody waited in a lane. */
  mostPassedOver = 0;
  /** How often in a row each lane was passed over while somebody waited in it. */
  readonly #passedOver = new Map<LaneName, number>();

  constructor(options: Partial<QueueOptions> = {}) {
    this.admission = new Admission({
      clock: this.clock,
      options: { ...DEFAULT_QUEUE, lane: ({ path }) => path as "high", ...options },
      onLaneError: (error) => this.laneErrors.push(error),
    });
  }

  began(job: Job): void {
    this.peak = Math.max(this.peak, this.admission.stats().active);
    for (const lane of LANES) {
      const waits = this.jobs.some((each) => each.fate === "waiting" && each.lane === lane);
      const count = lane === job.lane || !waits ? 0 : (this.#passedOver.get(lane) ?? 0) + 1;
      this.#passedOver.set(lane, count);
      this.mostPassedOver = Math.max(this.mostPassedOver, count);
    }
  }

  come(work: Partial<Work> & { lane?: "high" | "normal"; pipelined?: boolean } = {}): Job {
    const { ms = 10, order = "answer first", lane = "normal", pipelined = false } = work;
    const job = new Job(this, { ms, order });
    this.jobs.push(job);
    job.come({ lane, pipelined });
    return job;
  }

  count(fate: Fate): number {
    return this.jobs.filter((job) => job.fate === fate).length;
  }
}

const work = fc.record({
  ms: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 12 }),
  order: fc.constantFrom<Work["order"]>("answer first", "settle first"),
  lane: fc.constantFrom<"high" | "normal">("high", "normal"),
  pipelined: fc.boolean(),
});

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ come: work }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ pause: fc.boolean() }) },
);

Deno.test("Admission: never too many at work, nobody lost, none run twice, none left over", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 0, max: 8 }),
    fc.array(step, { maxLength: 60 }),
    async (maxActive, maxQueued, steps) => {
      const desk = new Desk({ maxActive, maxQueued, maxWait: 250 });
      for (const each of steps) {
        if ("come" in each) desk.come(each.come);
        else if ("leave" in each) desk.jobs[each.leave % desk.jobs.length]?.leave();
        else if ("pass" in each) await desk.clock.advance(each.pass);
        else if (each.pause) desk.admission.pause();
        else desk.admission.resume();
        const { active, queued } = desk.admission.stats();
        assert(active <= maxActive && desk.peak <= maxActive, "too many at work");
        assert(queued.high + queued.normal <= maxQueued, "too many wait");
        assertEquals(queued.high + queued.normal, desk.count("waiting"));
      }
      await endOf(desk);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

Deno.test("Admission: no lane starves, whatever comes", async () => {
  const busy = fc.record({
    comes: fc.array(work, { minLength: 1, maxLength: 4 }),
    pass: fc.integer({ min: 0, max: 40 }),
  });
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 2 }),
    fc.array(busy, { minLength: 20, maxLength: 60 }),
    async (maxActive, rounds) => {
      const desk = new Desk({ maxActive, maxWait: 60_000 });
      for (const { comes, pass } of rounds) {
        for (const each of comes) desk.come({ ...each, ms: Math.min(each.ms ?? 5, 20) });
        await desk.clock.advance(pass);
      }
      await desk.clock.advance(5_000);
      await endOf(desk);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

/** Everything ends, and the counts agree. */
async function endOf(desk: Desk): Promise<void> {
  let flushed = false;
  desk.admission.resume();
  desk.admission.flush().then((all) => flushed = all);
  await desk.clock.advance(2_000);
  // What never settles by itself is aborted, as by a shutdown.
  for (const job of desk.jobs) job.leave();
  await desk.clock.advance(ABANDONED_MS + 2_000);
  const { active, queued, shed, left } = desk.admission.stats();
  assertEquals([active, queued.high, queued.normal], [0, 0, 0]);
  assertEquals([shed, left], [desk.count("shed"), desk.count("left")]);
  assertEquals(desk.count("waiting") + desk.count("new"), 0);
  for (const job of desk.jobs) {
    assert(job.runs === (job.fate === "shed" || job.fate === "left" ? 0 : 1));
  }
  // Two lanes may become due at once, and one of them has to wait for the other.
  assert(desk.mostPassedOver <= MOST_PASSED_OVER + 1, "A lane starves");
  assert(flushed, "flush() did not resolve");
  assertEquals(desk.clock.pending, 0);
}

Deno.test("Admission: the timeline at the head of its file", async () => {
  const desk = new Desk({ maxActive: 1, maxWait: 1_000 });
  const a = desk.come({ ms: 400 });
  await desk.clock.advance(10);
  const b = desk.come({ ms: 700 });
  await desk.clock.advance(10);
  const c = desk.come({ ms: 400 });
  await desk.clock.advance(10);
  const check = desk.come({ ms: 0, lane: "high" });
  await desk.clock.advance(369);
  assertEquals([a.fate, b.fate, c.fate, check.fate], ["active", "waiting", "waiting", "waiting"]);
  await desk.clock.advance(1);
  assertEquals([a.fate, check.fate], ["done", "done"]);
  assertEquals([b.fate, c.fate], ["active", "waiting"]);
  await desk.clock.advance(619);
  assertEquals(c.fate, "waiting");
  await desk.clock.advance(1);
  assertEquals([b.fate, c.fate], ["active", "shed"]);
  await endOf(desk);
});

Deno.test("Admission: a busy high lane leaves every eighth start to the normal one", async () => {
  const desk = new Desk({ maxActive: 1 });
  desk.come({ ms: 5 });
  const normal = desk.come({ ms: 1 });
  const high: Job[] = [];
  for (let i = 0; i < 20 && normal.fate === "waiting"; i++) {
    high.push(desk.come({ ms: 1, lane: "high" }), desk.come({ ms: 1, lane: "high" }));
    await desk.clock.advance(1);
  }
  assertEquals(normal.runs, 1);
  assert(high.filter(({ runs }) => runs > 0).length <= 8);
  await endOf(desk);
});

Deno.test("Admission: handlers that compute have their slices, and the sockets their turns", async () => {
  const desk = new Desk({ maxActive: 100 });
  let begun = 0;
  const burn = (ms: number) => {
    const ticket = desk.admission.enter();
    const admitted = () => {
      begun++;
      desk.clock.stall(ms);
      ticket.settled();
      ticket.answered();
    };
    if (desk.admission.begin(ticket)) return admitted();
    const request = { view: { path: "normal" } as QueuedRequest, pipelined: false };
    desk.admission.hold(ticket, { onAdmitted: admitted, onRejected() {} }, request);
  };
  for (let i = 0; i < 9; i++) burn(2);
  assertEquals(begun, 3, "Three of 2 ms fit into a slice of 5 ms");
  await settled();
  assertEquals(begun, 3, "The sockets come first");
  await desk.clock.advance(0);
  assertEquals(begun >= 6, true);
  await desk.clock.advance(50);
  assertEquals(begun, 9);
});

Deno.test("Admission: a handler that was aborted and goes on keeps its slot for five seconds", async () => {
  const desk = new Desk({ maxActive: 1, maxWait: 60_000 });
  const hung = desk.come({ ms: null });
  const next = desk.come({ ms: 1 });
  hung.leave();
  await desk.clock.advance(ABANDONED_MS - 1);
  assertEquals(next.fate, "waiting");
  await desk.clock.advance(1);
  assertEquals(next.runs, 1);
  await endOf(desk);
});

Deno.test("Admission: pause() begins nothing, resume() goes on", async () => {
  const desk = new Desk();
  desk.admission.pause();
  const jobs = [desk.come({ ms: 0 }), desk.come({ ms: 0, lane: "high" })];
  await desk.clock.advance(100);
  assertEquals(desk.count("waiting"), 2);
  desk.admission.resume();
  await desk.clock.advance(10);
  assertEquals(jobs.map(({ fate }) => fate), ["done", "done"]);
  await endOf(desk);
});

Deno.test("Admission: when all who waited are late, the next ones begin at once", async () => {
  const desk = new Desk({ maxActive: 1, maxWait: 250 });
  const first = desk.come({ ms: 300 });
  const late = desk.come();
  await settled();
  await desk.clock.advance(400);
  assertEquals([first.fate, late.fate], ["done", "shed"]);
  for (let i = 0; i < 10; i++) assertEquals(desk.come({ ms: 0 }).fate, "done");
  await endOf(desk);
});

Deno.test("Admission: flush() waits for what was there, and for nothing that came later", async () => {
  const desk = new Desk({ maxActive: 1 });
  desk.come({ ms: 20 });
  desk.come({ ms: 20 });
  const ended: string[] = [];
  desk.admission.flush().then(() => ended.push("flush"));
  const later = desk.come({ ms: null });
  await desk.clock.advance(19);
  assertEquals(ended, []);
  await desk.clock.advance(30);
  assertEquals([ended, later.fate], [["flush"], "active"] as never);
  await endOf(desk);
});

Deno.test("Admission: flush() waits until its deadline, and says that something is left", async () => {
  const desk = new Desk({ maxActive: 1 });
  desk.come({ ms: null });
  const ended: unknown[] = [];
  desk.admission.flush().then((all) => ended.push(["first", all]));
  desk.admission.flush({ deadline: 300 }).then((all) => ended.push(["second", all]));
  await assertRejects(() => desk.admission.flush({ deadline: -1 }), RangeError);
  await desk.clock.advance(299);
  assertEquals(ended, []);
  await desk.clock.advance(1);
  assertEquals(ended, [["second", false]]);
  await desk.clock.advance(19_700);
  assertEquals(ended, [["second", false], ["first", false]]);
  await endOf(desk);
});

Deno.test("Admission: a lane function that throws counts as normal and is reported once", async () => {
  const desk = new Desk({
    maxActive: 1,
    lane: () => {
      throw new TypeError("No lane");
    },
  });
  for (let i = 0; i < 4; i++) desk.come();
  assertEquals(desk.admission.stats().queued, { high: 0, normal: 3 });
  assertEquals(desk.laneErrors.length, 1);
  await endOf(desk);
});

Deno.test("Admission: a request that finds the queue full has not waited", async () => {
  const desk = new Desk({ maxActive: 1, maxQueued: 0 });
  desk.come();
  assertEquals(desk.come().ticket.queuedMs, 0);
  await endOf(desk);
});

Deno.test("Admission: stats() tells how long the last requests waited", async () => {
  const desk = new Desk({ maxActive: 1 });
  desk.come({ ms: 4 });
  desk.come({ ms: 4 });
  await desk.clock.advance(20);
  const { waitMs } = desk.admission.stats();
  assertEquals([waitMs.p50, waitMs.max], [0, 4]);
  await endOf(desk);
});
