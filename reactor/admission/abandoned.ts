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
  /** Counts no longer, whatever the handler does. */
  giveUp(): void;
}

/** One handler that was told to stop, in the list of all; the list's own. */
export interface Abandonment {
  readonly one: Abandonable;
  /** When it is given up, in the clock's milliseconds. */
  readonly at: number;
  listed: boolean;
  earlier: Abandonment | null;
  later: Abandonment | null;
}

/**
 * Those of one kind whose handlers were told to stop and have not settled: a list in the order in which they
 * are given up. Each operation is O(1), because a client may have any number of requests aborted. Owns the
 * timer for the earliest.
 */
export class Abandoned {
  readonly #clock: Pick<Clock, "now" | "after">;
  #earliest: Abandonment | null = null;
  #latest: Abandonment | null = null;
  #size = 0;
  #stopTimer: StopTimer | null = null;

  constructor(clock: Pick<Clock, "now" | "after">) {
    this.#clock = clock;
  }

  /** How many are in the list. */
  get size(): number {
    return this.#size;
  }

  /** Its handler was told to stop: it is given up after {@linkcode ABANDONED_MS}, unless it is removed before. */
  add(one: Abandonable): Abandonment {
    const latest = this.#latest;
    const at = this.#clock.now() + ABANDONED_MS;
    const added: Abandonment = { one, at, listed: true, earlier: latest, later: null };
    if (latest === null) this.#earliest = added;
    else latest.later = added;
    this.#latest = added;
    this.#size++;
    this.#stopTimer ??= this.#clock.after(ABANDONED_MS, () => this.#release());
    return added;
  }

  /** Its handler has settled, or it is given up. Does nothing if it is not in the list. */
  remove(abandonment: Abandonment): void {
    if (!abandonment.listed) return;
    const { earlier, later } = abandonment;
    abandonment.listed = false;
    if (earlier === null) this.#earliest = later;
    else earlier.later = later;
    if (later === null) this.#latest = earlier;
    else later.earlier = earlier;
    this.#size--;
    // The timer stays: it is set anew at most every ABANDONED_MS, however many come and go.
  }

  /** Gives all up at once, and stops the timer. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#giveUpUntil(Infinity);
  }

  #release(): void {
    const now = this.#clock.now();
    this.#giveUpUntil(now);
    const next = this.#earliest;
    this.#stopTimer = next === null
      ? null
      : this.#clock.after(Math.max(1, next.at - now), () => this.#release());
  }

  #giveUpUntil(ms: number): void {
    for (let next = this.#earliest; next !== null && next.at <= ms; next = this.#earliest) {
      this.remove(next);
      next.one.giveUp();
    }
  }
}
