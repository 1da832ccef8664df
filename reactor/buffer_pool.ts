/**
 * Buffers in two sizes: small ones for connections that wait, large ones for those at work. Whoever
 * takes one gives it back as soon as it is empty, so that memory follows the work, not the connections.
 *
 * Small buffers are cut from slabs, so that ten thousand of them are a few dozen allocations and cost
 * resident memory only where bytes were written. Last given back is first taken: it is in the cache.
 *
 * @module
 */

import type { Bytes } from "./ports.ts";

/** A head of a browser has some 600 bytes, sixteen pipelined ones of a load generator 1.3 KB. */
export const SMALL_BYTES = 2048;

/** A 64 KiB piece of a body with its head or chunk framing goes out in one write. */
export const LARGE_BYTES = 64 * 1024 + 1024;

const SLAB_BYTES = 64 * 1024;

/** How many large buffers are kept for later; the rest is left to the garbage collector. */
const LARGE_KEPT = 64;

/** The pool of one reactor. */
export class BufferPool {
  readonly #small: Bytes[] = [];
  readonly #large: Bytes[] = [];

  /** A buffer of {@linkcode SMALL_BYTES} bytes with any content. */
  takeSmall(): Bytes {
    if (this.#small.length === 0) this.#cutSlab();
    return this.#small.pop()!;
  }

  /** A buffer of {@linkcode LARGE_BYTES} bytes with any content. */
  takeLarge(): Bytes {
    return this.#large.pop() ?? new Uint8Array(LARGE_BYTES);
  }

  /** Takes a buffer back; one of another size, not from here, is ignored. */
  give(buffer: Bytes): void {
    if (buffer.length === SMALL_BYTES) this.#small.push(buffer);
    else if (buffer.length === LARGE_BYTES && this.#large.length < LARGE_KEPT) {
      this.#large.push(buffer);
    }
  }

  #cutSlab(): void {
    const slab = new ArrayBuffer(SLAB_BYTES);
    for (let at = SLAB_BYTES - SMALL_BYTES; at >= 0; at -= SMALL_BYTES) {
      this.#small.push(new Uint8Array(slab, at, SMALL_BYTES));
    }
  }
}
