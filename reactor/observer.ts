/**
 * The seam between the engine and whoever watches it: traces, logs, metrics, pages.
 *
 * Observers are told from a queue, once the transition that an event belongs to is complete, in the order
 * in which things happened. While one is told, the connection shows the state in which the event left it.
 * An observer may do anything: end connections, shut the server down, throw. What it asks for is carried
 * out once it has returned. It should be quick, because the server does nothing else meanwhile; what
 * nobody listens for costs nothing.
 *
 * @module
 */

import type { AbortError, ProtocolCode } from "./errors.ts";
import type { Address } from "./ports.ts";
import type { Client, RequestView } from "./request_head.ts";
import type { CloseReason, Phase, State } from "./states.ts";

/** A connection as the application and observers see it: to be read, and to be asked to end. */
export interface ConnectionInfo {
  /** Counts up from 1 within a server. */
  readonly id: number;
  /** The server's end. */
  readonly localAddr: Address;
  /** The client's end. */
  readonly remoteAddr: Address;
  /** Where it is in its life. */
  readonly state: State;
  /** How long it has been in that state, in milliseconds, to the granularity of the reactor's clock. */
  readonly stateMs: number;
  /** How long it has been open, in milliseconds, to the same granularity. */
  readonly ageMs: number;
  /** Requests whose head arrived whole. */
  readonly requests: number;
  /** Bytes read from the peer. */
  readonly bytesIn: number;
  /** Bytes that the kernel has taken for the peer. */
  readonly bytesOut: number;
  /** Bytes that arrived and were thrown away unread. */
  readonly bytesDiscarded: number;
  /** Why it ended; `null` while it is open. */
  readonly closeReason: CloseReason | null;
  /** An `AbortSignal` that fires when the connection ends, with the close reason in its message. */
  readonly signal: unknown;
  /** Ends it in good order: at once when it is idle, else after the answer under way. */
  close(reason?: CloseReason): void;
  /** Cuts it now; a handler at work is told through its signal. */
  abort(reason?: CloseReason): void;
}
/** One request and its answer, as an observer sees it. */
export interface ExchangeInfo {
  /** The connection that it came on. */
  readonly connection: ConnectionInfo;
  /** Who sent the request: the peer, or whoever the option `trustedProxies` lets it speak for. */
  readonly client: Client;
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
  /** The rest of a request that was refused, and what came after it. */
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
  /** The exchange in whose place it was given; `null` when its head could not be read whole. */
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
  /** A request's head has arrived whole; its handler has not been called yet, and is not if it is refused. */
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
