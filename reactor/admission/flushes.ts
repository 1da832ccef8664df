/**
 * Waiting until all requests that have come so far are over. Each call of `flush` begins a new epoch, and
 * the requests of each epoch are counted apart. A request keeps no more than the number of its epoch.
 *
 * @module
 */

import type { Clock } from "../ports.ts";

interface Flush {
  readonly epoch: number;
  /** How many requests of the epoch are not over. */
  left: number;
  readonly done: () => void;
}

/** The calls of `flush` of one queue, and the requests that each waits for. */
export class Flushes {
  readonly #clock: Pick<Clock, "after">;
  readonly #flushes: Flush[] = [];
  #epoch = 0;
  /** How many requests of the present epoch are not over. */
  #alive = 0;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** A request has come. Returns its epoch, which `over` asks for. */
  enter(): number {
    this.#alive++;
    return this.#epoch;
  }

  /** A request that came in this epoch is over. */
  over(epoch: number): void {
    if (epoch === this.#epoch) {
      this.#alive--;
      return;
    }
    const flush = this.#flushes.find((each) => each.epoch === epoch);
    if (flush !== undefined) flush.left--;
    this.#settle();
  }

  /** Resolves with `true` when all requests that have come so far are over, or with `false` after `ms`. */
  flush(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = this.#clock.after(ms, () => resolve(false), { hold: true });
      const done = () => {
        stop();
        resolve(true);
      };
      this.#flushes.push({ epoch: this.#epoch++, left: this.#alive, done });
      this.#alive = 0;
      this.#settle();
    });
  }

  /** Resolves the calls that are complete. Each also waits for the calls before it. */
  #settle(): void {
    while (this.#flushes.length > 0 && this.#flushes[0]!.left === 0) this.#flushes.shift()!.done();
  }
}
