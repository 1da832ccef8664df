/**
 * What the head of a request decides before its handler is called: which limits hold for its path, and
 * whether it has a body that may come in.
 *
 * @module
 */

import type { Engine } from "./engine.ts";
import { ProtocolError } from "./errors.ts";
import type { RequestHead } from "./h1/head.ts";
import { optionsForPath, type PathOptions } from "./options.ts";
import type { Bytes } from "./ports.ts";
import { type BodySource, LiveBody } from "./request_body.ts";

/** The limits for a request whose head begins at `start`. */
export function limitsOf(
  engine: Engine,
  head: RequestHead,
  source: { readonly bytes: Bytes; readonly start: number },
): PathOptions {
  const { options, ports } = engine;
  if (options.overrides.length === 0) return options.everywhere;
  const { bytes, start } = source;
  const target = ports.codec.latin1(bytes, start + head.targetStart, start + head.targetEnd);
  return optionsForPath(options, pathOf(target, head.targetForm));
}

/**
 * The body that the head announces, or `null`.
 *
 * @throws {ProtocolError} `body_too_large` if its Content-Length is over the limit.
 */
export function bodyOf(
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

/** The path of a target as sent: nothing is decoded or normalized. */
function pathOf(target: string, form: RequestHead["targetForm"]): string {
  const path = form === "absolute" ? target.replace(/^[^:]*:\/\/[^/?]*/, "") : target;
  const query = path.indexOf("?");
  return query === -1 ? path : path.slice(0, query);
}
