/**
 * Parts of an open file as a stream: each piece is read when the one before has gone, so that a slow
 * client holds a descriptor and one piece. The file is closed as soon as the last piece is read, when the
 * stream is cancelled, and when it fails.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import { directStream, type PieceSource } from "../fetch/direct_body.ts";
import { BUFFER_BYTES } from "../fetch/piece_buffers.ts";
import type { BodyPart } from "./multipart.ts";
import { type ByteRange, lengthOf } from "./ranges.ts";

/** The most that is read at once, in bytes: what a buffer of the sender holds. */
export const PIECE_BYTES = BUFFER_BYTES;

/**
 * A stream over `parts`. A file that has become shorter ends it with an error, since what was announced
 * cannot be kept; what a file has grown by is not read.
 */
export function streamParts(
  file: Deno.FsFile,
  parts: readonly BodyPart[],
): ReadableStream<Bytes> {
  return directStream(new PartReader(file, parts));
}

/** Reads a part at once; shorter than asked for if the file is. */
export async function readPart(file: Deno.FsFile, range: ByteRange): Promise<Bytes> {
  const bytes = new Uint8Array(lengthOf(range));
  if (range.first > 0) await file.seek(range.first, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}

/** Goes through the parts once. */
class PartReader implements PieceSource {
  readonly #file: Deno.FsFile;
  readonly #parts: readonly BodyPart[];
  /** The part at hand, and the next byte of it if it is a range. */
  #at = 0;
  #next: number | null = null;
  /** Where the file's own position is. */
  #position = 0;
  #open = true;

  constructor(file: Deno.FsFile, parts: readonly BodyPart[]) {
    this.#file = file;
    this.#parts = parts;
  }

  get ended(): boolean {
    return this.#at >= this.#parts.length;
  }

  get wanted(): number {
    const part = this.#parts[this.#at];
    if (part === undefined || part instanceof Uint8Array) return 0;
    return Math.min(PIECE_BYTES, part.last + 1 - (this.#next ?? part.first));
  }

  async next(into: Bytes): Promise<Bytes | null> {
    const part = this.#parts[this.#at]!;
    if (part instanceof Uint8Array) {
      this.#endPart();
      return part;
    }
    const from = this.#next ?? part.first;
    const bytes = into.subarray(0, this.wanted);
    try {
      if (from !== this.#position) await this.#file.seek(from, Deno.SeekMode.Start);
      const count = await this.#file.read(bytes);
      if (!this.#open) return null;
      if (count === null) throw new Error("Cannot send the file: it has become shorter meanwhile");
      this.#position = this.#next = from + count;
      if (this.#next > part.last) this.#endPart();
      return bytes.subarray(0, count);
    } catch (error) {
      if (!this.#open) return null;
      this.close();
      throw error;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#file.close();
  }

  #endPart(): void {
    this.#at++;
    this.#next = null;
    if (this.ended) this.close();
  }
}
