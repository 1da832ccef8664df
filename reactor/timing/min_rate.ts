/**
 * A minimum average rate with a grace period, as Kestrel watches request bodies and answers: a peer
 * that moves nothing, or a trickle, is caught; a slow but honest link is not.
 *
 * The average counts from the moment the engine began to wait for the peer. Bytes already moved buy
 * time at the minimum rate, but never more than {@linkcode CREDIT} grace periods ahead: a burst into
 * the kernel's buffers, which the peer may never have read, must not buy an hour. Twelve times the
 * default grace of 5 s is the 60 s after which nginx gives up on a silent peer (`send_timeout`,
 * `client_body_timeout`). Time in which the engine does not wait for the peer is not counted.
 *
 * @module
 */

/** How many grace periods ahead the credit for bytes already moved may reach. */
export const CREDIT = 12;

/** What must be kept. */
export interface RateRule {
  /** How long any rate will do, in milliseconds; 0 turns the rule off. */
  readonly graceMs: number;
  /** Bytes per second; 0 turns the rule off. */
  readonly rate: number;
}

/** One direction of one connection. */
export class MinRate {
  readonly #rule: RateRule;
  #waitedMs = 0;
  #waitingSince = -1;
  #bytes = 0;
  /** When the peer will have been too slow, in the clock's milliseconds; `Infinity` while not waiting. */
  deadline = Infinity;

  constructor(rule: RateRule) {
    this.#rule = rule;
  }

  /** The engine waits for the peer from now on. */
  wait(now: number): void {
    if (this.#rule.graceMs === 0 || this.#rule.rate === 0 || this.#waitingSince >= 0) return;
    this.#waitingSince = now;
    this.deadline = this.#deadline(now);
  }

  /** The peer gave or took so many bytes. */
  moved(bytes: number, now: number): void {
    this.#bytes += bytes;
    if (this.#waitingSince >= 0) this.deadline = this.#deadline(now);
  }

  /** The engine has something else to do than to wait. */
  pause(now: number): void {
    if (this.#waitingSince < 0) return;
    this.#waitedMs += now - this.#waitingSince;
    this.#waitingSince = -1;
    this.deadline = Infinity;
  }

  #deadline(now: number): number {
    const { graceMs, rate } = this.#rule;
    const allowedMs = Math.max(graceMs, (this.#bytes * 1000) / rate);
    const byRate = this.#waitingSince + allowedMs - this.#waitedMs;
    return Math.min(byRate, now + CREDIT * graceMs);
  }
}
