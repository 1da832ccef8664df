/**
 * The way from a request to its connection, for what is called with a `Request` alone: a Response that
 * stands for taking the connection over. The handler returns it like any other; then the exchange is
 * upgraded, with the fields that the Response has by that time.
 *
 * A Response cannot be constructed with the status 101. The runtime's own record of it is set, as Deno does
 * for its own; that record is found by its shape.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import { requestExchange } from "./request.ts";

/** Takes the connection over, with these field lines as name, value, name, value, …. */
export type TakeOver = (fields: readonly string[]) => Promise<void>;

const takeOvers = new WeakMap<Response, TakeOver>();

/** The exchange that brought this request; `null` for a request that no server of Weir's has handed out. */
export function exchangeOf(request: Request): Exchange | null {
  const exchange = requestExchange(request);
  return exchange !== null && isWhole(exchange) ? exchange : null;
}

/**
 * A 101 that has `takeOver` called when it is what the handler returns.
 *
 * @throws {Error} If this runtime keeps the status of a Response in another way.
 */
export function switchingProtocols(headers: HeadersInit, takeOver: TakeOver): Response {
  const response = new Response(null, { headers });
  const record = Object.getOwnPropertySymbols(response)
    .map((key): unknown => Reflect.get(response, key))
    .find(isRecord);
  if (record !== undefined) record.status = 101;
  if (response.status !== 101) throw new Error("This runtime's Response cannot be made a 101");
  takeOvers.set(response, takeOver);
  return response;
}

/** What a Response stands for; `undefined` for one that is just an answer. */
export function takeOverOf(response: unknown): TakeOver | undefined {
  return takeOvers.get(response as Response);
}

/** The exchange of a live connection has all of the interface; tests make do with a part of it. */
function isWhole(exchange: object): exchange is Exchange {
  return "upgrade" in exchange;
}

/** The runtime's record of a Response, as far as it is used here. */
interface ResponseRecord {
  status: number;
  headerList: unknown;
}

function isRecord(value: unknown): value is ResponseRecord {
  return typeof value === "object" && value !== null && "headerList" in value &&
    "status" in value && typeof value.status === "number";
}
