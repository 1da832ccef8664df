/**
 * Reads a body for its sender, which is done with each piece before it asks for the next: so all pieces can
 * go into one buffer, where a stream would make an array for each. That is done where nobody could tell the
 * difference: with the sources of direct_body.ts, and with the runtime's own streams over files, sockets,
 * pipes and bodies of `fetch`.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import { type PieceSource, sourceOf } from "./direct_body.ts";
import { BUFFER_BYTES, giveBuffer, takeBuffer } from "./piece_buffers.ts";

/** What is read piece by piece; a `ReadableStreamDefaultReader` is one. */
export interface PieceReader {
  /** A piece holds until the next call. */
  read(): Promise<ReadableStreamReadResult<unknown>>;
  cancel(reason: unknown): Promise<void>;
  /**
   * Called when the kernel has taken all that was read; never for an answer that was lost, of which a write
   * may still be under way.
   */
  delivered?(): void;
}

/** What the runtime reads at once; fits into a large buffer of the engine together with its frame. */
const SMALL_BYTES = 64 * 1024;

/**
 * The only reader of an unused stream from now on.
 *
 * @param framed Whether each piece goes out in a frame of its own, as a chunk does: then pieces of the
 * runtime's resources stay so small that both fit into a buffer of the engine.
 * @throws {TypeError} If the stream is locked.
 */
export function readerOf(
  stream: ReadableStream,
  { framed }: { readonly framed: boolean },
): PieceReader {
  if (isOfResource(stream)) {
    const mostBytes = framed ? SMALL_BYTES : BUFFER_BYTES;
    return new ResourceReader(stream.getReader({ mode: "byob" }), mostBytes);
  }
  const reader = stream.getReader();
  const source = sourceOf(stream);
  return source === null ? reader : new SourceReader(source);
}

/** Where the runtime notes which resource a stream reads; `undefined` until that is looked for. */
let resourceSlot: symbol | null | undefined;

/**
 * Whether the runtime made the stream over a file, a socket, a pipe or the body of a `fetch`. A program's
 * own byte stream may not be read into a buffer: many forget the answer that such a read needs at the
 * end, and it would wait for ever.
 */
function isOfResource(stream: ReadableStream): boolean {
  resourceSlot = resourceSlot === undefined ? findResourceSlot() : resourceSlot;
  return resourceSlot !== null && holdsObject(stream, resourceSlot);
}

/** The runtime's private symbol; `null` where its shape is not as expected. */
function findResourceSlot(): symbol | null {
  const ordinary = new ReadableStream();
  const slot = Object.getOwnPropertySymbols(ordinary)
    .find(({ description }) => description === "[[resourceBacking]]");
  return slot === undefined || holdsObject(ordinary, slot) ? null : slot;
}

function holdsObject(stream: ReadableStream, slot: symbol): boolean {
  const value = (stream as unknown as Record<symbol, unknown>)[slot];
  return typeof value === "object" && value !== null;
}

const END: ReadableStreamReadDoneResult<unknown> = { done: true, value: undefined };

/** Reads all pieces into one buffer. */
class SourceReader implements PieceReader {
  readonly #source: PieceSource;
  /** Nobody reads into it at present. */
  #buffer: Bytes | null = null;

  constructor(source: PieceSource) {
    this.#source = source;
  }

  async read(): Promise<ReadableStreamReadResult<unknown>> {
    const source = this.#source;
    if (source.ended) return END;
    const { wanted } = source;
    const buffer = this.#buffer !== null && this.#buffer.length >= wanted
      ? this.#buffer
      : takeBuffer(wanted);
    this.#buffer = null;
    const value = await source.next(buffer);
    this.#buffer = buffer;
    return value === null ? END : { done: false, value };
  }

  cancel(): Promise<void> {
    this.#source.close();
    return Promise.resolve();
  }

  delivered(): void {
    if (this.#buffer !== null) giveBuffer(this.#buffer);
    this.#buffer = null;
  }
}

/**
 * Reads a resource of the runtime into one buffer: first of the size that the runtime itself takes, and
 * then of as much as it may, once the resource has filled that.
 */
class ResourceReader implements PieceReader {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #mostBytes: number;
  /** Nobody reads into it at present; never the same object twice, since a read takes its buffer over. */
  #buffer: Bytes | null = null;

  constructor(reader: ReadableStreamBYOBReader, mostBytes: number) {
    this.#reader = reader;
    this.#mostBytes = mostBytes;
  }

  async read(): Promise<ReadableStreamReadResult<unknown>> {
    const buffer = this.#buffer ?? new Uint8Array(SMALL_BYTES);
    this.#buffer = null;
    const { done, value } = await this.#reader.read(buffer);
    if (value === undefined) return END;
    const { length, buffer: { byteLength } } = value;
    this.#buffer = length === byteLength && length < this.#mostBytes
      ? takeBuffer(this.#mostBytes)
      : new Uint8Array(value.buffer);
    return done ? END : { done, value };
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  delivered(): void {
    if (this.#buffer !== null) giveBuffer(this.#buffer);
    this.#buffer = null;
  }
}
