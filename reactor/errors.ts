/**
 * The engine's errors: each has a stable `code` to match on; the text is for people and may change.
 *
 * @module
 */

/** What a peer did wrong, or which bound was reached: a stable name to match on. */
export type ProtocolCode =
  | "bad_request_line"
  | "tls_handshake"
  | "bad_target"
  | "bad_field"
  | "bad_host"
  | "bad_framing"
  | "bad_chunk"
  | "bad_upgrade"
  | "head_timeout"
  | "body_timeout"
  | "body_too_large"
  | "target_too_long"
  | "bad_expectation"
  | "too_many_requests"
  | "head_too_large"
  | "too_many_fields"
  | "method_too_long"
  | "unknown_coding"
  | "connect_refused"
  | "overloaded"
  | "handler_timeout"
  | "bad_version";

/** The status with which each is answered. */
export const STATUS_OF: Readonly<Record<ProtocolCode, number>> = {
  bad_request_line: 400,
  tls_handshake: 400,
  bad_target: 400,
  bad_field: 400,
  bad_host: 400,
  bad_framing: 400,
  bad_chunk: 400,
  bad_upgrade: 400,
  head_timeout: 408,
  body_timeout: 408,
  body_too_large: 413,
  target_too_long: 414,
  bad_expectation: 417,
  too_many_requests: 429,
  head_too_large: 431,
  too_many_fields: 431,
  method_too_long: 501,
  unknown_coding: 501,
  connect_refused: 501,
  overloaded: 503,
  handler_timeout: 503,
  bad_version: 505,
};

/** A request that cannot be served; the connection answers `status` and closes in stages. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolCode;
  /** The status of the answer. */
  readonly status: number;

  constructor(code: ProtocolCode, message: string) {
    super(message);
    this.code = code;
    this.status = STATUS_OF[code];
  }
}

/** Why a request's body could not be read to its end. */
export type BodyCode =
  | "body_too_large"
  | "body_timeout"
  | "bad_chunk"
  | "peer_closed"
  | "aborted"
  | "body_used";

/** A read of a request's body that failed. `status` is what the default error answer uses. */
export class BodyError extends TypeError {
  /** Always "BodyError". */
  override readonly name = "BodyError";
  /** What went wrong; match on this. */
  readonly code: BodyCode;
  /** The status of the default answer: 400, 408 or 413. */
  readonly status: number;

  /** `options.cause` is the error behind it, if any. */
  constructor(code: BodyCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = code === "body_too_large" ? 413 : code === "body_timeout" ? 408 : 400;
  }
}

/** Why an exchange was aborted. */
export type AbortCode = "peer_gone" | "handler_timeout" | "shutdown" | "closed";

/** The reason of an aborted `request.signal`. */
export class AbortError extends Error {
  /** As for every abort of the platform, so that `error.name === "AbortError"` holds. */
  override readonly name = "AbortError";
  /** Why; match on this. */
  readonly code: AbortCode;

  /** The message is for people; `options.cause` is the error with which the engine answered instead, if it did. */
  constructor(code: AbortCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
