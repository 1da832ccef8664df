/**
 * Buffers in three sizes: tiny ones for connections that wait, small ones for heads and answers, large
 * ones for bodies. Whoever takes one gives it back as soon as it is empty, so that memory follows the
 * work, not the connections.
 *
 * Tiny and small buffers are cut from slabs, so that ten thousand of them are a few dozen allocations and cost
 * resident memory only where bytes were written. Last given back is first taken: it is in the cache.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** A head of a browser without much of a cookie has some 600 bytes. */
export const TINY_BYTES = 1024;

/** Sixteen pipelined heads of a load generator have 1.3 KB, and so have most heads with cookies. */
export const SMALL_BYTES = 2048;

/** A 64 KiB piece of a body with its head or chunk framing goes out in one write. */
export const LARGE_BYTES = 64 * 1024 + 1024;

const SLAB_BYTES = 64 * 1024;

/** How many large buffers are kept for later; the rest is left to the garbage collector. */
const LARGE_KEPT = 64;

/** The pool of one reactor. */
export class BufferPool {
  readonly #tiny: Bytes[] = [];
  readonly #small: Bytes[] = [];
  readonly #large: Bytes[] = [];

  /** A buffer of {@linkcode TINY_BYTES} bytes with any content. */
  takeTiny(): Bytes {
    if (this.#tiny.length === 0) cutSlab(TINY_BYTES, this.#tiny);
    return this.#tiny.pop()!;
  }

  /** A buffer of {@linkcode SMALL_BYTES} bytes with any content. */
  takeSmall(): Bytes {
    if (this.#small.length === 0) cutSlab(SMALL_BYTES, this.#small);
    return this.#small.pop()!;
  }

  /** A buffer of {@linkcode LARGE_BYTES} bytes with any content. */
  takeLarge(): Bytes {
    return this.#large.pop() ?? new Uint8Array(LARGE_BYTES);
  }

  /** Takes a buffer back; one of another size, not from here, is ignored. */
  give(buffer: Bytes): void {
    if (buffer.length === TINY_BYTES) this.#tiny.push(buffer);
    else if (buffer.length === SMALL_BYTES) this.#small.push(buffer);
    else if (buffer.length === LARGE_BYTES && this.#large.length < LARGE_KEPT) {
      this.#large.push(buffer);
    }
  }
}

function cutSlab(bytes: number, into: Bytes[]): void {
  const slab = new ArrayBuffer(SLAB_BYTES);
  for (let at = SLAB_BYTES - bytes; at >= 0; at -= bytes) {
    into.push(new Uint8Array(slab, at, bytes));
  }
}
