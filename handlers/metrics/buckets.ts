/**
 * A histogram with fixed bounds, as Prometheus has it: counts by bucket and a sum. Pure.
 *
 * @module
 */

/** Counts durations. */
export class Buckets {
  /** The upper bound of each bucket in milliseconds, ascending; what is longer counts in one more. */
  readonly boundsMs: readonly number[];
  readonly #counts: Float64Array;
  #sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    // Exact to 2 ** 53, where 32 bits would be full after two days of 25,000 a second.
    this.#counts = new Float64Array(boundsMs.length + 1);
  }

  /** Counts one of `ms` milliseconds. From the lowest bound up: most are there. */
  add(ms: number): void {
    const { boundsMs } = this;
    let at = 0;
    while (at < boundsMs.length && ms > boundsMs[at]!) at++;
    this.#counts[at]!++;
    this.#sumMs += ms;
  }

  /** The count of each bucket alone, including the one after the last bound. */
  get counts(): Iterable<number> {
    return this.#counts;
  }

  /** All of them together, in milliseconds. */
  get sumMs(): number {
    return this.#sumMs;
  }
}
