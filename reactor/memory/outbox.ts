/**
 * The bytes that wait to be written: small things are gathered in one pooled buffer, so that the answers
 * to everything one read brought go out in one write; a large body follows from where it lies. Most
 * answers fit a small buffer, and hundreds of connections write in the same turn: a large one is taken
 * only by what does not fit (with large ones for all, 256 connections cost three times as much on `/`).
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

/** A head up to the length of its text, what follows the length, and the text. */
export interface PlainAnswer {
  readonly prefix: Bytes;
  readonly suffix: Bytes;
  readonly text: string;
}

/** Of a length that fits into the buffer. */
const MOST_DIGITS = 6;

/** UTF-8 takes no more for a UTF-16 code unit. */
const MOST_BYTES_A_CHAR = 3;

/** Text up to this length is written faster by a loop here than by the platform, whose call costs 80 ns. */
const MOST_LOOPED = 80;

const NONE: Bytes = new Uint8Array(0);

/** The sending side of one connection. What is appended while `next`'s bytes are being written goes behind them. */
export class Outbox {
  readonly #buffers: OutputBuffers;
  readonly #codec: Codec;
  #bytes: Bytes = NONE;
  #isLarge = false;
  /** The buffer is being written from: it must stay where it is. */
  #lent = false;
  #start = 0;
  #end = 0;
  /** Written after the gathered bytes. */
  #tail: Bytes | null = null;

  constructor(buffers: OutputBuffers, codec: Codec) {
    this.#buffers = buffers;
    this.#codec = codec;
  }

  /** Whether anything waits. */
  get pending(): boolean {
    return this.#end > this.#start || this.#tail !== null;
  }

  /** Whether a further answer can be gathered behind what is there. */
  get open(): boolean {
    return this.#tail === null;
  }

  /** Appends text as UTF-8; returns the bytes it took, or -1 (and appends nothing) if the room may not do. */
  text(text: string): number {
    if (!this.#fits(text.length)) return -1;
    const written = this.#codec.utf8Into(text, this.#bytes, this.#end);
    if (written > 0) this.#end += written;
    return written;
  }

  /**
   * Appends a head in two parts with the length of `text` in bytes between them, and the text as UTF-8
   * behind. Returns that length, or -1, and appends nothing, if the room may not do.
   */
  plain(answer: PlainAnswer): number {
    const { prefix, suffix, text } = answer;
    const others = prefix.length + suffix.length + MOST_DIGITS;
    if (!this.#fits(others + text.length)) return -1;
    const written = this.#putPlain(answer);
    // What is not ASCII takes more room than characters.
    const retry = written < 0 && this.#fits(others + text.length * MOST_BYTES_A_CHAR);
    return retry ? this.#putPlain(answer) : written;
  }

  /** Appends text that is known to be ASCII, whatever the room. */
  ascii(text: string): void {
    if (this.text(text) < 0) this.latin1(text);
  }

  /** Takes the last `count` bytes back. */
  retract(count: number): void {
    this.#end -= count;
  }

  /** Appends text of any length, each character one byte. */
  latin1(text: string): void {
    this.bytes(latin1Bytes(text));
  }

  /** Appends bytes: copied when they fit, else written from where they lie, and nothing behind them. */
  bytes(bytes: Bytes): void {
    if (bytes.length === 0) return;
    if (this.#tail !== null) {
      this.#tail = joined(this.#tail, bytes);
    } else if (this.#fits(bytes.length)) {
      this.#bytes.set(bytes, this.#end);
      this.#end += bytes.length;
    } else {
      this.#tail = bytes;
    }
  }

  /** What to write next; `null` when all is written, and the buffer is back in the pool. */
  next(): Bytes | null {
    if (this.#end > this.#start) {
      this.#lent = true;
      return this.#bytes.subarray(this.#start, this.#end);
    }
    if (this.#tail !== null) return this.#tail;
    this.release();
    return null;
  }

  /** The kernel took so many of the bytes that `next` gave. */
  taken(count: number): void {
    this.#lent = false;
    if (this.#end > this.#start) this.#start += count;
    else this.#tail = count === this.#tail!.length ? null : this.#tail!.subarray(count);
  }

  /** Drops what waits and gives the buffer back; not while a write is under way. */
  release(): void {
    this.#tail = null;
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

  /** Writes text as UTF-8 at an offset, with room for as many bytes as characters; -1 if it needs more than there is. */
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

  /** Whether so many bytes fit, if need be into a larger buffer. */
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

/** Writes a whole number in decimal; returns the offset behind it. */
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

function joined(first: Bytes, second: Bytes): Bytes {
  const all: Bytes = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
