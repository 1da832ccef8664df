/**
 * Fairness among many connections: rounds. The runtime polls at most some 128 ready sockets a turn, wakes
 * what is over that in reverse order, and a connection that was just served gets in front again, so that
 * from about 128 busy connections on some are served thousands of times while others wait for seconds.
 *
 * So when a turn was that full, whoever has been served is held back from reading again until all others
 * that are ready have had their turn. A turn that was not full tells that nobody waits any more; if none
 * comes, a look of the runtime at its sockets that brought nothing does. (Not a timer: a turn takes longer
 * than the shortest of them, which then fires before the next turn, and the round ends too early. At 4,096
 * connections the 99th percentile was 1 s with it, and is 144 ms.) With fewer connections than fill a turn
 * none of this runs.
 *
 * A turn is what the runtime delivers at once: all its promises are resolved before the first
 * continuation runs, so a few microtasks behind the first continuation all of them have run.
 *
 * @module
 */

import type { Clock } from "../ports.ts";
import { turnDelivered } from "./microtasks.ts";

/** A turn of so many reads is taken for full; the runtime's budget is 128. */
export const FULL_TURN = 100;

/** The rounds of one reactor. */
export class Rounds {
  readonly #clock: Pick<Clock, "afterPoll">;
  readonly #population: { readonly size: number };
  /** Reads completed in this turn, and whether its end is being waited for. */
  #served = 0;
  #counting = false;
  /** Turns so far; tells whether a look at the sockets has brought one. */
  #turns = 0;
  #inRound = 0;
  #watching = false;
  #gate: Promise<void> | null = null;
  #open: (() => void) | null = null;
  /** Whether whoever was served has to wait. */
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

  /** Resolves when the next round begins; called while `holding`, by who was served in this one. */
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

  /** The last turn of a round may be full as well: then nothing comes behind it. */
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
