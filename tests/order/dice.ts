/**
 * Random numbers that can be repeated, from a seed.
 *
 * @module
 */

/** A source of numbers; the same seed gives the same ones. Marsaglia's xorshift32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed | 0) || 1;
    for (let turn = 0; turn < 8; turn++) this.below(2);
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % count;
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }
}
