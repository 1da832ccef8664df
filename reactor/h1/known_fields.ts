/**
 * A field section that was read before: its bytes, to compare others with, what was found out about it, and
 * its text and lines, made once for all requests that have it.
 *
 * A comparison takes as long for a section that differs as for one that does not (`sameBytes`). What is
 * remembered, cookies included, stays in the process's memory until something else takes its place.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";
import { FieldSection } from "./field_section.ts";
import { FieldFacts } from "./fields.ts";
import { sameBytes, textOf, WORD_BYTES, type Words } from "./words.ts";

/** The end of the last line and the empty line, as a little-endian word. */
const LAST_WORD = 0x0a0d0a0d;

/** What was found out about a section; offsets from its first byte. */
export interface SectionFacts {
  readonly hostStart: number;
  readonly hostEnd: number;
  readonly facts: FieldFacts;
}

/** A section that was read before, and what came of it. */
export class KnownFields {
  /** Where the Host field's value is, from the section's first byte. */
  readonly hostStart: number;
  readonly hostEnd: number;
  readonly facts = new FieldFacts();
  readonly #words: Words;
  #host: string | null = null;
  #section: FieldSection | null = null;

  /** `bytes` is kept: the section alone, its empty line included. */
  constructor(bytes: Bytes, { hostStart, hostEnd, facts }: SectionFacts) {
    this.hostStart = hostStart;
    this.hostEnd = hostEnd;
    this.facts.copy(facts);
    this.#words = new DataView(bytes.buffer);
  }

  get length(): number {
    return this.#words.byteLength;
  }

  /** The lines; the same object for every request that has them. */
  get section(): FieldSection {
    return this.#section ??= new FieldSection(textOf(this.#words), 0, { shared: true });
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
