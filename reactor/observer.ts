/**
 * The seam between the engine and whoever watches it: traces, logs, metrics, pages. The engine reckons
 * nothing for a call that nobody listens for; each is made where the thing happens, and must be quick.
 *
 * @module
 */

import type { ConnectionInfo } from "./connection/connection_info.ts";
import type { AbortError, ProtocolCode } from "./errors.ts";
import type { RequestView } from "./head_view.ts";
import type { Phase } from "./reactor.ts";
import type { State } from "./states.ts";

/** One request and its answer, as an observer sees it. */
export interface ExchangeInfo {
  /** The connection that it came on. */
  readonly connection: ConnectionInfo;
  /** The request's method, case as sent. */
  readonly method: string;
  /** The minor version of HTTP/1 in the request line. */
  readonly minorVersion: 0 | 1;
  /** The status of the answer; 0 while there is none, and for ever if the connection ended before. */
  readonly status: number;
  /** Bytes of the request's body taken in so far, read or thrown away, without the framing of chunks. */
  readonly requestBodyBytes: number;
  /** Bytes of the answer's body put into the output so far, without the framing of chunks. */
  readonly bodyBytes: number;
  /**
   * When its head had arrived whole, in milliseconds of the engine's monotonic clock (in Deno that of
   * `performance.now()`); -1 if nobody listened for `begun` or `settled` then.
   */
  readonly begunMs: number;
  /** How long it waited in the queue before its handler began, in milliseconds; 0 if it has not, or did not. */
  readonly queuedMs: number;
  /** Why it was aborted before its answer was delivered; else `undefined`. */
  readonly abortReason: AbortError | undefined;
}

/** Why something that had arrived was thrown away. */
export type DropReason =
  /** The rest of a body that its handler did not read. */
  | "unread_body"
  /** What stood behind, or in, a request that was refused. */
  | "refused"
  /** What came while the connection was being closed in stages. */
  | "lingering"
  /** What was waiting, or being answered, when the connection ended. */
  | "closed";

/** What was thrown away. */
export interface Drop {
  /** Where it was on its way. */
  readonly reason: DropReason;
  /** Bytes that arrived and nobody read. */
  readonly bytes: number;
  /** Requests that got no whole answer. */
  readonly requests: number;
  /** For `"refused"`, the rule, limit or time-out; else `null`. */
  readonly code: ProtocolCode | null;
}

/** The answer that the engine gave on its own. */
export interface Refusal {
  /** Which rule, limit or time-out it was. */
  readonly code: ProtocolCode;
  /** The status of the answer. */
  readonly status: number;
  /** The exchange in whose place it was given; `null` when the request never got that far. */
  readonly exchange: ExchangeInfo | null;
}

/**
 * Whoever watches a server. Every method is optional, and one that is not there when the observer is added
 * costs nothing; what one throws is reported and goes no further.
 */
export interface Observer {
  /** A connection was accepted. */
  opened?(connection: ConnectionInfo): void;
  /** A connection has left the state `from`, in which it was for `ms` milliseconds. */
  moved?(connection: ConnectionInfo, from: State, ms: number): void;
  /** Bytes or requests were thrown away. */
  dropped?(connection: ConnectionInfo, drop: Drop): void;
  /** A request's head has arrived whole; it can be looked at only until the call returns. */
  begun?(exchange: ExchangeInfo, request: RequestView): void;
  /** An exchange is over; `error` says why its answer was not delivered whole. */
  settled?(exchange: ExchangeInfo, error: AbortError | undefined): void;
  /** The engine answered on its own. */
  refused?(connection: ConnectionInfo, refusal: Refusal): void;
  /** A connection has ended, for its `closeReason`; the last that is told of it. */
  closed?(connection: ConnectionInfo): void;
  /** The server has come into another phase of its life. */
  entered?(phase: Phase): void;
}
