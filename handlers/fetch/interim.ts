/**
 * Interim answers of a handler: 103 (RFC 8297), 102, and whatever else stands below 200.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import { fieldsOf } from "./fields.ts";

/**
 * Fields that cannot stand in an interim answer: it has no content (RFC 9110 §8.6, RFC 9112 §6.1), and does
 * not end the connection.
 */
const FORBIDDEN: readonly string[] = [
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
];

/** Sends an interim answer; returns whether it went out. See `ServeHandlerInfo.sendInterim`. */
export function sendInterim(
  exchange: Exchange,
  { status, headers }: { readonly status: number; readonly headers: HeadersInit | undefined },
): boolean {
  if (!Number.isInteger(status) || status < 102 || status > 199) {
    throw new RangeError(
      `Cannot send an interim answer: expected a status from 102 to 199, received ${status}`,
    );
  }
  const fields = fieldsOf(headers, (name) => {
    if (FORBIDDEN.includes(name)) {
      throw new TypeError(`Cannot send an interim answer with the field "${name}"`);
    }
  });
  return exchange.interim({ status, fields });
}
