/**
 * The seam between the fetch application and what goes along with each of its calls, such as a span that
 * is active while a handler is at work.
 *
 * @module
 */

import type { ExchangeInfo } from "../../reactor/observer.ts";

/** One request on its way to the handler. */
export interface Arrival {
  /** The exchange, by which observers of the server know the request. */
  readonly exchange: ExchangeInfo;
  readonly request: Request;
}

/** What each call of the handler, and all that follows from it, runs in. */
export interface HandlerContext {
  /** Calls `begin`, once and before it returns: the handler, `onError` and the body's stream run in there. */
  enter(arrival: Arrival, begin: () => void): void;
  /** The handler, its answer or `onError` failed, as `onError` is told or the report says. */
  failed(exchange: ExchangeInfo, error: unknown): void;
}
