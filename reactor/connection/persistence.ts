/**
 * Whether a connection goes on behind an answer (RFC 9112 §9.3), and what becomes of a request's body
 * that was not read to its end. Pure.
 *
 * @module
 */

import type { LiveExchange } from "./live_exchange.ts";
import type { Limits } from "../options/options.ts";
import type { LiveBody } from "./request_body.ts";
import type { CloseReason } from "../states.ts";

/** What it depends on besides the exchange. */
export interface Circumstances {
  readonly limits: Limits;
  /** Requests on the connection so far. */
  readonly requests: number;
  /** Why the connection was told to end, if it was. */
  readonly asked: CloseReason | null;
  /** Whether the client has ended its side. */
  readonly peerEnded: boolean;
}

/** Whether the answer may be followed by another, as far as the request's body does not stand in the way. */
export function mayGoOn(exchange: LiveExchange, facts: Circumstances): boolean {
  return exchange.keepAlive && facts.asked === null && !isLast(facts);
}

/** The same for a streamed answer, during which a body that was begun may be read to its end. */
export function mayGoOnStreaming(exchange: LiveExchange, facts: Circumstances): boolean {
  // Without a `100 (Continue)` nobody can know whether the body will come.
  const unasked = exchange.expectsContinue && exchange.body?.complete === false;
  const { body } = exchange;
  return !unasked && mayGoOn(exchange, facts) && (body?.begun || canPass(exchange, facts));
}

/** Whether the next request can be reached behind a body that was not read. */
export function canPass(exchange: LiveExchange, facts: Circumstances): boolean {
  const { body } = exchange;
  return body === null || body.keepRest() || canDrain(exchange, body, facts);
}

/** Whether the rest of the body is little enough, or somebody is reading it at this moment. */
export function canDrain(exchange: LiveExchange, body: LiveBody, facts: Circumstances): boolean {
  if (facts.peerEnded || body.failed) return false;
  if (body.reading) return true;
  const { remaining } = body;
  // A client that has sent nothing of it may have chosen to wait for the answer first.
  return remaining !== null && remaining <= facts.limits.drainBytes && body.arriving &&
    !exchange.expectsContinue;
}

/** Why a connection ends behind an answer that nobody outside asked to be the last. */
export function lastReason(facts: Circumstances): CloseReason {
  if (facts.peerEnded) return "peer_closed";
  return isLast(facts) ? "limit" : "asked";
}

function isLast({ limits, requests }: Circumstances): boolean {
  return limits.requestsPerConnection > 0 && requests >= limits.requestsPerConnection;
}
