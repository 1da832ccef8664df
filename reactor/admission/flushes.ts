/**
 * Waiting for everything that is there: who came before a call of `flush` is counted apart from who came
 * after it. Costs a number per request.
 *
 * @module
 */

interface Flush {
  readonly epoch: number;
  left: number;
  readonly done: () => void;
}

/** See the head of this file. */
export class Flushes {
  readonly #flushes: Flush[] = [];
  #epoch = 0;
  /** Of the present epoch. */
  #alive = 0;

  /** Somebody has come; the number is for `over`. */
  enter(): number {
    this.#alive++;
    return this.#epoch;
  }

  /** Somebody who came in that epoch has gone. */
  over(epoch: number): void {
    if (epoch === this.#epoch) {
      this.#alive--;
      return;
    }
    const flush = this.#flushes.find((each) => each.epoch === epoch);
    if (flush !== undefined) flush.left--;
    this.#settle();
  }

  /** Resolves when all who have come so far are gone. */
  flush(): Promise<void> {
    return new Promise((done) => {
      this.#flushes.push({ epoch: this.#epoch++, left: this.#alive, done });
      this.#alive = 0;
      this.#settle();
    });
  }

  /** A flush also waits for those before it. */
  #settle(): void {
    while (this.#flushes.length > 0 && this.#flushes[0]!.left === 0) this.#flushes.shift()!.done();
  }
}
