/**
 * Counts of latencies in buckets that grow with the value: memory does not depend on how many are
 * recorded, and a percentile is off by one part in 64 at most.
 *
 * @module
 */

import type { Latency } from "../model.ts";

/** Buckets in each doubling of the value. */
const STEPS = 64;
/** Values below this many milliseconds share the first bucket. */
const LEAST_MS = 0.001;
/** From 1 µs to 2²⁸ µs, which is 4 minutes. */
const DOUBLINGS = 28;

/** Records durations and gives their percentiles. */
export class Histogram {
  readonly #counts = new Uint32Array(STEPS * DOUBLINGS);
  #total = 0;
  #max = 0;

  record(ms: number): void {
    const index = ms <= LEAST_MS ? 0 : Math.floor(Math.log2(ms / LEAST_MS) * STEPS);
    const last = this.#counts.length - 1;
    this.#counts[Math.min(index, last)]! += 1;
    this.#total++;
    if (ms > this.#max) this.#max = ms;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }

  /** The value that `share` (0 to 1) of all recorded do not exceed, in milliseconds; 0 if none. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#total));
    const last = this.#counts.length - 1;
    let seen = 0;
    for (let index = 0; index <= last; index++) {
      seen += this.#counts[index] ?? 0;
      // The last bucket has no upper edge.
      if (seen >= rank) return index < last ? Math.min(this.#max, upperEdge(index)) : this.#max;
    }
    return this.#max;
  }

  /** The percentiles of a report, or `null` if there are none. */
  latency(): Latency | null {
    if (this.#total === 0) return null;
    return {
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p99: this.percentile(0.99),
      p999: this.percentile(0.999),
      max: this.#max,
    };
  }
}

function upperEdge(index: number): number {
  return LEAST_MS * 2 ** ((index + 1) / STEPS);
}
