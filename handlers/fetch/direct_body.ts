/**
 * Bodies that can be sent past their streams. A `Response` copies the bytes that it is made of, and a stream
 * gives each piece in an array of its own; for large bodies both cost more than all the rest. So whoever
 * has the bytes, or can read them into memory of somebody else, makes a stream here. It is an ordinary
 * stream for all who read it, and only the sender takes a shorter way. See docs/performance.md, "Files".
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** A body that is read into memory that its reader provides. One call of `next` at a time. */
export interface PieceSource {
  /** Whether all of it was given. */
  readonly ended: boolean;
  /** The most bytes that the next piece has. */
  readonly wanted: number;
  /**
   * The next piece: in `into`, which has room for `wanted` bytes, or in an array of its own that nobody
   * may change. `null` when the source was closed meanwhile. A source that rejects has closed itself.
   */
  next(into: Bytes): Promise<Bytes | null>;
  /** Frees what it holds; harmless when repeated. */
  close(): void;
}

/** What is read piece by piece; a `ReadableStreamDefaultReader` is one. */
export interface PieceReader {
  /** A piece holds until the next call. */
  read(): Promise<ReadableStreamReadResult<unknown>>;
  cancel(reason: unknown): Promise<void>;
  /** The kernel has taken all that was read. A piece that may still be written is never told of here. */
  delivered?(): void;
}

/** Module state, because a stream belongs to no server until it is sent. */
const bodies = new WeakMap<ReadableStream, Bytes | PieceSource>();

/** A stream over bytes that nobody changes, or over a source that nobody else reads. */
export function directStream(body: Bytes | PieceSource): ReadableStream<Bytes> {
  const underlying = body instanceof Uint8Array ? copying(body) : reading(body);
  const stream = new ReadableStream<Bytes>(underlying, { highWaterMark: 0 });
  bodies.set(stream, body);
  return stream;
}

/** The bytes that an unused stream is made of, which are not to be changed; `null` of any other stream. */
export function bytesOf(stream: ReadableStream): Bytes | null {
  const body = bodies.get(stream);
  return body instanceof Uint8Array ? body : null;
}

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
  const body = bodies.get(stream);
  return body === undefined || body instanceof Uint8Array ? reader : new SourceReader(body);
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

/** Each reader gets bytes of its own. */
function copying(bytes: Bytes): UnderlyingDefaultSource<Bytes> {
  return {
    pull(controller): void {
      controller.enqueue(bytes.slice());
      controller.close();
    },
  };
}

function reading(source: PieceSource): UnderlyingDefaultSource<Bytes> {
  return {
    async pull(controller): Promise<void> {
      const piece = await source.next(new Uint8Array(source.wanted));
      if (piece !== null) controller.enqueue(piece);
      if (source.ended) controller.close();
    },
    cancel: () => source.close(),
  };
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

/** Fits into the engine's large buffers together with a frame, and is what the runtime reads at once. */
const SMALL_BYTES = 64 * 1024;

/** A new buffer costs more than the reading: its memory is mapped, and filled with zeros. */
const BUFFER_BYTES = 256 * 1024;

/** What is kept for the next answers: 4 MiB at most. */
const BUFFERS_KEPT = 16;

/** Module state, because memory is the process's. */
const buffers: Bytes[] = [];

function takeBuffer(wanted: number): Bytes {
  if (wanted > BUFFER_BYTES) return new Uint8Array(wanted);
  return buffers.pop() ?? new Uint8Array(BUFFER_BYTES);
}

function giveBuffer(buffer: Bytes): void {
  if (buffer.length === BUFFER_BYTES && buffers.length < BUFFERS_KEPT) buffers.push(buffer);
}
