/**
 * The time that handlers may take before the runtime has to look at its sockets again. A turn is what the
 * runtime delivers at once: a few microtasks behind its first continuation all of them have run.
 *
 * @module
 */

import { turnDelivered } from "../timing/microtasks.ts";

/**
 * How long handlers may run without a look at the sockets, in milliseconds: what a health check waits for
 * at most, plus one handler. Looking costs 0.1 ms, so less would cost throughput.
 */
export const SLICE_MS = 5;

/**
 * Handlers that take microseconds are not timed one by one: within a millisecond, or so many, the clock
 * is not read again (70 ns, of the 17 µs that a request on `/` costs in all).
 */
const UNTIMED_MS = 1;
const MOST_UNTIMED = 8;

/** The budget of one reactor's turns. */
export class Turn {
  readonly #clock: { now(): number };
  #begunMs = -1;
  #kept = false;
  /** Handlers until the clock is read again, and between its last two readings. */
  #untimed = 0;
  #stride = 1;
  /** The clock's last reading, in milliseconds. */
  now = 0;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  /** Whether a further handler may begin now; the first who asks begins the turn. */
  hasTime(): boolean {
    if (this.#begunMs < 0) return this.#begin(this.#clock.now());
    if (--this.#untimed > 0) return true;
    const before = this.now;
    this.now = this.#clock.now();
    const each = (this.now - before) / this.#stride;
    this.#stride = Math.max(1, Math.min(MOST_UNTIMED, Math.floor(UNTIMED_MS / each)));
    this.#untimed = this.#stride;
    return this.now - this.#begunMs < SLICE_MS;
  }

  /** The same for whoever knows the time. */
  hasTimeAt(now: number): boolean {
    return this.#begunMs < 0 ? this.#begin(now) : now - this.#begunMs < SLICE_MS;
  }

  /** Somebody waits: microtasks alone do not end the turn any more, only `renew` does. */
  keep(): void {
    this.#kept = true;
  }

  /** Nobody waits any more. */
  unkeep(): void {
    this.#kept = false;
    this.#endSoon();
  }

  /** The sockets have been looked at. */
  renew(): void {
    this.#kept = false;
    this.#begunMs = -1;
  }

  #begin(now: number): boolean {
    this.now = this.#begunMs = now;
    this.#untimed = this.#stride;
    this.#endSoon();
    return true;
  }

  async #endSoon(): Promise<void> {
    await turnDelivered();
    if (!this.#kept) this.#begunMs = -1;
  }
}
