/**
 * Trailer fields: those of a request, and those that a handler gives for its answer (RFC 9110 §6.5).
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import { elementsOf, fieldsOf } from "./fields.ts";

/** What a handler gives: the fields, or what makes them when the body has ended. */
export type TrailersInit = HeadersInit | (() => HeadersInit | Promise<HeadersInit>);

/** The trailers of one answer. */
export interface ResponseTrailers {
  /** Their names, for the field `Trailer`; empty if only the end will tell. */
  readonly names: readonly string[];
  /** The fields as name, value, name, value, …. To be called when the body has ended. */
  fields(): Promise<readonly string[]>;
}

/**
 * Fields that cannot come after the content, because they say how to read it, how to route or authorise it,
 * or what a cache may do with it (RFC 9110 §6.5.1).
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "expect",
  "expires",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "keep-alive",
  "location",
  "max-forwards",
  "pragma",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "retry-after",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "vary",
  "warning",
  "www-authenticate",
]);

/** Of answers that are under way; an exchange without trailers is not here. */
const given = new WeakMap<Exchange, ResponseTrailers>();

/** The trailers of a request, apart from its headers. */
export async function requestTrailers(exchange: Exchange): Promise<Headers> {
  const headers = new Headers();
  if (exchange.body === null) return headers;
  const fields = await exchange.body.trailers();
  for (let i = 0; i + 1 < fields.length; i += 2) headers.append(fields[i]!, fields[i + 1]!);
  return headers;
}

/**
 * Has trailers sent after the answer; returns whether they can be: the client has to say that it takes them
 * (RFC 9110 §6.5.1), in HTTP/1.1.
 *
 * @throws {TypeError} If a field is forbidden.
 */
export function giveTrailers(exchange: Exchange, request: Request, init: TrailersInit): boolean {
  const trailers = typeof init === "function" ? late(init) : known(init);
  if (exchange.responded || !takesTrailers(request)) return false;
  given.set(exchange, trailers);
  return true;
}

/** The trailers of an answer; `undefined` for most. */
export function trailersOf(exchange: Exchange): ResponseTrailers | undefined {
  return given.get(exchange);
}

function known(init: HeadersInit): ResponseTrailers {
  const fields = checked(init);
  const names = fields.filter((_, at) => at % 2 === 0);
  return { names, fields: () => Promise.resolve(fields) };
}

function late(make: () => HeadersInit | Promise<HeadersInit>): ResponseTrailers {
  return { names: [], fields: async () => checked(await make()) };
}

function checked(init: HeadersInit): string[] {
  return fieldsOf(init, (name) => {
    if (FORBIDDEN.has(name)) throw new TypeError(`Cannot send the field "${name}" as a trailer`);
  });
}

/** `TE` lists codings with weights; `trailers` is a word of its own (RFC 9110 §10.1.4). */
function takesTrailers(request: Request): boolean {
  return elementsOf(request.headers.get("te")).includes("trailers");
}
