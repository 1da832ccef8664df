/**
 * How long the last requests waited before their handlers began: a ring of times, sorted when percentiles
 * are asked for.
 *
 * @module
 */

/** How many times are kept: enough that ten of them lie above the 99th percentile. */
const KEPT = 1024;

/** Percentiles of how long requests waited, in milliseconds. */
export interface WaitPercentiles {
  /** Half of the requests waited no longer. */
  readonly p50: number;
  /** Nine of ten requests waited no longer. */
  readonly p90: number;
  /** 99 of a hundred requests waited no longer. */
  readonly p99: number;
  /** The longest wait. */
  readonly max: number;
}

/** The times that the last requests of one queue waited. */
export class Waits {
  readonly #ring = new Float64Array(KEPT);
  #count = 0;

  /** A handler began after `ms` milliseconds. */
  add(ms: number): void {
    this.#ring[this.#count++ % KEPT] = ms;
  }

  /** The percentiles of the times that are kept; all zero before the first. */
  percentiles(): WaitPercentiles {
    const sorted = this.#ring.slice(0, Math.min(this.#count, KEPT)).sort();
    const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  }
}
