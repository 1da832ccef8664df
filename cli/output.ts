/**
 * Lines to stdout, in batches, without ever waiting where others would have to wait too: a terminal or a
 * pipe that is slow slows down whoever awaits `add`, and nobody else.
 *
 * @module
 */

import { TextOutlet, type TextSink } from "../handlers/text_outlet.ts";
import { nextMicrotask } from "../reactor/timing/microtasks.ts";

/** Lines that wait while others are written, in characters. */
const MOST_WAITING = 65_536;

/** See the head of this file. */
export class Output {
  readonly #outlet: TextOutlet;
  /** What comes in this turn: one batch. */
  #gathered = "";
  #gathering: Promise<void> | null = null;

  constructor(sink: TextSink) {
    this.#outlet = new TextOutlet(sink);
  }

  /** Adds a line after the others; resolves when there is room for more, with `false` when nobody reads. */
  async add(line: string): Promise<boolean> {
    this.#gathered += line;
    const gathering = this.#gathering ??= this.#gather();
    if (this.#gathered.length + this.#outlet.waiting > MOST_WAITING) {
      await gathering;
      await this.#outlet.flushed();
    }
    return !this.#outlet.broken;
  }

  /** Resolves when everything is written, or nobody reads. */
  async flushed(): Promise<void> {
    await this.#gathering;
    await this.#outlet.flushed();
  }

  async #gather(): Promise<void> {
    await nextMicrotask();
    const batch = this.#gathered;
    this.#gathered = "";
    this.#gathering = null;
    this.#outlet.add(batch);
  }
}
