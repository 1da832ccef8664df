/**
 * Handlers that were told to stop. One that goes on still takes memory and time, so it counts against the
 * limits for a while; but it may never settle, so it does not count for ever.
 *
 * @module
 */

import type { Clock, StopTimer } from "../ports.ts";

/** How long a handler still counts if it goes on after it was aborted, in milliseconds. */
export const ABANDONED_MS = 5_000;

/** What counts for as long as a handler is at work. */
export interface Abandonable {
  /** Counts no longer, whatever the handler does. Does nothing if it has ended. */
  giveUp(): void;
}

/** Those of one kind whose handlers were told to stop; owns the timer for the oldest. */
export class Abandoned {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #waiting: { readonly one: Abandonable; readonly at: number }[] = [];
  #stopTimer: StopTimer | null = null;

  constructor(clock: Pick<Clock, "now" | "after">) {
    this.#clock = clock;
  }

  /** Its handler was told to stop: it is given up after {@linkcode ABANDONED_MS}. */
  add(one: Abandonable): void {
    this.#waiting.push({ one, at: this.#clock.now() + ABANDONED_MS });
    this.#stopTimer ??= this.#clock.after(ABANDONED_MS, () => this.#release());
  }

  /** Gives all up at once, and stops the timer. */
  stop(): void {
    for (const { one } of this.#waiting.splice(0)) one.giveUp();
    this.#stopTimer?.();
    this.#stopTimer = null;
  }

  #release(): void {
    const now = this.#clock.now();
    while (this.#waiting.length > 0 && this.#waiting[0]!.at <= now) {
      this.#waiting.shift()!.one.giveUp();
    }
    const next = this.#waiting[0];
    this.#stopTimer = next === undefined
      ? null
      : this.#clock.after(Math.max(1, next.at - now), () => this.#release());
  }
}
