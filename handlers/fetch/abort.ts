/**
 * From an exchange's single abort slot to several listeners and to an `AbortSignal`.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";

/** An exchange's abort slot. */
export type Abortable = Pick<Exchange, "abortReason" | "onAbort">;

/** Lets `call` know of an abort, after all who asked before. Does nothing for an abort that was. */
export function listenForAbort(exchange: Abortable, call: (reason: Error) => void): void {
  const earlier = exchange.onAbort;
  exchange.onAbort = earlier === null ? call : (reason) => {
    earlier(reason);
    call(reason);
  };
}

/** A signal that is aborted with the exchange, or already is; never after a delivered answer. */
export function signalOf(exchange: Abortable): AbortSignal {
  const controller = new AbortController();
  if (exchange.abortReason !== undefined) controller.abort(exchange.abortReason);
  else listenForAbort(exchange, (reason) => controller.abort(reason));
  return controller.signal;
}
