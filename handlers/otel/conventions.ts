/**
 * OpenTelemetry's semantic conventions for HTTP servers: the names, and how their values come out
 * of a request and its answer. Pure. The names are written here and not taken from their npm
 * package: these few are stable, and the package is 9 MB.
 *
 * https://opentelemetry.io/docs/specs/semconv/http/
 *
 * @module
 */

import type { Attributes } from "@opentelemetry/api";
import { type AbortError, ProtocolError } from "../../reactor/errors.ts";
import type { ExchangeInfo } from "../../reactor/observer.ts";
import type { Arrival } from "../fetch/handler_context.ts";
import { redactQuery } from "../redact.ts";

/** The scheme of a server's URLs. */
export type Scheme = "http" | "https";

export const HTTP_REQUEST_METHOD = "http.request.method";
export const HTTP_REQUEST_METHOD_ORIGINAL = "http.request.method_original";
export const HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
export const HTTP_ROUTE = "http.route";
export const URL_SCHEME = "url.scheme";
export const URL_PATH = "url.path";
export const URL_QUERY = "url.query";
export const SERVER_ADDRESS = "server.address";
export const SERVER_PORT = "server.port";
export const CLIENT_ADDRESS = "client.address";
export const NETWORK_PEER_ADDRESS = "network.peer.address";
export const NETWORK_PEER_PORT = "network.peer.port";
export const NETWORK_PROTOCOL_VERSION = "network.protocol.version";
export const USER_AGENT_ORIGINAL = "user_agent.original";
export const ERROR_TYPE = "error.type";

/** Stands for any other method, so that clients cannot create time series. */
export const OTHER_METHOD = "_OTHER";

const METHODS = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "QUERY",
  "TRACE",
]);

/** In seconds, as the conventions advise for `http.server.request.duration`. */
export const DURATION_BOUNDS: number[] = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.075,
  0.1,
  0.25,
  0.5,
  0.75,
  1,
  2.5,
  5,
  7.5,
  10,
];

/** In bytes. The conventions advise none; these are those of Deno.serve. */
export const SIZE_BOUNDS: number[] = [
  0,
  100,
  1_000,
  10_000,
  100_000,
  1_000_000,
  10_000_000,
  100_000_000,
  1_000_000_000,
];

/** The method as the conventions know it. */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : OTHER_METHOD;
}

/** The name of a span before anybody knows its route. */
export function spanName(method: string): string {
  return METHODS.has(method) ? method : "HTTP";
}

/** What is known of a request when its span begins. */
export function requestAttributes({ exchange, request }: Arrival, scheme: Scheme): Attributes {
  const { method, minorVersion } = exchange;
  const known = knownMethod(method);
  const attributes: Attributes = {
    [HTTP_REQUEST_METHOD]: known,
    [URL_SCHEME]: scheme,
    [NETWORK_PROTOCOL_VERSION]: `1.${minorVersion}`,
  };
  if (known !== method) attributes[HTTP_REQUEST_METHOD_ORIGINAL] = method;
  const userAgent = request.headers.get("user-agent");
  if (userAgent !== null) attributes[USER_AGENT_ORIGINAL] = userAgent;
  addUrl(attributes, request.url);
  addPeer(attributes, exchange);
  return attributes;
}

/** Scheme, authority, path, query; taken apart as sent, since `URL` would normalize. */
const URL_PARTS = /^[^:]*:\/\/(?:[^/?@]*@)?(\[[^\]]*\]|[^/?:]*)(?::(\d*))?([^?]*)(?:\?(.*))?$/s;

function addUrl(attributes: Attributes, url: string): void {
  const [, host = "", port = "", path = "", query] = URL_PARTS.exec(url) ?? [];
  if (path !== "") attributes[URL_PATH] = path;
  if (query !== undefined) attributes[URL_QUERY] = redactQuery(query);
  if (host === "") return;
  attributes[SERVER_ADDRESS] = host.startsWith("[") ? host.slice(1, -1) : host;
  attributes[SERVER_PORT] = port === "" ? defaultPort(attributes) : Number(port);
}

function defaultPort(attributes: Attributes): number {
  return attributes[URL_SCHEME] === "https" ? 443 : 80;
}

/** The client is the peer, or whoever a trusted proxy names: any other field that names one can be forged. */
function addPeer(attributes: Attributes, { client, connection }: ExchangeInfo): void {
  const { remoteAddr } = connection;
  if (client.address !== null) attributes[CLIENT_ADDRESS] = client.address;
  if (remoteAddr.transport === "unix") return;
  attributes[NETWORK_PEER_ADDRESS] = remoteAddr.hostname;
  attributes[NETWORK_PEER_PORT] = remoteAddr.port;
}

/** How an exchange ended. */
export interface SpanEnding {
  /** Of the answer that was sent; 0 if none was. */
  readonly status: number;
  /** The error's low-cardinality name; `undefined` if it went well. */
  readonly errorType: string | undefined;
  /** Whether the span is an error; a mistake of the client is not. */
  readonly isError: boolean;
}

/**
 * The ending of an exchange: `error` says why its answer was lost or given by the engine, `failure` what
 * the handler or its body's stream threw.
 */
export function endingOf(
  { status, abortReason }: Pick<ExchangeInfo, "status" | "abortReason">,
  { error, failure }: { error: AbortError | undefined; failure: unknown },
): SpanEnding {
  if (error === undefined) {
    const isError = status >= 500;
    return { status, isError, errorType: isError ? String(status) : undefined };
  }
  if (error.cause instanceof ProtocolError) {
    return { status, isError: status >= 500, errorType: error.cause.code };
  }
  return { status, isError: true, errorType: lossType(error, { abortReason, failure }) };
}

/** A connection that is just "closed" was closed for what came before: a failure, or a handler told to stop. */
function lossType(
  error: AbortError,
  { abortReason, failure }: { abortReason: AbortError | undefined; failure: unknown },
): string {
  if (error.code !== "closed") return error.code;
  return failure === undefined ? (abortReason ?? error).code : typeName(failure);
}

function typeName(failure: unknown): string {
  return failure instanceof Error ? failure.name : typeof failure;
}

/** What tells the time series of an answer apart. */
export function answerAttributes(
  exchange: ExchangeInfo,
  { scheme, route, ending }: { scheme: Scheme; route: string | undefined; ending: SpanEnding },
): Attributes {
  const attributes: Attributes = {
    [HTTP_REQUEST_METHOD]: knownMethod(exchange.method),
    [URL_SCHEME]: scheme,
    [NETWORK_PROTOCOL_VERSION]: `1.${exchange.minorVersion}`,
  };
  if (route !== undefined) attributes[HTTP_ROUTE] = route;
  if (ending.status > 0) attributes[HTTP_RESPONSE_STATUS_CODE] = ending.status;
  if (ending.errorType !== undefined) attributes[ERROR_TYPE] = ending.errorType;
  return attributes;
}
