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

/** The source that an unused stream reads; `null` of any other stream. */
export function sourceOf(stream: ReadableStream): PieceSource | null {
  const body = bodies.get(stream);
  return body === undefined || body instanceof Uint8Array ? null : body;
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
