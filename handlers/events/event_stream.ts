/**
 * `eventStream`: a Response whose body is a stream of server-sent events (HTML Standard §9.2).
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { exchangeOf } from "../fetch/take_over.ts";
import { loadEncoder } from "./encoding.ts";
import { LiveStream } from "./live_stream.ts";
import { type EventStreamOptions, resolveStreamOptions } from "./options.ts";
import { checkSource, type EventStreamSource } from "./source.ts";
import { listenOnExchange, listenOnSignal } from "./stream_end.ts";
import { beginTally } from "./tally.ts";

/**
 * `no-store`, because no cache has a use for it, and browsers ask with the same (HTML Standard §9.2.3);
 * `no-transform`, so that no proxy compresses it and keeps events back; nginx wants its own field.
 */
const FIELDS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/**
 * Answers with server-sent events, for `EventSource` in a browser and its like. The source is an async
 * iterable, or a function that sends; it begins when the answer has begun.
 *
 * ```ts
 * import { eventStream, serve } from "@weir/weir";
 *
 * serve((request) =>
 *   eventStream(request, async function* ({ lastEventId, signal }) {
 *     for (let id = Number(lastEventId) + 1; !signal.aborted; id++) {
 *       yield { id, data: new Date().toISOString() };
 *       await new Promise((resolve) => setTimeout(resolve, 1_000));
 *     }
 *   })
 * );
 * ```
 *
 * The stream ends when its source does, when the client leaves, when it is too slow for a source that does
 * not wait, and at a shutdown; then the source is stopped. A source that fails cuts the answer off, and
 * `onError` is told. The headers of the Response may be added to.
 *
 * A request of another server, or in a worker, is answered as well; but nobody tells it of the shutdown.
 *
 * @throws {TypeError} If the source is neither an async iterable nor a function, or an option is unknown or
 * of the wrong kind.
 * @throws {RangeError} If a number among the options is out of its range.
 */
export function eventStream(
  request: Request,
  source: EventStreamSource,
  options: EventStreamOptions = {},
): Response {
  const resolved = resolveStreamOptions(options);
  checkSource(source);
  const exchange = exchangeOf(request);
  const stream = new LiveStream({
    source,
    lastEventId: lastEventIdOf(request.headers),
    options: resolved,
    clock: denoPorts().clock,
    loadEncoder,
    listen: (listener) => {
      if (exchange !== null) listenOnExchange(exchange, listener);
      else listenOnSignal(request.signal, listener);
    },
    tally: () => exchange === null ? null : beginTally(exchange),
  });
  return new Response(bodyOf(stream), { headers: FIELDS });
}

/** Nothing is asked for ahead of the client. */
function bodyOf(stream: LiveStream): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    async pull(controller): Promise<void> {
      const piece = await stream.pull();
      // After a cancellation both throw, and nobody listens.
      if (piece === null) controller.close();
      else controller.enqueue(piece);
    },
    cancel: (reason) => stream.cancel(reason),
  }, { highWaterMark: 0 });
}

/** It is sent as UTF-8 (HTML Standard §9.2.3), while `Headers` has a character for each byte. */
function lastEventIdOf(headers: Headers): string {
  const id = headers.get("last-event-id") ?? "";
  if (!/[\u0080-\u00ff]/.test(id)) return id;
  const bytes = Uint8Array.from(id, (character) => character.charCodeAt(0));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
