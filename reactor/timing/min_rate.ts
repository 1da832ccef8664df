/**
 * A minimum average rate with a grace period, as Kestrel applies it to request bodies and answers. It
 * detects a peer that moves no bytes or only a trickle, and lets a slow but honest link pass.
 *
 * The average counts from the moment the engine began to wait for the peer. Bytes that have moved extend
 * the deadline at the minimum rate, but to no more than {@linkcode CREDIT} grace periods from now: a burst
 * into the kernel's buffers, which the peer may never have read, must not extend it by an hour. Twelve
 * times the default grace of 5 s is the 60 s after which nginx gives up on a silent peer (`send_timeout`,
 * `client_body_timeout`). Time in which the engine does not wait for the peer does not count.
 *
 * @module
 */

/** The latest deadline that bytes already moved can bring, in grace periods from now. */
export const CREDIT = 12;

/** The rate that a peer must keep. */
export interface RateRule {
  /** How long the peer may be slower than the rate, in milliseconds; 0 turns the rule off. */
  readonly graceMs: number;
  /** The minimum rate in bytes per second; 0 turns the rule off. */
  readonly rate: number;
}

/** The minimum rate of one direction of one connection, and the deadline that follows from it. */
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

  /** The peer has sent or taken `bytes` bytes. */
  moved(bytes: number, now: number): void {
    this.#bytes += bytes;
    if (this.#waitingSince >= 0) this.deadline = this.#deadline(now);
  }

  /** The engine does not wait for the peer from now on. */
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
