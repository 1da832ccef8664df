/**
 * Makes a real `Request` out of what came over the wire, for those who need one. `new Request` refuses
 * or normalizes what a server must hand on as sent: CONNECT, TRACE, `get`, `/a/../b`.
 *
 * @module
 */

import type { FieldSection } from "../../reactor/h1/field_section.ts";
import type { Bytes } from "../../reactor/ports.ts";

/** What a {@linkcode realRequest} is made of. */
export interface RequestParts {
  readonly method: string;
  readonly url: string;
  readonly fields: FieldSection;
  /** `"spent"` for a body that can no longer be read. */
  readonly body: ReadableStream<Bytes> | Bytes | "spent" | null;
}

/** The platform's record of a request, as far as it is used here. */
interface Inner {
  method: string;
  url: () => string;
}

/** A `Request` with the method and URL as sent, as far as this runtime lets them be set. */
export function realRequest(parts: RequestParts): Request {
  const body = parts.body === "spent" ? new Uint8Array(1) : parts.body;
  const request = construct(parts, body);
  restate(request, parts);
  parts.fields.copyInto(request.headers);
  if (parts.body === "spent") void request.bytes();
  return request;
}

/** Method and URL are checked before the body is touched, so that a second attempt may have it. */
function construct({ url, method }: RequestParts, body: BodyInit | null): Request {
  try {
    return new Request(url, { method, body });
  } catch {
    return new Request("http://localhost/", { method: body === null ? "GET" : "POST", body });
  }
}

/** Puts method and URL as sent into the platform's record, which `clone` and `new Request` copy. */
function restate(request: Request, { method, url }: RequestParts): void {
  const inner = Object.getOwnPropertySymbols(request)
    .map((key): unknown => Reflect.get(request, key))
    .find(isInner);
  if (inner === undefined) return;
  inner.method = method;
  inner.url = () => url;
}

function isInner(value: unknown): value is Inner {
  return typeof value === "object" && value !== null &&
    typeof Reflect.get(value, "method") === "string" &&
    typeof Reflect.get(value, "url") === "function";
}
