/**
 * The bytes that wait to be written. Heads and short bodies are gathered in one pooled buffer, so that the
 * answers to all requests that one read brought go out in one write. A large body is written after them,
 * from the array that it came in.
 *
 * Hundreds of connections write in the same turn, and most answers fit into a small buffer: a connection
 * takes a large one only for what does not fit (see docs/performance.md, "What paid").
 *
 * @module
 */

import { latin1Bytes } from "./latin1.ts";
import type { Bytes, Codec } from "../ports.ts";

/** Where the gathering buffer comes from. */
export interface OutputBuffers {
  takeSmall(): Bytes;
  takeLarge(): Bytes;
  give(buffer: Bytes): void;
}

/** An answer in three parts, with the length of its text between the first two. */
export interface PlainAnswer {
  /** The head up to the value of Content-Length. */
  readonly prefix: Bytes;
  /** The head after that value. */
  readonly suffix: Bytes;
  /** The content. */
  readonly text: string;
}

/** The most decimal digits in the length of a text that fits into a buffer. */
const MOST_DIGITS = 6;

/** The most bytes that UTF-8 takes for one UTF-16 code unit. */
const MOST_BYTES_A_CHAR = 3;

/**
 * Up to this length, a loop here writes text faster than a call of the platform does; see
 * docs/performance.md, "What paid".
 */
const MOST_LOOPED = 80;

const NONE: Bytes = new Uint8Array(0);

/**
 * The bytes that one connection has to write; owns their buffer. Bytes that are appended while those that
 * `next` gave are being written go out after them.
 */
export class Outbox {
  readonly #buffers: OutputBuffers;
  readonly #codec: Codec;
  #bytes: Bytes = NONE;
  #isLarge = false;
  /** Whether a write from the buffer is under way: its bytes must not move. */
  #lent = false;
  #start = 0;
  #end = 0;
  /** The large body that is written after the gathered bytes. */
  #tail: Bytes | null = null;
  /** What was appended after it, in order: the end of a chunk. To copy the body for it would be dearer. */
  #later: Bytes[] | null = null;

  constructor(buffers: OutputBuffers, codec: Codec) {
    this.#buffers = buffers;
    this.#codec = codec;
  }

  /** Whether any bytes wait. */
  get pending(): boolean {
    return this.#end > this.#start || this.#tail !== null;
  }

  /** Whether a further answer can be gathered: no large body is to be written before it. */
  get open(): boolean {
    return this.#tail === null;
  }

  /**
   * Appends text as UTF-8 and returns the number of its bytes; appends nothing and returns -1 if there may
   * not be enough room.
   */
  text(text: string): number {
    if (!this.#fits(text.length)) return -1;
    const written = this.#codec.utf8Into(text, this.#bytes, this.#end);
    if (written > 0) this.#end += written;
    return written;
  }

  /**
   * Appends a head, with the length of the text in bytes between its two parts, and the text as UTF-8.
   * Returns that length; appends nothing and returns -1 if there may not be enough room.
   */
  plain(answer: PlainAnswer): number {
    const { prefix, suffix, text } = answer;
    const others = prefix.length + suffix.length + MOST_DIGITS;
    if (!this.#fits(others + text.length)) return -1;
    const written = this.#putPlain(answer);
    // Text that is not ASCII has more bytes than characters.
    const retry = written < 0 && this.#fits(others + text.length * MOST_BYTES_A_CHAR);
    return retry ? this.#putPlain(answer) : written;
  }

  /** Appends text that is known to be ASCII, of any length. */
  ascii(text: string): void {
    if (this.text(text) < 0) this.latin1(text);
  }

  /** Removes the last `count` bytes that were appended. */
  retract(count: number): void {
    this.#end -= count;
  }

  /** Appends text of any length, each character one byte. */
  latin1(text: string): void {
    this.bytes(latin1Bytes(text));
  }

  /**
   * Appends bytes. They are copied if they fit into the buffer; else they are written from their own array,
   * and no further answer is gathered before that.
   */
  bytes(bytes: Bytes): void {
    if (bytes.length === 0) return;
    if (this.#tail !== null) {
      (this.#later ??= []).push(bytes);
    } else if (this.#fits(bytes.length)) {
      this.#bytes.set(bytes, this.#end);
      this.#end += bytes.length;
    } else {
      this.#tail = bytes;
    }
  }

  /** The bytes to write next; `null` when all are written, and then the buffer is back in the pool. */
  next(): Bytes | null {
    if (this.#end > this.#start) {
      this.#lent = true;
      return this.#bytes.subarray(this.#start, this.#end);
    }
    if (this.#tail !== null) return this.#tail;
    this.release();
    return null;
  }

  /** The kernel has taken `count` of the bytes that `next` gave. */
  taken(count: number): void {
    this.#lent = false;
    if (this.#end > this.#start) this.#start += count;
    else if (count < this.#tail!.length) this.#tail = this.#tail!.subarray(count);
    else this.#tail = this.#later?.shift() ?? null;
  }

  /** Drops all bytes and gives the buffer back. Not to be called while a write is under way. */
  release(): void {
    this.#tail = this.#later = null;
    this.#lent = false;
    this.#start = this.#end = 0;
    if (this.#bytes.length === 0) return;
    this.#buffers.give(this.#bytes);
    this.#bytes = NONE;
    this.#isLarge = false;
  }

  #putPlain({ prefix, suffix, text }: PlainAnswer): number {
    const bytes = this.#bytes;
    bytes.set(prefix, this.#end);
    const lengthAt = this.#end + prefix.length;
    const suffixAt = putDecimal(bytes, lengthAt, text.length);
    bytes.set(suffix, suffixAt);
    const textAt = suffixAt + suffix.length;
    const written = this.#putText(text, textAt);
    if (written < 0) return -1;
    let end = textAt + written;
    if (written > text.length) {
      const more = digitsOf(written) - digitsOf(text.length);
      if (end + more > bytes.length) return -1;
      if (more > 0) bytes.copyWithin(suffixAt + more, suffixAt, end);
      putDecimal(bytes, lengthAt, written);
      end += more;
    }
    this.#end = end;
    return written;
  }

  /**
   * Writes text as UTF-8 at an offset and returns the number of its bytes, or -1 if there is not enough
   * room. There must be room for at least as many bytes as the text has characters.
   */
  #putText(text: string, at: number): number {
    const { length } = text;
    const bytes = this.#bytes;
    if (length > MOST_LOOPED) return this.#codec.utf8Into(text, bytes, at);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.#codec.utf8Into(text, bytes, at);
      bytes[at + i] = code;
    }
    return length;
  }

  /** Whether `count` bytes fit; takes a larger buffer if that helps. */
  #fits(count: number): boolean {
    if (this.#tail !== null) return false;
    if (this.#bytes.length === 0) this.#bytes = this.#buffers.takeSmall();
    return count <= this.#bytes.length - this.#end || this.#grow(count);
  }

  #grow(count: number): boolean {
    if (this.#isLarge || this.#lent) return false;
    const larger = this.#buffers.takeLarge();
    if (count > larger.length - this.#end) {
      this.#buffers.give(larger);
      return false;
    }
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#buffers.give(this.#bytes);
    this.#bytes = larger;
    this.#isLarge = true;
    return true;
  }
}

/** Writes a whole number in decimal; returns the offset after it. */
function putDecimal(bytes: Bytes, at: number, value: number): number {
  const end = at + digitsOf(value);
  for (let i = end - 1, rest = value; i >= at; i--, rest = (rest / 10) | 0) {
    bytes[i] = 0x30 + rest % 10;
  }
  return end;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
  return digits;
}
