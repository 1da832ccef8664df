/**
 * Field sections that come again and again: a client sends the same fields with nearly every request, be
 * it a browser's script, a program's HTTP library or a health check. A section that is the same, byte for
 * byte, as one that was read before means the same, so it is compared instead of read. What that saves is
 * in docs/performance.md.
 *
 * The request line is never remembered, and what line and fields mean together is decided anew each time.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";
import type { FieldFacts } from "./fields.ts";
import { KnownFields } from "./known_fields.ts";
import type { ParsedHead } from "./parsed_head.ts";
import type { Words } from "./words.ts";

/** How many sections are remembered; a server has few kinds of clients at a time. */
const PLACES = 8;

/** Longer ones are read: they hold what seldom comes twice, and would cost memory. */
const MOST_BYTES = 1_024;

/** One in so many unknown sections is remembered: a copy costs as much as reading a short one. */
const LEARN_ONE_IN = 16;

/**
 * Of so many unknown ones in a row, only the first are looked for and remembered: where each request has
 * fields of its own, looking and copying would cost more than it could ever save.
 */
const PERIOD = 4_096;
const PATIENCE = 64;

/** The memory of one reactor. */
export class FieldMemory {
  /** The one that was found last comes first. */
  readonly #known: KnownFields[] = [];
  #replaced = 0;
  /** Unknown sections since one was found. */
  #misses = 0;

  /** The known section that stands at `at`, and ends before `end`; `null` if there is none. */
  recall(words: Words, at: number, end: number): KnownFields | null {
    if (this.#misses % PERIOD >= PATIENCE) return null;
    const known = this.#known;
    for (let i = 0; i < known.length; i++) {
      const each = known[i]!;
      if (!each.isAt(words, at, end)) continue;
      known[i] = known[0]!;
      known[0] = each;
      this.#misses = 0;
      return each;
    }
    return null;
  }

  /** A section that was not known turned out to be sound; `bytes` is not kept, `start` is its head's. */
  learn(bytes: Bytes, start: number, head: ParsedHead, facts: FieldFacts): void {
    const turn = this.#misses++ % PERIOD;
    if (turn >= PATIENCE || turn % LEARN_ONE_IN !== 0) return;
    const { fieldsStart, hostStart, length } = head;
    if (length - fieldsStart > MOST_BYTES || hostStart === -1) return;
    const own = bytes.slice(start + fieldsStart, start + length);
    this.#known[this.#freePlace()] = new KnownFields(own, {
      hostStart: hostStart - fieldsStart,
      hostEnd: head.hostEnd - fieldsStart,
      facts,
    });
  }

  /** Never that of the one found last. */
  #freePlace(): number {
    const { length } = this.#known;
    return length < PLACES ? length : 1 + this.#replaced++ % (PLACES - 1);
  }
}
