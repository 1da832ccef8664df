/**
 * Fairness among many connections, by rounds: in one round, each connection that is ready is served once.
 *
 * Why they are needed: in one turn, the runtime delivers what about 128 ready sockets have brought. It
 * wakes the sockets over that number in reverse order, and a connection that was just served comes first
 * again. So with more than about 128 busy connections, some are served thousands of times while others
 * wait for seconds.
 *
 * How they work: when a turn was full, each connection that was served may not read again before all
 * others that are ready have been served. The round ends with a turn that was not full, since then no
 * other connection waits. If no further turn comes, it ends when the runtime has polled its sockets and
 * found nothing. (A timer would not do: it fires between two turns, when most connections still wait; see
 * docs/performance.md, "What paid".) With fewer connections than fill a turn, none of this happens.
 *
 * What a turn is, and how its end is found, `microtasks.ts` says.
 *
 * @module
 */

import type { Clock } from "../ports.ts";
import { turnDelivered } from "./microtasks.ts";

/** The reads from which on a turn counts as full; the runtime delivers at most 128 in one. */
export const FULL_TURN = 100;

/** The rounds of one reactor: counts the reads of each turn and holds back who was served. */
export class Rounds {
  readonly #clock: Pick<Clock, "afterPoll">;
  readonly #population: { readonly size: number };
  /** Reads that have completed in this turn. */
  #served = 0;
  /** Whether the end of this turn is being waited for. */
  #counting = false;
  /** Turns so far: shows whether polling the sockets has brought a further one. */
  #turns = 0;
  /** Reads that have completed in this round, up to the last turn that ended. */
  #inRound = 0;
  /** Whether a poll of the sockets is being waited for. */
  #watching = false;
  /** Resolves when the next round begins; `null` while nobody waits for it. */
  #gate: Promise<void> | null = null;
  #open: (() => void) | null = null;
  /** Whether a connection that was served has to wait for the next round. */
  holding = false;

  /** `population` is the Set of connections, of which only the size matters. */
  constructor(clock: Pick<Clock, "afterPoll">, population: { readonly size: number }) {
    this.#clock = clock;
    this.#population = population;
  }

  /** A connection's read has completed. */
  served(): void {
    if (this.#population.size < FULL_TURN && !this.holding) return;
    this.#served++;
    if (!this.#counting) this.#countTurn();
  }

  /** Resolves when the next round begins. A connection that was served awaits it while `holding`. */
  next(): Promise<void> {
    if (!this.#watching) this.#watch();
    return this.#gate ??= new Promise((resolve) => this.#open = resolve);
  }

  async #countTurn(): Promise<void> {
    this.#counting = true;
    await turnDelivered();
    this.#counting = false;
    const served = this.#served;
    this.#served = 0;
    this.#inRound += served;
    this.#turns++;
    if (served >= FULL_TURN) this.holding = true;
    else if (this.holding) this.#release();
  }

  /** Ends the round when polling the sockets brings no further turn: its last turn may be full, too. */
  #watch(): void {
    const turns = this.#turns;
    this.#watching = true;
    this.#clock.afterPoll(() => {
      this.#watching = false;
      if (!this.holding) return;
      if (turns === this.#turns) this.#release();
      else this.#watch();
    });
  }

  #release(): void {
    this.holding = this.#inRound >= FULL_TURN;
    this.#inRound = 0;
    const open = this.#open;
    this.#open = this.#gate = null;
    open?.();
  }
}
