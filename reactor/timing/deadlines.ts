/**
 * What can become due on one connection: the time-out of its state, the minimum rate of a request body
 * that the engine waits for, and the minimum rate of output that the client does not take. This file only
 * calculates times: the reactor's timer wheel waits for them, and the connection acts on them.
 *
 * @module
 */

import { MinRate } from "./min_rate.ts";
import type { Options, Timeouts } from "../options/options.ts";
import type { Stage } from "../states.ts";

/**
 * The longest that a connection lingers while the server shuts down, in milliseconds: Go's
 * `rstAvoidanceDelay`. A client that keeps idle connections may not notice that the server ended one, and
 * would then hold up the shutdown.
 */
const HASTY_LINGER_MS = 500;

/** The deadlines of one connection. All times are in the reactor's milliseconds. */
export class Deadlines {
  readonly #options: Options;
  #stage: Stage;
  #since: number;
  #body: MinRate | null = null;
  #output: MinRate | null = null;
  #hasty = false;
  /** When the handler's time-out ends; `Infinity` without one. */
  handlerAt = Infinity;

  constructor(options: Options, entry: { stage: Stage; now: number }) {
    this.#options = options;
    this.#stage = entry.stage;
    this.#since = entry.now;
  }

  /** When the connection entered its present state. */
  get since(): number {
    return this.#since;
  }

  /** The connection has entered another state. */
  entered(stage: Stage, now: number): void {
    this.#stage = stage;
    this.#since = now;
  }

  /** The connection lingers because the server shuts down: it lingers for a shorter time. */
  hastenLinger(): void {
    this.#hasty = true;
  }

  /** The engine waits for bytes of the request body from now on. */
  awaitBody(now: number): void {
    const { timeouts, limits } = this.#options;
    this.#body ??= new MinRate({ graceMs: timeouts.body, rate: limits.bodyRate });
    this.#body.wait(now);
  }

  /** Bytes of the request body have arrived. */
  bodyMoved(bytes: number, now: number): void {
    this.#body?.moved(bytes, now);
  }

  /** The engine does not wait for the request body at present. */
  restBody(now: number): void {
    this.#body?.pause(now);
  }

  /** The request body has arrived whole, or nobody wants the rest. */
  endBody(): void {
    this.#body = null;
  }

  /**
   * Output waits for the client, which has taken `taken` bytes of it before. Called once a tick rather
   * than for each write, since hardly any write has to wait.
   */
  awaitOutput(now: number, taken: number): void {
    if (this.#output === null) {
      const { timeouts, limits } = this.#options;
      this.#output = new MinRate({ graceMs: timeouts.write, rate: limits.writeRate });
      this.#output.moved(taken, now);
    }
    this.#output.wait(now);
  }

  /** The kernel has taken bytes of the output. */
  outputMoved(bytes: number, now: number): void {
    this.#output?.moved(bytes, now);
  }

  /** The kernel has taken all the output there was; more of the answer may follow. */
  restOutput(now: number): void {
    this.#output?.pause(now);
  }

  /** The output of an answer has ended. */
  endOutput(): void {
    this.#output = null;
  }

  /** The earliest deadline; `Infinity` if nothing can become due. */
  next(): number {
    return Math.min(
      this.#phaseAt(),
      this.handlerAt,
      this.#body?.deadline ?? Infinity,
      this.#output?.deadline ?? Infinity,
    );
  }

  /** The time-out that has passed, or `null`; if several have, the one with the gravest consequence. */
  due(now: number): keyof Timeouts | null {
    if ((this.#output?.deadline ?? Infinity) <= now) return "write";
    if ((this.#body?.deadline ?? Infinity) <= now) return "body";
    if (this.handlerAt <= now) return "handler";
    return this.#phaseAt() <= now ? this.#stage.deadline : null;
  }

  #phaseAt(): number {
    const { deadline } = this.#stage;
    // A rate and the handler's time-out outlast the state, so they have deadlines of their own.
    if (
      deadline === null || deadline === "body" || deadline === "write" || deadline === "handler"
    ) {
      return Infinity;
    }
    let ms = this.#options.timeouts[deadline];
    if (this.#hasty) ms = Math.min(ms, HASTY_LINGER_MS);
    return ms === 0 ? Infinity : this.#since + ms;
  }
}
