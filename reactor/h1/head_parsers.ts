/**
 * The parsers of request heads that no connection needs at present. One is taken with the first byte of
 * a head and given back when the head is whole, so that ten thousand idle connections hold none (330
 * bytes each), and a busy reactor works with one that is in the cache.
 *
 * @module
 */

import { HeadMemory } from "./head_memory.ts";
import { HeadParser, type HeadRules } from "./head_parser.ts";

/** The parsers of one reactor. */
export class HeadParsers {
  readonly #rules: HeadRules;
  readonly #memory = new HeadMemory();
  readonly #free: HeadParser[] = [];

  constructor(rules: HeadRules) {
    this.#rules = rules;
  }

  /** A parser at the start of a head. */
  take(): HeadParser {
    return this.#free.pop() ?? new HeadParser(this.#rules, this.#memory);
  }

  /** Takes one back, wherever it stands. */
  give(parser: HeadParser): void {
    parser.reset();
    this.#free.push(parser);
  }
}
