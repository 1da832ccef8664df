/**
 * What can become due on one connection: the time-out of its state, and beside it the minimum rate of a
 * body that is awaited, the minimum rate of an output that waits for the client, and an allowance for
 * whoever is at work. It only calculates; the reactor's wheel waits, and the connection acts.
 *
 * @module
 */

import type { Options } from "../options/options.ts";
import type { Stage, TimeoutName } from "../states.ts";
import { MinRate } from "./min_rate.ts";

/** Time given to somebody at work, whatever the state of the connection; one at a time. */
export type Allowance =
  /** A handler, until its answer is complete (`timeouts.handler`). */
  | "handler"
  /** An answer that goes on after its client has half-closed: so long between two writes (`timeouts.linger`). */
  | "half_closed"
  /** Whoever reads a request's body after the answer: so long between two reads (`timeouts.body`). */
  | "late_reader";

/** What has become due: a time-out by its name, or the end of an allowance. */
export type Due = TimeoutName | Allowance;

/** The deadlines of one connection. All times are in the reactor's milliseconds. */
export class Deadlines {
  readonly #options: Options;
  #stage: Stage;
  #since: number;
  #body: MinRate | null = null;
  #output: MinRate | null = null;
  #allowance: Allowance | null = null;
  // Not Infinity, here and below: an idle connection would hold an object for each such number.
  #allowanceAt = 0;
  /** The most that the time-out of the present state may be, in milliseconds; 0 for no such bound. */
  #most = 0;

  constructor(options: Options, entry: { stage: Stage; now: number }) {
    this.#options = options;
    this.#stage = entry.stage;
    this.#since = entry.now;
  }

  /** When the present state was entered. */
  get since(): number {
    return this.#since;
  }

  /** The connection is in another state. */
  entered(stage: Stage, now: number): void {
    this.#stage = stage;
    this.#since = now;
    this.#most = 0;
  }

  /** The present state is left after `ms` at the latest, at least 1, counted from when it was entered. */
  hasten(ms: number): void {
    this.#most = ms;
  }

  /** Gives an allowance until `at`, in place of any other. */
  allow(allowance: Allowance, at: number): void {
    this.#allowance = allowance;
    this.#allowanceAt = at;
  }

  /** Nobody is at work any more. */
  endAllowance(): void {
    this.#allowance = null;
  }

  /** The body's bytes are awaited. */
  awaitBody(now: number): void {
    const { timeouts, limits } = this.#options;
    this.#body ??= new MinRate({ graceMs: timeouts.body, rate: limits.bodyRate });
    this.#body.wait(now);
  }

  /** Bytes of the body came. */
  bodyMoved(bytes: number, now: number): void {
    this.#body?.moved(bytes, now);
  }

  /** Nobody waits for the body at present. */
  restBody(now: number): void {
    this.#body?.pause(now);
  }

  /** The body is over. */
  endBody(): void {
    this.#body = null;
  }

  /**
   * The output was found waiting; `taken` bytes of it have gone before. Called once a tick rather than at
   * each write, since hardly any write has to wait at all.
   */
  awaitOutput(now: number, taken: number): void {
    if (this.#output === null) {
      const { timeouts, limits } = this.#options;
      this.#output = new MinRate({ graceMs: timeouts.write, rate: limits.writeRate });
      this.#output.moved(taken, now);
    }
    this.#output.wait(now);
  }

  /** The kernel took bytes of the output. */
  outputMoved(bytes: number, now: number): void {
    this.#output?.moved(bytes, now);
  }

  /** The kernel has taken all there was; the answer may go on. */
  restOutput(now: number): void {
    this.#output?.pause(now);
  }

  /** The output of an answer is over. */
  endOutput(): void {
    this.#output = null;
  }

  /** The earliest of all, `Infinity` if nothing can become due. */
  next(): number {
    return Math.min(
      this.#stateAt(),
      this.#allowance === null ? Infinity : this.#allowanceAt,
      this.#body?.deadline ?? Infinity,
      this.#output?.deadline ?? Infinity,
    );
  }

  /** What has become due, the gravest first, or `null`. */
  due(now: number): Due | null {
    if ((this.#output?.deadline ?? Infinity) <= now) return "write";
    if ((this.#body?.deadline ?? Infinity) <= now) return "body";
    if (this.#allowance !== null && this.#allowanceAt <= now) return this.#allowance;
    return this.#stateAt() <= now ? this.#stage.deadline : null;
  }

  /** When the time-out of the state ends. */
  #stateAt(): number {
    const { deadline } = this.#stage;
    // These three can begin and end within a state: they are rates and an allowance, see above.
    if (
      deadline === null || deadline === "body" || deadline === "write" || deadline === "handler"
    ) {
      return Infinity;
    }
    const { proxyProtocol, timeouts } = this.#options;
    const ms = deadline === "proxy_header" ? proxyProtocol!.timeout : timeouts[deadline];
    const bounded = this.#most === 0 ? ms : ms === 0 ? this.#most : Math.min(ms, this.#most);
    return bounded === 0 ? Infinity : this.#since + bounded;
  }
}
