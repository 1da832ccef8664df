/**
 * The pieces of a body that is collected. A piece is an array of its own, which costs some 300 bytes whatever
 * it holds: what comes in packets of a few bytes is gathered in larger ones, so that a body costs what its
 * limit says and not three hundred times as much.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** A piece of so many bytes is worth an array of its own. */
const WORTH_BYTES = 2_048;

const GATHERED_BYTES = 8_192;

/** Collects one body. */
export class Pieces {
  readonly #whole: Bytes[] = [];
  /** Small pieces, from the second on; used again and again. */
  #gathered: Bytes | null = null;
  #fill = 0;
  /** Bytes in all. */
  size = 0;

  /** Takes a piece; it may be kept. */
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

  /** All of them as one; nothing may be added behind it. */
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

/** Pieces of `size` bytes together as one; a single one as it is. */
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
