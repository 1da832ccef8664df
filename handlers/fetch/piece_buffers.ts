/**
 * Buffers for pieces of bodies. A new one costs more than reading into it, since its memory is mapped and
 * filled with zeros; so those that are free are kept for the next answers (docs/performance.md, "Files").
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** The size of a buffer, by which the cost of a read and a write is small beside that of the copying. */
export const BUFFER_BYTES = 256 * 1024;

/** What is kept for the next answers: 4 MiB at most. */
const BUFFERS_KEPT = 16;

/** Module state, because memory is the process's. */
const buffers: Bytes[] = [];

/** A buffer with room for `wanted` bytes, and any content. */
export function takeBuffer(wanted: number): Bytes {
  if (wanted > BUFFER_BYTES) return new Uint8Array(wanted);
  return buffers.pop() ?? new Uint8Array(BUFFER_BYTES);
}

/** Takes a buffer back that nobody reads into or writes from any more. */
export function giveBuffer(buffer: Bytes): void {
  if (buffer.length === BUFFER_BYTES && buffers.length < BUFFERS_KEPT) buffers.push(buffer);
}
