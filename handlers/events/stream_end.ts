/**
 * Where an event stream hears of what ends it from outside: that its client has left, and that its
 * connection is to end in good order.
 *
 * @module
 */

import { abortError } from "../../reactor/answer/refusal.ts";
import type { Exchange } from "../../reactor/exchange.ts";
import { listenForAbort } from "../fetch/abort.ts";

/** What hears of it; at once, if it has happened before. */
export interface EndListener {
  /** The client has left, or the deadline of a shutdown has passed. */
  aborted(reason: unknown): void;
  /** The server shuts down, or the connection's end was asked for. */
  asked(reason: unknown): void;
}

/** Listens on a request of Weir's. A client that has only ended its side counts as one that has left. */
export function listenOnExchange(exchange: Exchange, listener: EndListener): void {
  if (exchange.abortReason !== undefined) return listener.aborted(exchange.abortReason);
  listenForAbort(exchange, (reason) => listener.aborted(reason));
  if (exchange.asked !== null) return listener.asked(abortError(exchange.asked));
  const before = exchange.onAsked;
  exchange.onAsked = (reason) => {
    before?.(reason);
    listener.asked(abortError(reason));
  };
}

/** Listens on any other request, such as one in a worker or of another server: it knows of no shutdown. */
export function listenOnSignal(signal: AbortSignal, listener: EndListener): void {
  if (signal.aborted) return listener.aborted(signal.reason);
  signal.addEventListener("abort", () => listener.aborted(signal.reason), { once: true });
}
