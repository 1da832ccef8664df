/**
 * The adaptive limit, with a simulated backend: a pool of places, each taken for some time. There
 * is always more work than it can do.
 *
 * @module
 */

import fc from "fast-check";
import { AdaptiveLimit } from "../../reactor/admission/limit.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Runs a backend for `ms` milliseconds; gives what it answered in a second, and how long it took. */
class Backend {
  now = 0;
  places: number;
  serviceMs: number;
  readonly #limit: AdaptiveLimit;
  /** Handlers at work: when each began, and when the backend is done with it. */
  #active: { readonly begun: number; readonly done: number }[] = [];
  #free: number[] = [];

  constructor(limit: AdaptiveLimit, options: { places: number; serviceMs: number }) {
    this.#limit = limit;
    this.places = options.places;
    this.serviceMs = options.serviceMs;
  }

  run(ms: number): { readonly perSecond: number; readonly meanMs: number } {
    const end = this.now + ms;
    let answered = 0;
    let sum = 0;
    while (this.now < end) {
      while (this.#active.length < this.#limit.value) this.#begin();
      this.#limit.reached();
      this.#active.sort((a, b) => a.done - b.done);
      const { begun, done } = this.#active.shift()!;
      this.now = Math.max(this.now, done);
      answered++;
      sum += this.now - begun;
      this.#limit.answered(begun, this.now, this.#active.length + 1);
    }
    return { perSecond: answered / ms * 1000, meanMs: sum / answered };
  }

  #begin(): void {
    this.#free = this.#free.slice(-this.places);
    while (this.#free.length < this.places) this.#free.push(this.now);
    this.#free.sort((a, b) => a - b);
    const begins = Math.max(this.now, this.#free.shift()!);
    this.#free.push(begins + this.serviceMs);
    this.#active.push({ begun: this.now, done: begins + this.serviceMs });
  }
}

function limitOf(options: { floor?: number; ceiling?: number } = {}): AdaptiveLimit {
  return new AdaptiveLimit({ floor: options.floor ?? 4, ceiling: options.ceiling ?? 1_000 });
}

Deno.test("AdaptiveLimit finds enough for the whole backend, and not twice as much", () => {
  for (const places of [4, 10, 50, 200]) {
    const limit = limitOf();
    const backend = new Backend(limit, { places, serviceMs: 20 });
    backend.run(5_000);
    const { perSecond, meanMs } = backend.run(5_000);
    const capacity = places * 1000 / 20;
    assert(perSecond > capacity * 0.95, `${places} places: ${perSecond} of ${capacity}`);
    assert(meanMs < 20 * 2.5, `${places} places: ${meanMs} ms at ${limit.value}`);
  }
});

Deno.test("AdaptiveLimit follows a backend that loses places, and one that gets them back", () => {
  const limit = limitOf();
  const backend = new Backend(limit, { places: 50, serviceMs: 20 });
  backend.run(5_000);
  assert(limit.value >= 50, `${limit.value}`);
  backend.places = 10;
  backend.run(3_000);
  assert(backend.run(2_000).meanMs < 50, `${limit.value}`);
  backend.places = 50;
  backend.run(10_000);
  assert(limit.value >= 50, `${limit.value}`);
});

Deno.test("AdaptiveLimit takes a backend that has become slower for good as it is", () => {
  const limit = limitOf();
  const backend = new Backend(limit, { places: 20, serviceMs: 20 });
  backend.run(5_000);
  backend.serviceMs = 60;
  backend.run(90_000);
  const { perSecond } = backend.run(5_000);
  assert(perSecond > 20 * 1000 / 60 * 0.9, `${perSecond} at ${limit.value}`);
});

Deno.test("AdaptiveLimit does not grow while nobody needs it to", () => {
  const limit = limitOf();
  for (let now = 0; now < 5_000; now += 5) limit.answered(now - 2, now, 1);
  assertEquals(limit.value, 4);
});

Deno.test("AdaptiveLimit keeps between its floor and its ceiling, whatever it is told", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 0, max: 100 }),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.boolean()), {
      minLength: 100,
      maxLength: 600,
    }),
    (floor, more, samples) => {
      const limit = limitOf({ floor, ceiling: floor + more });
      let now = 0;
      for (const [ms, reached] of samples) {
        now += 7;
        if (reached) limit.reached();
        limit.answered(now, now + ms, 1);
        assert(limit.value >= floor && limit.value <= floor + more, `${limit.value}`);
        assert(Number.isInteger(limit.value));
      }
    },
  ));
});
