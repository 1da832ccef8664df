/** Handlers that were told to stop: no longer in the books than they go on, and as many as may come. */

import { Abandoned, ABANDONED_MS } from "../../reactor/admission/abandoned.ts";
import { Admission } from "../../reactor/admission/admission.ts";
import { ClientLimit } from "../../reactor/admission/client_limit.ts";
import { DEFAULT_QUEUE } from "../../reactor/options/queue_options.ts";
import { FakeClock } from "../engine/fakes.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Something that notes when it was given up. */
class Hung {
  given: number[] = [];
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  giveUp(): void {
    this.given.push(this.#clock.now());
  }
}

Deno.test("Abandoned gives each up once, in order, five seconds after it was added", async () => {
  const clock = new FakeClock();
  const abandoned = new Abandoned(clock);
  const all: Hung[] = [];
  const from = clock.now();
  for (let i = 0; i < 5; i++) {
    const hung = new Hung(clock);
    all.push(hung);
    abandoned.add(hung);
    await clock.advance(1_000);
  }
  await clock.advance(ABANDONED_MS);
  assertEquals(all.map(({ given }) => given.map((ms) => ms - from)), [
    [5_000],
    [6_000],
    [7_000],
    [8_000],
    [9_000],
  ]);
  assertEquals([abandoned.size, clock.pending], [0, 0]);
});

Deno.test("Abandoned forgets at once what has settled, wherever it stands", async () => {
  for (const settling of [[0], [1], [2], [0, 1], [1, 0], [2, 1], [0, 2], [0, 1, 2], [2, 0, 1]]) {
    const clock = new FakeClock();
    const abandoned = new Abandoned(clock);
    const all = [0, 1, 2].map(() => new Hung(clock));
    const places = all.map((each) => abandoned.add(each));
    for (const index of settling) abandoned.remove(places[index]!);
    assertEquals(abandoned.size, 3 - settling.length, `${settling}`);
    // Once more does nothing.
    for (const index of settling) abandoned.remove(places[index]!);
    await clock.advance(ABANDONED_MS);
    const expected = all.map((_, index) => settling.includes(index) ? 0 : 1);
    assertEquals(all.map(({ given }) => given.length), expected, `${settling}`);
    assertEquals([abandoned.size, clock.pending], [0, 0]);
  }
});

Deno.test("Abandoned.stop() gives all up, also those that settle by it", () => {
  const clock = new FakeClock();
  const abandoned = new Abandoned(clock);
  const first = { giveUp: () => abandoned.remove(second) };
  const last = new Hung(clock);
  abandoned.add(first);
  const second = abandoned.add(new Hung(clock));
  abandoned.add(last);
  abandoned.stop();
  assertEquals([abandoned.size, clock.pending, last.given.length], [0, 0, 1]);
});

/** The work of one flood: requests whose clients all leave. */
type Flood = (count: number) => Promise<void>;

const queue = (settles: boolean): Flood => async (count) => {
  const clock = new FakeClock();
  const options = { ...DEFAULT_QUEUE, maxActive: count };
  const admission = new Admission({ clock, options, onLaneError: () => {} });
  for (let i = 0; i < count; i++) {
    const ticket = admission.enter();
    assert(admission.begin(ticket));
    ticket.aborted();
    ticket.answered();
    if (settles) ticket.settled();
  }
  await clock.advance(ABANDONED_MS);
  assertEquals(admission.stats().active, 0);
  admission.stop();
};

const clients = (settles: boolean): Flood => async (count) => {
  const clock = new FakeClock();
  const limit = new ClientLimit(clock, { most: count, ipv6Prefix: 64 });
  for (let i = 0; i < count; i++) {
    const share = limit.enter("192.0.2.1")!;
    share.aborted();
    share.answered();
    if (settles) share.settled();
  }
  await clock.advance(ABANDONED_MS);
  assertEquals(limit.clients, 0);
  limit.stop();
};

const FLOODS: Readonly<Record<string, Flood>> = {
  "queue, handlers that settle": queue(true),
  "queue, handlers that go on": queue(false),
  "limit of a client, handlers that settle": clients(true),
  "limit of a client, handlers that go on": clients(false),
};

const COUNT = 50_000;
/** As in tests/linear: four times as many may take ten times as long. A quadratic cost is sixteen times. */
const MOST_GROWTH = 10;
const NO_MATTER_MS = 10;
const ATTEMPTS = 3;

for (const [name, flood] of Object.entries(FLOODS)) {
  Deno.test(`a flood of disconnects costs in proportion to its size: ${name}`, async () => {
    const measured: string[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [few = 0, many = 0] = [await time(flood, COUNT), await time(flood, 4 * COUNT)];
      measured.push(`${few.toFixed(1)} and ${many.toFixed(1)} ms`);
      if (many <= Math.max(MOST_GROWTH * few, NO_MATTER_MS)) return;
    }
    assert(false, `${COUNT} and ${4 * COUNT} requests: ${measured.join("; ")}`);
  });
}

async function time(flood: Flood, count: number): Promise<number> {
  const from = performance.now();
  await flood(count);
  return performance.now() - from;
}
