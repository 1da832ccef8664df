/**
 * The pieces of a body that is collected. Each array takes hundreds of bytes of memory besides its content,
 * so pieces of a few bytes are copied together into larger ones. Otherwise a client that sends a body byte
 * by byte could make it take hundreds of times its limit; see docs/performance.md, "What paid".
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** From this size on, a piece is kept as it is. */
const WORTH_BYTES = 2_048;

/** The most bytes of small pieces that are copied together. */
const GATHERED_BYTES = 8_192;

/** Collects the pieces of one body. */
export class Pieces {
  readonly #whole: Bytes[] = [];
  /** Where small pieces are copied to, from the body's second piece on; used again when it was full. */
  #gathered: Bytes | null = null;
  #fill = 0;
  /** The bytes of all pieces together. */
  size = 0;

  /** Adds a piece. Its array may be kept, so the caller must not change it afterwards. */
  add(piece: Bytes): void {
    const first = this.size === 0;
    this.size += piece.length;
    if (first || piece.length >= WORTH_BYTES) {
      this.#endGathering();
      this.#whole.push(piece);
      return;
    }
    if (this.#fill + piece.length > GATHERED_BYTES) this.#endGathering();
    this.#gathered ??= new Uint8Array(GATHERED_BYTES);
    this.#gathered.set(piece, this.#fill);
    this.#fill += piece.length;
  }

  /** All pieces as one array. No piece may be added afterwards. */
  joined(): Bytes {
    this.#endGathering();
    return joined(this.#whole, this.size);
  }

  #endGathering(): void {
    if (this.#fill === 0) return;
    this.#whole.push(this.#gathered!.slice(0, this.#fill));
    this.#fill = 0;
  }
}

/** Joins pieces that have `size` bytes together into one array; a single piece is returned as it is. */
export function joined(pieces: readonly Bytes[], size: number): Bytes {
  if (pieces.length === 1) return pieces[0]!;
  const all: Bytes = new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    all.set(pieces[i]!, at);
    at += pieces[i]!.length;
  }
  return all;
}
