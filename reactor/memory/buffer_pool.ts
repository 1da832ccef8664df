/**
 * Buffers in three sizes: tiny ones for connections that wait, small ones for heads and answers, large
 * ones for bodies. Whoever takes a buffer gives it back as soon as it is empty, so that the memory in use
 * depends on the work under way, not on the number of connections.
 *
 * Tiny and small buffers are cut from slabs of 64 KiB: thousands of them take few allocations, and use
 * resident memory only where bytes were written. The buffer that was given back last is taken first, since
 * it is most likely in the processor's cache.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** Holds the head of a browser's request, some 600 bytes when its cookies are short. */
export const TINY_BYTES = 1024;

/** Holds sixteen pipelined heads of a load generator (1.3 KB), or a head with usual cookies. */
export const SMALL_BYTES = 2048;

/** Holds a piece of a body of 64 KiB and its head or chunk framing, which then go out in one write. */
export const LARGE_BYTES = 64 * 1024 + 1024;

const SLAB_BYTES = 64 * 1024;

/** The most large buffers that the pool keeps; the garbage collector takes the others. */
const LARGE_KEPT = 64;

/** The buffers of one reactor that nobody uses at present. */
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

  /** Takes a buffer back. A buffer of another size is not from this pool, and is ignored. */
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
