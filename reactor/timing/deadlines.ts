/**
 * What can become due on one connection: the time-out of its state, and beside it the minimum rate of a
 * body that is awaited and of an output that is not taken. It only reckons; the reactor's wheel waits,
 * and the connection acts.
 *
 * @module
 */

import { MinRate } from "./min_rate.ts";
import type { Options, Timeouts } from "../options/options.ts";
import type { Stage } from "../states.ts";

/**
 * The longest that a connection lingers while the server shuts down, in milliseconds: Go's
 * `rstAvoidanceDelay`. Clients that keep idle connections do not always notice that one was ended.
 */
const HASTY_LINGER_MS = 500;

/** The clock of one connection. All times are in the reactor's milliseconds. */
export class Deadlines {
  readonly #options: Options;
  #stage: Stage;
  #since: number;
  #body: MinRate | null = null;
  #output: MinRate | null = null;
  #hasty = false;
  /** When the handler has had its time. */
  handlerAt = Infinity;

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
  }

  /** The connection lingers because the server shuts down. */
  hastenLinger(): void {
    this.#hasty = true;
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
   * The output was found waiting; `taken` bytes of it have gone before. Asked once a tick rather than
   * at each write, since hardly any write has to wait at all.
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
      this.#phaseAt(),
      this.handlerAt,
      this.#body?.deadline ?? Infinity,
      this.#output?.deadline ?? Infinity,
    );
  }

  /** The time-out that has passed, the gravest first, or `null`. */
  due(now: number): keyof Timeouts | null {
    if ((this.#output?.deadline ?? Infinity) <= now) return "write";
    if ((this.#body?.deadline ?? Infinity) <= now) return "body";
    if (this.handlerAt <= now) return "handler";
    return this.#phaseAt() <= now ? this.#stage.deadline : null;
  }

  #phaseAt(): number {
    const { deadline } = this.#stage;
    // Rates and the handler's time do not end with a state.
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
