/**
 * What the engine itself says: to the client, the answer to a request that it refuses; to the application,
 * the errors that tell why an exchange ended.
 *
 * @module
 */

import {
  type AbortCode,
  AbortError,
  BodyError,
  type ProtocolCode,
  ProtocolError,
  STATUS_OF,
} from "../errors.ts";
import type { ResponseHead } from "../exchange.ts";
import { statusLine } from "../h1/serialize.ts";
import type { CloseReason } from "../states.ts";

/**
 * A whole answer, after which the connection is closed. It has no content, so that it is correct for every
 * method, HEAD included, and echoes nothing. `connection: close` tells the client that nothing it sent
 * after the request will be read.
 */
export function refusal(status: number, dateLine: string): string {
  return statusLine(status, 1) + "content-length: 0\r\n" + dateLine + "connection: close\r\n\r\n";
}

/** Why a request that breaks no rule is turned away; its connection persists. */
export type Rejection = "overloaded" | "too_many_requests";

/**
 * The answers to requests that are turned away. The client may retry after a second: by then a queue that is
 * full now has, by default, handled or turned away all that is in it.
 */
export const REJECTIONS: Readonly<Record<Rejection, ResponseHead>> = {
  overloaded: { status: STATUS_OF.overloaded, fields: ["retry-after", "1"] },
  too_many_requests: { status: STATUS_OF.too_many_requests, fields: ["retry-after", "1"] },
};

/** The close reason of a connection whose request was refused. */
export function refusalReason(code: ProtocolCode): CloseReason {
  switch (code) {
    case "head_timeout":
    case "body_timeout":
    case "handler_timeout":
    case "tls_handshake":
      return code;
    case "body_too_large":
    case "target_too_long":
    case "head_too_large":
    case "too_many_fields":
    case "too_many_requests":
    case "overloaded":
      return "limit";
    default:
      return "bad_request";
  }
}

/** The refusal of a request whose body violated the protocol or a limit while it was read. */
export function brokenBody(error: BodyError): ProtocolError {
  const code = error.code === "body_too_large" ? "body_too_large" : "bad_chunk";
  return new ProtocolError(code, error.message);
}

/** The error of reads of the request body when the engine has answered in the handler's place. */
export function bodyErrorOf(error: ProtocolError): BodyError {
  const { code, message } = error;
  const known = code === "body_too_large" || code === "body_timeout" || code === "bad_chunk";
  return new BodyError(known ? code : "aborted", message, { cause: error });
}

/** The error of a read after the answer, if the request body was not read to its end before. */
export function cutShort(): BodyError {
  return new BodyError("aborted", "Cannot read the body: the exchange is over");
}

/**
 * The error that `request.signal` and `info.completed` give when a connection ends for this reason. It has
 * a `cause` if the engine has answered in the handler's place.
 */
export function abortError(reason: CloseReason, cause?: ProtocolError): AbortError {
  const { 0: code, 1: message } = ABORTS[reason] ?? OTHERWISE;
  return new AbortError(code, message, cause === undefined ? {} : { cause });
}

const OTHERWISE = ["closed", "The connection was closed"] as const;

const ABORTS: Partial<Record<CloseReason, readonly [AbortCode, string]>> = {
  peer_closed: ["peer_gone", "The client closed the connection"],
  peer_reset: ["peer_gone", "The client reset the connection"],
  write_timeout: ["peer_gone", "The client took the answer too slowly"],
  body_timeout: ["peer_gone", "The client sent the body too slowly"],
  handler_timeout: ["handler_timeout", "The handler took longer than its time-out"],
  shutdown: ["shutdown", "The server is shutting down"],
  forced: ["shutdown", "The server was shut down"],
};
