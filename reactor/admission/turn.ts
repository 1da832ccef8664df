/**
 * The time that handlers may take before the runtime has to poll its sockets again. What a turn is, and
 * how its end is found, `microtasks.ts` says.
 *
 * @module
 */

import { turnDelivered } from "../timing/microtasks.ts";

/**
 * How long handlers may run before the sockets are polled, in milliseconds. A health check waits for at
 * most this time and one handler more. Polling takes time itself (see docs/performance.md, "The queue"), so
 * shorter slices would cost throughput.
 */
export const SLICE_MS = 5;

/**
 * The most handlers that begin before the clock is read again, and the time that they are expected to take
 * together at most, in milliseconds. Reading it for each handler would be most of what admission costs where
 * handlers take microseconds; see docs/performance.md, "The queue".
 */
const MOST_UNTIMED = 8;
const UNTIMED_MS = 1;

/** The handler time of one reactor: knows when the slice began, and whether a further handler may begin. */
export class Turn {
  readonly #clock: { now(): number };
  /** When the slice began, in the clock's milliseconds; -1 while there is none. */
  #begunMs = -1;
  /** Whether a request waits, so that the slice does not end with the turn. */
  #kept = false;
  /** How many handlers may begin before the clock is read again. */
  #untimed = 0;
  /** The same number at the last reading of the clock. */
  #stride = 1;
  /** What the clock said when it was last read, in milliseconds. */
  now = 0;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  /** Whether a further handler may begin now. The first call begins the slice. */
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

  /** As `hasTime`, for a caller that has read the clock. */
  hasTimeAt(now: number): boolean {
    return this.#begunMs < 0 ? this.#begin(now) : now - this.#begunMs < SLICE_MS;
  }

  /** A request waits: from now on the slice does not end with the turn, but with `renew`. */
  keep(): void {
    this.#kept = true;
  }

  /** No request waits any more: the slice ends with the turn again. */
  unkeep(): void {
    this.#kept = false;
    this.#endSoon();
  }

  /** The runtime has polled its sockets: the slice has ended. */
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
