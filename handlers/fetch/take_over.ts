/**
 * The way from a request to its connection, for what is called with a `Request` alone. It asks for the
 * connection while the handler runs, and gets it when the handler returns a Response with the status 101:
 * the one that it has made, or one that a framework has made of it.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import { requestExchange } from "./request.ts";

/** Takes the connection over, with these field lines as name, value, name, value, …. */
export type TakeOver = (fields: readonly string[]) => Promise<void>;

/** Beside the exchanges and not in them: hardly any request asks. */
const takeOvers = new WeakMap<Exchange, TakeOver>();

/** The exchange that brought this request; `null` for a request that no server of Weir's has handed out. */
export function exchangeOf(request: Request): Exchange | null {
  const exchange = requestExchange(request);
  return exchange !== null && isWhole(exchange) ? exchange : null;
}

/**
 * Has `takeOver` called when the handler answers with 101.
 *
 * @throws {TypeError} If the request was answered, or its connection asked for before.
 */
export function onSwitching(exchange: Exchange, takeOver: TakeOver): void {
  if (exchange.responded || takeOvers.has(exchange)) {
    throw new TypeError("Cannot upgrade: the request was answered or upgraded before");
  }
  takeOvers.set(exchange, takeOver);
}

/** What is to be called for a 101; `undefined` if nobody has asked for the connection. */
export function takeOverOf(exchange: Exchange): TakeOver | undefined {
  return takeOvers.get(exchange);
}

/** The exchange of a live connection has all of the interface; tests make do with a part of it. */
function isWhole(exchange: object): exchange is Exchange {
  return "upgrade" in exchange;
}
