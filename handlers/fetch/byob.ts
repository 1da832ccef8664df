/**
 * Readers that bring their own buffer, for streams that the platform has made of bytes: in Deno 2.9.6 those
 * refuse them, while the stream of a body that is still on its way takes them. Whether a body has arrived
 * must not decide how it can be read.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

const { getReader } = ReadableStream.prototype;

/** The same stream, whose `getReader({ mode: "byob" })` works. */
export function withByob(stream: ReadableStream<Bytes>): ReadableStream<Bytes> {
  if (Object.hasOwn(stream, "getReader") || takesByob(stream)) return stream;
  const native: typeof getReader = getReader.bind(stream);
  const value = (options?: ReadableStreamGetReaderOptions) =>
    options?.mode === "byob" ? asByteStream(native()).getReader({ mode: "byob" }) : native(options);
  return Object.defineProperty(stream, "getReader", { value, writable: true, configurable: true });
}

function takesByob(stream: ReadableStream<Bytes>): boolean {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    // Also when somebody reads it already: then no other reader is to be had.
    return stream.locked;
  }
}

function asByteStream(reader: ReadableStreamDefaultReader<Bytes>): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    type: "bytes",
    async pull(controller): Promise<void> {
      let piece = await reader.read();
      while (!piece.done && piece.value.length === 0) piece = await reader.read();
      if (!piece.done) return controller.enqueue(piece.value);
      controller.close();
      // A waiting "byob" read is only answered by this, after the close.
      (controller as ReadableByteStreamController).byobRequest?.respond(0);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 }) as ReadableStream<Bytes>;
}
