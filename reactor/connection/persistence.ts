/**
 * Whether a connection goes on after an answer (RFC 9112 §9.3), and what becomes of a request's body that
 * was not read to its end. Pure: it decides from facts and changes nothing.
 *
 * @module
 */

import type { CloseReason } from "../states.ts";

/** What the body of a request says. */
export interface BodyFacts {
  /** Whether its last byte has been decoded. */
  readonly complete: boolean;
  /** Whether it cannot be read any more. */
  readonly failed: boolean;
  /** Whether anybody has begun to read it. */
  readonly begun: boolean;
  /** Whether somebody has begun to read it, and has neither reached its end nor given up. */
  readonly owned: boolean;
  /** Whether a read is under way. */
  readonly reading: boolean;
  /** Whether any of it has arrived. */
  readonly arriving: boolean;
  /** Bytes to come; `null` when only the end will tell. */
  readonly remaining: number | null;
}

/** What a request says. */
export interface RequestFacts {
  /** What the request itself says about persistence. */
  readonly keepAlive: boolean;
  /** A `100 (Continue)` is owed. */
  readonly expectsContinue: boolean;
  readonly body: BodyFacts | null;
}

/** What its connection says. */
export interface ConnectionFacts {
  readonly limits: { readonly requestsPerConnection: number; readonly drainBytes: number };
  /** Requests so far, the present one included. */
  readonly requests: number;
  /** How it is to end. */
  readonly ending: { readonly kind: string; readonly reason: CloseReason | null };
  /** Whether the client has ended its side. */
  readonly peerEnded: boolean;
  /** Whether the server is about to shut down. */
  readonly leaving: boolean;
}

/** Whether the answer may be followed by another, as far as the request's body does not stand in the way. */
export function mayPersist(request: RequestFacts, connection: ConnectionFacts): boolean {
  return request.keepAlive && connection.ending.kind === "open" && !connection.leaving &&
    !isLast(connection);
}

/**
 * The same for an answer that is streamed, during which a body that was begun may be read to its end. Says
 * nothing about a body that nobody has begun to read.
 */
export function mayPersistStreaming(request: RequestFacts, connection: ConnectionFacts): boolean {
  // Without a `100 (Continue)` nobody can know whether the body will come.
  const unasked = request.expectsContinue && request.body?.complete === false;
  return !unasked && mayPersist(request, connection);
}

/** Whether the rest of a body is little enough to be read and thrown away, or is being read at this moment. */
export function canDrain(request: RequestFacts, connection: ConnectionFacts): boolean {
  const { body } = request;
  if (body === null || connection.peerEnded || body.failed) return false;
  if (body.reading) return true;
  const { remaining } = body;
  // A client that has sent nothing of it may have chosen to wait for the answer first.
  return remaining !== null && remaining <= connection.limits.drainBytes && body.arriving &&
    !request.expectsContinue;
}

/** How it stands with the rest of a body whose answer has gone out. */
export type Rest =
  /** All of it has come. */
  | "passed"
  /** Whoever began to read it still may. */
  | "wanted"
  /** Nobody reads it, and it is little enough to be thrown away as it comes. */
  | "unwanted"
  /** Nobody reads it, and it is too much for that. */
  | "too_much"
  /** The client has ended its side before all of it came. */
  | "cut_short";

/** See {@linkcode Rest}. */
export function restOf(body: BodyFacts, { limits, peerEnded }: ConnectionFacts): Rest {
  if (body.complete) return "passed";
  if (peerEnded) return "cut_short";
  if (body.owned) return "wanted";
  return body.remaining !== null && body.remaining <= limits.drainBytes ? "unwanted" : "too_much";
}

/** Why a connection ends after an answer that nobody outside asked to be the last. */
export function lastReason(connection: ConnectionFacts): CloseReason {
  if (connection.ending.reason !== null) return connection.ending.reason;
  if (connection.peerEnded) return "peer_closed";
  if (connection.leaving) return "shutdown";
  return isLast(connection) ? "limit" : "asked";
}

function isLast({ limits, requests }: ConnectionFacts): boolean {
  return limits.requestsPerConnection > 0 && requests >= limits.requestsPerConnection;
}
