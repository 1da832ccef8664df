/**
 * Raw requests of these tests.
 *
 * @module
 */

export { chunked, GET, head, LAST_GET, request } from "../support/requests.ts";
import { head } from "../support/requests.ts";

/** The head of a request whose body has `length` bytes. */
export function upload(length: number, ...fields: readonly string[]): string {
  return head("POST / HTTP/1.1", "Host: h", `Content-Length: ${length}`, ...fields);
}

/** The head of a request whose body is chunked. */
export const CHUNKED = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");

/** A request that asks to take the connection over. */
export const UPGRADE = head("GET / HTTP/1.1", "Host: h", "Connection: Upgrade", "Upgrade: raw");
