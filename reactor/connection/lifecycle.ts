/**
 * Where a connection is in its life, since when, and how it is to end. The state changes here alone, by the
 * table in `states.ts`; so does the ending, which only ever goes forward: from `open` to `asked`, `last`
 * and `cut`.
 *
 * @module
 */

import { type CloseReason, follow, type Stage, STAGES, type State } from "../states.ts";

/** How a connection is to end. */
export type Ending =
  /** Nobody wants it to. */
  | { readonly kind: "open"; readonly reason: null }
  /** It has been asked to end: the next answer is the last, and an idle connection ends at once. */
  | { readonly kind: "asked"; readonly reason: CloseReason }
  /** The last answer is in the output; once that has gone out, the connection closes in stages. */
  | { readonly kind: "last"; readonly reason: CloseReason }
  /** It is to end now, whatever is under way. */
  | { readonly kind: "cut"; readonly reason: CloseReason };

const OPEN: Ending = { kind: "open", reason: null };

/** The life of one connection. */
export class Lifecycle {
  #stage: Stage;
  #ending: Ending = OPEN;
  #closeReason: CloseReason | null = null;

  constructor(first: State) {
    this.#stage = STAGES[first];
  }

  get state(): State {
    return this.#stage.state;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get ending(): Ending {
    return this.#ending;
  }

  /** Why it ended; `null` while it has not. */
  get closeReason(): CloseReason | null {
    return this.#closeReason;
  }

  /**
   * Goes where the table says.
   *
   * @throws {Error} If the table has no such transition: the engine itself is wrong.
   */
  move(event: number): void {
    this.#stage = follow(this.#stage, event);
  }

  /** Somebody asks for the end in good order. */
  ask(reason: CloseReason): void {
    if (this.#ending.kind === "open") this.#ending = { kind: "asked", reason };
  }

  /** The answer in the output is the last; `reason` holds whoever asked for the end before, and why. */
  endAfterAnswer(reason: CloseReason): void {
    if (this.#ending.kind !== "cut") this.#ending = { kind: "last", reason };
  }

  /** Somebody wants the end at once; the first reason counts. */
  cut(reason: CloseReason): void {
    if (this.#ending.kind !== "cut") this.#ending = { kind: "cut", reason };
  }

  /** It ends now. */
  close(reason: CloseReason): void {
    this.#closeReason = reason;
  }
}
