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

/** Why a request is refused for the length that it announces; `null` if it is not. */
export function refusalForLength(
  { framing, contentLength }: ParsedHead,
  { bodyBytes }: PathOptions,
): ProtocolError | null {
  if (framing === "chunked" || bodyBytes === 0 || contentLength <= bodyBytes) return null;
  return new ProtocolError("body_too_large", `The body is larger than ${bodyBytes} bytes`);
}

/** What an exchange is made from. */
export interface ExchangeParts {
  readonly head: RequestHead;
  readonly parsed: ParsedHead;
  readonly limits: PathOptions;
}

/** The exchange for a request whose head has arrived whole. */
export function createExchange(
  connection: BodyHost & ExchangeHost,
  { head, parsed, limits }: ExchangeParts,
): LiveExchange {
  const body = bodyOf(connection, parsed, limits);
  const exchange = new LiveExchange(connection, { head, parsed, body });
  exchange.handlerMs = limits.handler;
  return exchange;
}

/** The exchange for a request that is refused: nothing is known of its body but that nobody will read it. */
export function createRefused(
  connection: ExchangeHost,
  { head, parsed }: Pick<ExchangeParts, "head" | "parsed">,
): LiveExchange {
  return new LiveExchange(connection, { head, parsed, body: null });
}

/** The body that the head announces, or `null`. */
function bodyOf(host: BodyHost, head: ParsedHead, limits: PathOptions): LiveBody | null {
  if (head.framing === "chunked") return new LiveBody(host, { length: null, limits });
  const length = head.contentLength;
  return length === 0 ? null : new LiveBody(host, { length, limits });
}
