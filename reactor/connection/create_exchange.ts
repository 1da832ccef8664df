/**
 * What the head of a request decides before its handler is called: which limits hold for its path, and
 * whether it has a body that may come in.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { ParsedHead } from "../h1/parsed_head.ts";
import { resolvedPath } from "../h1/path.ts";
import { type Options, optionsForPath, type PathOptions } from "../options/options.ts";
import type { RequestHead } from "../request_head.ts";
import { type ExchangeHost, LiveExchange } from "./live_exchange.ts";
import { type BodyHost, LiveBody } from "./request_body.ts";

/** The limits for a request. */
export function limitsFor(head: RequestHead, options: Options): PathOptions {
  if (options.overrides.length === 0) return options.everywhere;
  return optionsForPath(options, resolvedPath(head.path));
}

/**
 * The exchange for a request whose head has arrived whole.
 *
 * @throws {ProtocolError} `body_too_large` if its Content-Length is over the limit.
 */
export function createExchange(
  connection: BodyHost & ExchangeHost,
  { head, parsed, limits }: { head: RequestHead; parsed: ParsedHead; limits: PathOptions },
): LiveExchange {
  const body = bodyOf(connection, parsed, limits);
  const exchange = new LiveExchange(connection, { head, parsed, body });
  exchange.handlerMs = limits.handler;
  return exchange;
}

/** The body that the head announces, or `null`. */
function bodyOf(host: BodyHost, head: ParsedHead, limits: PathOptions): LiveBody | null {
  if (head.framing === "chunked") return new LiveBody(host, { length: null, limits });
  const length = head.contentLength;
  if (length === 0) return null;
  if (limits.bodyBytes > 0 && length > limits.bodyBytes) {
    throw new ProtocolError("body_too_large", `The body is larger than ${limits.bodyBytes} bytes`);
  }
  return new LiveBody(host, { length, limits });
}
