/**
 * Parts of an open file as a stream: each piece is read when the one before has gone, so that a slow
 * client holds a descriptor and one piece. The file is closed as soon as the last piece is read, when the
 * stream is cancelled, and when it fails.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import type { BodyPart } from "./multipart.ts";
import { type ByteRange, lengthOf } from "./ranges.ts";

/** The most that is read at once, in bytes (docs/files.md, "Figures"). */
export const PIECE_BYTES = 256 * 1024;

/**
 * A stream over `parts`. A file that has become shorter ends it with an error, since what was announced
 * cannot be kept; what a file has grown by is not read.
 */
export function streamParts(
  file: Deno.FsFile,
  parts: readonly BodyPart[],
): ReadableStream<Bytes> {
  const reader = new PartReader(file, parts);
  return new ReadableStream<Bytes>({
    async pull(controller): Promise<void> {
      try {
        const piece = await reader.next();
        if (piece !== null) controller.enqueue(piece);
        if (reader.ended) controller.close();
      } catch (error) {
        reader.close();
        throw error;
      }
    },
    cancel(): void {
      reader.close();
    },
  }, { highWaterMark: 0 });
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
class PartReader {
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

  /** The next bytes; `null` when the reader was closed meanwhile. */
  async next(): Promise<Bytes | null> {
    const part = this.#parts[this.#at]!;
    if (part instanceof Uint8Array) {
      this.#endPart();
      return part;
    }
    const from = this.#next ?? part.first;
    if (from !== this.#position) await this.#file.seek(from, Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(PIECE_BYTES, part.last + 1 - from));
    const count = await this.#read(bytes);
    if (count === null) return null;
    this.#position = this.#next = from + count;
    if (this.#next > part.last) this.#endPart();
    return count === bytes.length ? bytes : bytes.subarray(0, count);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#file.close();
  }

  async #read(bytes: Bytes): Promise<number | null> {
    try {
      const count = await this.#file.read(bytes);
      if (count !== null) return count;
    } catch (error) {
      if (!this.#open) return null;
      throw error;
    }
    if (!this.#open) return null;
    throw new Error("Cannot send the file: it has become shorter meanwhile");
  }

  #endPart(): void {
    this.#at++;
    this.#next = null;
    if (this.ended) this.close();
  }
}
