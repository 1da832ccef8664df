/**
 * Request targets that come again and again: a health check, a poll, a program's few routes. A short one
 * that is the same, byte for byte, as one that was read before needs no decoding, and the URL that it makes
 * with its host is joined only once. What that saves is in docs/performance.md, "What paid".
 *
 * As in `field_memory.ts`, a comparison takes as long whatever differs, and what is remembered stays in the
 * process's memory until something else takes its place.
 *
 * @module
 */

import { sameBytes, textOf, type Words } from "./words.ts";

/** How many targets are remembered, each at the place that its bytes lead to. */
const PLACES = 64;

/** Longer ones hold what seldom comes twice. */
const MOST_BYTES = 128;

/** One in so many unknown targets is remembered: making the copy costs more than decoding. */
const LEARN_ONE_IN = 16;

/** A target that was read before. */
export class KnownTarget {
  readonly text: string;
  readonly #words: Words;
  #scheme = "";
  #host = "";
  #url = "";

  /** `bytes` is kept: the target alone. */
  constructor(bytes: ArrayBuffer) {
    this.#words = new DataView(bytes);
    this.text = textOf(this.#words);
  }

  /** Scheme (with `://`), host and target; the same string again while scheme and host stay the same. */
  urlAt(scheme: string, host: string): string {
    if (this.#scheme !== scheme || this.#host !== host) {
      this.#scheme = scheme;
      this.#host = host;
      this.#url = scheme + host + this.text;
    }
    return this.#url;
  }

  /** Whether these very bytes stand from `at` up to `end`. */
  isAt(words: Words, at: number, end: number): boolean {
    return end - at === this.#words.byteLength && sameBytes(words, at, this.#words);
  }
}

/** The memory of one reactor. */
export class TargetMemory {
  readonly #known: (KnownTarget | null)[] = new Array(PLACES).fill(null);
  #misses = 0;

  /** The known target that stands from `at` up to `end`, at least one byte; `null` if it is not known. */
  recall(words: Words, at: number, end: number): KnownTarget | null {
    if (end - at > MOST_BYTES) return null;
    const place = placeOf(words, at, end);
    const known = this.#known[place]!;
    if (known !== null && known.isAt(words, at, end)) return known;
    if (this.#misses++ % LEARN_ONE_IN !== 0) return null;
    return this.#known[place] = new KnownTarget(words.buffer.slice(at, end));
  }
}

/** Targets of one route differ in length, in the middle or at the end. */
function placeOf(words: Words, at: number, end: number): number {
  const length = end - at;
  return (length * 7 + words.getUint8(at + (length >> 1)) * 3 + words.getUint8(end - 1) * 31) %
    PLACES;
}
