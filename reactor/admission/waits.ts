/**
 * How long the last requests waited before their handlers began. A ring, sorted when somebody asks.
 *
 * @module
 */

/** Enough for a 99th percentile of ten values. */
const KEPT = 1024;

/** Percentiles of a wait, in milliseconds. */
export interface WaitPercentiles {
  /** Half of them waited no longer. */
  readonly p50: number;
  /** Nine of ten. */
  readonly p90: number;
  /** 99 of a hundred. */
  readonly p99: number;
  /** The longest. */
  readonly max: number;
}

/** The last waits. */
export class Waits {
  readonly #ring = new Float64Array(KEPT);
  #count = 0;

  /** A handler began after `ms` milliseconds. */
  add(ms: number): void {
    this.#ring[this.#count++ % KEPT] = ms;
  }

  /** All zero before the first. */
  percentiles(): WaitPercentiles {
    const sorted = this.#ring.slice(0, Math.min(this.#count, KEPT)).sort();
    const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
  }
}
