/**
 * Sends a body that comes as a stream: piece by piece, each written before the next is pulled, so that a
 * slow client slows the stream down; cancels the stream when the client leaves.
 *
 * @module
 */

import type { Exchange, ResponseHead } from "../../reactor/exchange.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { soon } from "../../reactor/timing/microtasks.ts";
import { type PieceReader, readerOf } from "./piece_reader.ts";
import type { StreamPlan } from "./send_plan.ts";
import { trailersOf } from "./trailers.ts";

/** One read under way, and what came of it. */
interface Pull {
  settled: boolean;
  failed: boolean;
  error: unknown;
  result: ReadableStreamReadResult<unknown> | null;
  done: Promise<void>;
}

/** The reason with which a stream is cancelled when nobody is left to take it, as by Deno.serve. */
const CANCELLED = "resource closed";

/**
 * Sends the plan's head and body; settles when the stream's end is in the output.
 *
 * Rejects with the stream's own error, or a TypeError for a piece that is no `Uint8Array`. If
 * `exchange.responded` is then true, the head has gone out and the answer cannot be mended.
 */
export async function sendStream(exchange: Exchange, plan: StreamPlan): Promise<void> {
  const reader = readerOf(plan.stream, { framed: plan.length === null });
  let pull = startPull(reader);
  // A first piece that is there soon goes out together with the head.
  await soon(() => pull.settled);
  if (pull.failed) throw pull.error;
  const stopWatching = watchDelivery(exchange, reader);
  try {
    if (pull.result?.done === false) asBytes(pull.result.value);
    const trailers = plan.length === null ? trailersOf(exchange) : undefined;
    const head = trailers === undefined ? plan : announcing(plan, trailers.names);
    if (!exchange.beginBody(head, plan.length)) return cancel(reader);
    if (!pull.settled) exchange.flush();
    while (true) {
      await pull.done;
      if (pull.failed) throw pull.error;
      const { done, value } = pull.result!;
      if (done) return exchange.endBody(trailers === undefined ? [] : await trailers.fields());
      if (!await exchange.writeBody(asBytes(value))) break;
      pull = startPull(reader);
    }
    // The announced length is reached, or nobody is there any more.
    exchange.endBody();
    await cancel(reader);
  } catch (error) {
    // Of a bad piece, or fields that cannot be sent, the stream does not know.
    if (!pull.failed) cancel(reader);
    throw error;
  } finally {
    stopWatching();
  }
}

/** The head with a `Trailer` field (RFC 9110 §6.6.2), unless the handler has set one or no name is known. */
function announcing({ status, fields }: ResponseHead, names: readonly string[]): ResponseHead {
  const own = fields.some((name, at) => at % 2 === 0 && name.toLowerCase() === "trailer");
  return own || names.length === 0
    ? { status, fields }
    : { status, fields: [...fields, "trailer", names.join(", ")] };
}

/** Lets go of an answer that comes too late: whatever feeds its stream hears of it. */
export function discard(response: unknown): void {
  if (!(response instanceof Response) || response.body === null || response.body.locked) return;
  cancel(response.body);
}

function startPull(reader: PieceReader): Pull {
  const pull: Pull = {
    settled: false,
    failed: false,
    error: undefined,
    result: null,
    done: Promise.resolve(),
  };
  pull.done = finishPull(pull, reader);
  return pull;
}

async function finishPull(pull: Pull, reader: PieceReader): Promise<void> {
  try {
    pull.result = await reader.read();
  } catch (error) {
    pull.failed = true;
    pull.error = error;
  }
  pull.settled = true;
}

function asBytes(value: unknown): Bytes {
  if (value instanceof Uint8Array) return value as Bytes;
  throw new TypeError("Cannot send the body: a piece of its stream is not a Uint8Array");
}

/**
 * A stream that waits for its next event has to hear that its client is gone, and memory can be used again
 * only when the kernel has taken everything: of an answer that is lost, a write may still be under way.
 */
function watchDelivery(exchange: Exchange, reader: PieceReader): () => void {
  const before = exchange.onDelivered;
  let watching = true;
  exchange.onDelivered = (error) => {
    before?.(error);
    if (error === undefined) reader.delivered?.();
    else if (watching) cancel(reader);
  };
  return () => {
    watching = false;
  };
}

async function cancel(source: { cancel(reason: unknown): Promise<void> }): Promise<void> {
  try {
    await source.cancel(CANCELLED);
  } catch (_) {
    // The stream's own trouble with being cancelled changes nothing for the client.
  }
}
