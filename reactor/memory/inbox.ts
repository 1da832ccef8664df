/**
 * The bytes that a connection has received and not yet used, in one buffer with one bound.
 *
 * A read may be under way into the free end of the buffer while bytes at its front are used, so nothing
 * moves before the read has completed. The size of the buffer is the bound: while it is full, no read is
 * started, and TCP holds the peer back.
 *
 * An idle connection waits with a tiny buffer, or with a small one if a read has ever filled the tiny one.
 * After a read that filled the buffer, or for a head that does not fit, the connection takes a large one
 * from the pool and gives it back as soon as no byte is left.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** Where buffers come from and go to. */
export interface Buffers {
  takeTiny(): Bytes;
  takeSmall(): Bytes;
  takeLarge(): Bytes;
  give(buffer: Bytes): void;
}

const NONE: Bytes = new Uint8Array(0);

/** The bytes that one connection has received: owns their buffer and decides on its size. */
export class Inbox {
  readonly #buffers: Buffers;
  /** The most bytes it may hold when a head needs more than a large buffer. */
  readonly #maxBytes: number;
  /** Whether a read is under way: the buffer must stay where it is. */
  #reading = false;
  /** The last read filled the buffer: more bytes probably waited than there was room for. */
  #filled = false;
  /** Whether a tiny buffer was ever too small for what this peer sends. */
  #roomy = false;
  /** Whether a body is being read: a small buffer would only cut it into small pieces. */
  expectsBody = false;
  bytes: Bytes = NONE;
  /** The offset of the first byte that is not used. */
  start = 0;
  /** The offset after the last byte that has arrived. */
  end = 0;

  constructor(buffers: Buffers, options: { maxBytes: number }) {
    this.#buffers = buffers;
    this.#maxBytes = options.maxBytes;
  }

  /** How many bytes have arrived and are not used. */
  get size(): number {
    return this.end - this.start;
  }

  /** Where the next read goes, or `null` when there is no room. Must be followed by `filled`. */
  room(): Bytes | null {
    if (this.start === this.end) this.#rewind();
    // So that the buffer's end does not cut the next request in two. Since half of the buffer is used up by
    // then, no byte is moved twice for this.
    else if (this.start > this.bytes.length >> 1) this.#toFront();
    else if (this.end === this.bytes.length && !this.#makeRoom()) return null;
    this.#reading = true;
    return this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
  }

  /** A read has completed and brought `bytes` bytes; 0 when it failed or found the end of the stream. */
  filled(bytes: number): void {
    this.#reading = false;
    this.end += bytes;
    if (bytes === 0) return;
    this.#filled = this.end === this.bytes.length;
    if (this.#filled) this.#roomy = true;
  }

  /** The first `bytes` bytes have been used. */
  consume(bytes: number): void {
    this.start += bytes;
  }

  /** Drops all bytes that are not used; returns how many there were. */
  discard(): number {
    const dropped = this.size;
    this.start = this.end;
    return dropped;
  }

  /**
   * The first `count` bytes as an array of the caller's own. When they fill most of a buffer that nobody
   * reads into, the buffer itself is handed over: a large upload is never copied.
   */
  take(count: number): Bytes {
    const { bytes, start } = this;
    this.start += count;
    const whole = this.start === this.end && !this.#reading && count * 2 > bytes.length &&
      bytes.byteLength === bytes.buffer.byteLength;
    if (!whole) return bytes.slice(start, start + count);
    this.bytes = NONE;
    this.start = this.end = 0;
    return bytes.subarray(start, start + count);
  }

  /** Gives the buffer back; only when no read is under way. */
  release(): void {
    if (this.#reading) return;
    this.#buffers.give(this.bytes);
    this.bytes = NONE;
    this.start = this.end = 0;
  }

  #rewind(): void {
    this.start = this.end = 0;
    const large = this.#filled || this.expectsBody;
    this.#filled = false;
    if (this.bytes.length > 0) {
      if (large === this.#isLarge()) return;
      this.#buffers.give(this.bytes);
    }
    if (large) this.bytes = this.#buffers.takeLarge();
    else this.bytes = this.#roomy ? this.#buffers.takeSmall() : this.#buffers.takeTiny();
  }

  #isLarge(): boolean {
    // Tiny and small buffers are cut from slabs; a large one has an `ArrayBuffer` of its own.
    return this.bytes.byteLength === this.bytes.buffer.byteLength;
  }

  /** Moves the waiting bytes to the front, or into a larger buffer if they fill this one. */
  #makeRoom(): boolean {
    if (this.start > 0) {
      this.#toFront();
      return true;
    }
    const larger = this.#larger();
    if (larger === null) return false;
    larger.set(this.bytes);
    this.#filled = false;
    this.#buffers.give(this.bytes);
    this.bytes = larger;
    return true;
  }

  #toFront(): void {
    this.bytes.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
  }

  #larger(): Bytes | null {
    if (!this.#isLarge()) return this.#buffers.takeLarge();
    if (this.bytes.length >= this.#maxBytes) return null;
    return new Uint8Array(Math.min(this.bytes.length * 2, this.#maxBytes));
  }
}
