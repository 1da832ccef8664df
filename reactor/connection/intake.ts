/**
 * What the head of a request decides before its handler is called: which limits hold for its path, and
 * whether it has a body that may come in.
 *
 * @module
 */

import type { Engine } from "./engine.ts";
import { ProtocolError } from "../errors.ts";
import type { RequestHead } from "../h1/head.ts";
import { resolvedPath } from "../h1/path.ts";
import { type HeadPlace, HeadView } from "../head_view.ts";
import { type ExchangeHost, LiveExchange } from "./live_exchange.ts";
import { optionsForPath, type PathOptions } from "../options/options.ts";
import { type BodySource, LiveBody } from "./request_body.ts";

/**
 * The exchange for a request whose head has arrived whole.
 *
 * @throws {ProtocolError} `body_too_large` if its Content-Length is over the limit.
 */
export function exchangeOf(
  connection: BodySource & ExchangeHost,
  at: { readonly engine: Engine; readonly head: RequestHead; readonly place: HeadPlace },
): LiveExchange {
  const { engine, head, place } = at;
  const limits = limitsOf(engine, head, place);
  const exchange = new LiveExchange(connection, head, bodyOf(connection, head, limits));
  exchange.handlerMs = limits.handler;
  return exchange;
}

/** The limits for a request whose head begins at `start`. */
function limitsOf(
  { options, ports }: Engine,
  head: RequestHead,
  place: HeadPlace,
): PathOptions {
  if (options.overrides.length === 0) return options.everywhere;
  return optionsForPath(options, resolvedPath(new HeadView(ports.codec, head, place).path));
}

/** The body that the head announces, or `null`. */
function bodyOf(
  source: BodySource,
  head: RequestHead,
  limits: PathOptions,
): LiveBody | null {
  if (head.framing === "chunked") return new LiveBody(source, { length: null, limits });
  const length = head.contentLength;
  if (length === 0) return null;
  if (limits.bodyBytes > 0 && length > limits.bodyBytes) {
    throw new ProtocolError("body_too_large", `The body is larger than ${limits.bodyBytes} bytes`);
  }
  return new LiveBody(source, { length, limits });
}
