/**
 * Field sections that come again and again: a client sends the same fields with nearly every request, be
 * it a browser's script, a program's HTTP library or a health check. A section that is the same, byte for
 * byte, as one that was read before means the same, so it is compared, four bytes at a time, instead of
 * read. Its text is decoded once, and where its lines begin is found once. (On a fake wire, a request with
 * a browser's head: 1,125 ns instead of 1,470.)
 *
 * The request line is never remembered, and what line and fields mean together is decided anew each time.
 * A comparison takes as long for a section that differs as for one that does not (`sameBytes`). What is
 * remembered, cookies included, stays in the process's memory until something else takes its place.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";
import { FieldSection } from "./field_section.ts";
import { FieldFacts } from "./fields.ts";
import type { RequestHead } from "./head.ts";
import { sameBytes, textOf, WORD_BYTES, type Words } from "./words.ts";

/** How many sections are remembered; a server has few kinds of clients at a time. */
const PLACES = 8;

/** Longer ones are read: they hold what seldom comes twice, and would cost memory. */
const MOST_BYTES = 1_024;

/** One in so many unknown sections is remembered: a copy costs as much as reading a short one. */
const LEARN_ONE_IN = 16;

/**
 * Of so many unknown ones in a row, only the first are looked for and remembered: where each request has
 * fields of its own of the same length, looking and copying would cost up to 600 ns a request.
 */
const PERIOD = 4_096;
const PATIENCE = 64;

/** The end of the last line and the empty line, as a little-endian word. */
const LAST_WORD = 0x0a0d0a0d;

/** Names whose values are remembered; a program asks for few, unless it asks for what a client sent. */
const MOST_NAMES = 32;

/** The lines of a section that many requests share: what one looked up is there for the next. */
class SharedSection extends FieldSection {
  readonly #values = new Map<string, string | null>();

  override get(name: string): string | null {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const value = super.get(name);
    if (this.#values.size < MOST_NAMES) this.#values.set(name, value);
    return value;
  }
}

/** A section that was read before, and what came of it. */
export class KnownFields {
  /** As in {@linkcode RequestHead}, but from the section's first byte. */
  readonly hostStart: number;
  readonly hostEnd: number;
  readonly facts = new FieldFacts();
  readonly #words: Words;
  #host: string | null = null;
  #section: FieldSection | null = null;

  /** `bytes` is kept: the section alone, its empty line included. */
  constructor(bytes: Bytes, head: RequestHead, facts: FieldFacts) {
    this.hostStart = head.hostStart - head.fieldsStart;
    this.hostEnd = head.hostEnd - head.fieldsStart;
    this.facts.copy(facts);
    this.#words = new DataView(bytes.buffer);
  }

  get length(): number {
    return this.#words.byteLength;
  }

  /** The lines; the same object for every request that has them. */
  get section(): FieldSection {
    return this.#section ??= new SharedSection(textOf(this.#words), 0);
  }

  /** The value of the Host field. */
  get host(): string {
    return this.#host ??= this.section.get("host")!;
  }

  /** Whether these very bytes stand at `at`, and before `end`. */
  isAt(words: Words, at: number, end: number): boolean {
    const last = at + this.length - WORD_BYTES;
    if (last + WORD_BYTES > end || words.getInt32(last, true) !== LAST_WORD) return false;
    return sameBytes(words, at, this.#words);
  }
}

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
  learn(bytes: Bytes, start: number, head: RequestHead, facts: FieldFacts): void {
    const turn = this.#misses++ % PERIOD;
    if (turn >= PATIENCE || turn % LEARN_ONE_IN !== 0) return;
    const { fieldsStart, hostStart, length } = head;
    if (length - fieldsStart > MOST_BYTES || hostStart === -1) return;
    const own = bytes.slice(start + fieldsStart, start + length);
    this.#known[this.#freePlace()] = new KnownFields(own, head, facts);
  }

  /** Never that of the one found last. */
  #freePlace(): number {
    const { length } = this.#known;
    return length < PLACES ? length : 1 + this.#replaced++ % (PLACES - 1);
  }
}
