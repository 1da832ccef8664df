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
 * @throws {TypeError} If the stream is locked.
 */
export function readerOf(stream: ReadableStream): PieceReader {
  const reader = stream.getReader();
  const body = bodies.get(stream);
  return body === undefined || body instanceof Uint8Array ? reader : new SourceReader(body);
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
