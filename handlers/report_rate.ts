/**
 * How many reports there may be: a client that makes every request fail would otherwise fill the disk that they
 * are written to. What is left out is counted, and told once a second.
 *
 * @module
 */

import type { Clock, StopTimer } from "../reactor/ports.ts";

/** So many reports may come at once. */
const BURST = 100;

/** In the long run, so many may come in a second. */
const PER_SECOND = 10;

/** How long reports that are left out are counted before that is told, in milliseconds. */
const COUNT_MS = 1_000;

/** See the head of this file. */
export class ReportRate {
  readonly #clock: Pick<Clock, "after" | "now">;
  readonly #onLeftOut: (count: number) => void;
  #left = BURST;
  #at: number;
  #leftOut = 0;
  #stopTimer: StopTimer | null = null;

  /** `onLeftOut` is told how many were left out since it was last told. */
  constructor(clock: Pick<Clock, "after" | "now">, onLeftOut: (count: number) => void) {
    this.#clock = clock;
    this.#onLeftOut = onLeftOut;
    this.#at = clock.now();
  }

  /** Whether there may be one more report now; if not, it counts as left out. */
  admits(): boolean {
    const now = this.#clock.now();
    this.#left = Math.min(BURST, this.#left + (now - this.#at) / 1_000 * PER_SECOND);
    this.#at = now;
    if (this.#left < 1) {
      this.leaveOut();
      return false;
    }
    this.#left--;
    return true;
  }

  /** One report is left out for another reason. */
  leaveOut(): void {
    this.#leftOut++;
    this.#stopTimer ??= this.#clock.after(COUNT_MS, () => this.tell());
  }

  /** Tells now how many were left out, if any. */
  tell(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    const count = this.#leftOut;
    this.#leftOut = 0;
    if (count > 0) this.#onLeftOut(count);
  }
}
