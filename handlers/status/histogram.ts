/**
 * How long things took, counted in buckets that each reach 5 % further than the one before: percentiles
 * to that precision, in a fixed space however many there were. Pure.
 *
 * @module
 */

/** How much further each bucket reaches. */
const GROWTH = Math.log(1.05);

/** The first bucket ends here, in milliseconds. */
const LEAST_MS = 0.001;

/** Up to an hour; what took longer is counted in the last. */
const BUCKETS = 1 + Math.ceil(Math.log(3_600_000 / LEAST_MS) / GROWTH);

/** How many there were in each bucket: plain data, which another thread can add up. */
export type BucketCounts = Uint32Array<ArrayBuffer>;

/** See the head of this file. */
export class Histogram {
  readonly #buckets: BucketCounts = new Uint32Array(BUCKETS);

  /** How many were added. */
  get count(): number {
    return this.#buckets.reduce((sum, count) => sum + count, 0);
  }

  /** How many there are in each bucket now. */
  get buckets(): BucketCounts {
    return this.#buckets.slice();
  }

  /** Counts one that took `ms` milliseconds. */
  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / GROWTH);
    this.#buckets[Math.min(bucket, BUCKETS - 1)]!++;
  }

  /** Counts all that another histogram has counted. */
  addAll(buckets: BucketCounts): void {
    buckets.forEach((count, bucket) => this.#buckets[bucket]! += count);
  }

  /** What the given share of all, from 0 to 1, did not exceed, in milliseconds; `null` when there was none. */
  percentile(share: number): number | null {
    const { count } = this;
    if (count === 0) return null;
    let left = Math.max(1, Math.ceil(share * count));
    const bucket = this.#buckets.findIndex((each) => (left -= each) <= 0);
    return LEAST_MS * Math.exp(bucket * GROWTH);
  }

  /** Forgets all. */
  clear(): void {
    this.#buckets.fill(0);
  }
}
