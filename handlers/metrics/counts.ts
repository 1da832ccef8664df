/**
 * What the metrics count as it happens: an observer of the server. It listens for few of the calls and
 * does little in each: one request on `/` costs two looks at the clock and a handful of additions. Names,
 * labels and the text format belong to `exposition.ts`.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { AbortCode, AbortError, ProtocolCode } from "../../reactor/errors.ts";
import type { Drop, DropReason, ExchangeInfo, Observer, Refusal } from "../../reactor/observer.ts";
import type { Clock } from "../../reactor/ports.ts";
import type { CloseReason } from "../../reactor/states.ts";
import { tallyOf } from "../events/tally.ts";
import { addTally, noMessages, type SocketTally, socketTallyOf } from "../websocket/tally.ts";
import { Buckets } from "./buckets.ts";

/**
 * Bounds of times in milliseconds: Prometheus' default ones, 5 ms to 10 s, and below them those in which
 * a server that only has to look something up answers.
 */
const BOUNDS_MS = [
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1_000,
  2_500,
  5_000,
  10_000,
];

/** See the head of this file. */
export class Counts implements Observer {
  readonly #clock: Clock;
  accepted = 0;
  /** Ended connections by why they ended, and what they had carried. */
  readonly ends: Record<CloseReason, number> = {
    peer_closed: 0,
    peer_reset: 0,
    proxy_header_failed: 0,
    proxy_header_timeout: 0,
    handshake_failed: 0,
    handshake_timeout: 0,
    idle_timeout: 0,
    head_timeout: 0,
    body_timeout: 0,
    write_timeout: 0,
    handler_timeout: 0,
    bad_request: 0,
    tls_handshake: 0,
    limit: 0,
    asked: 0,
    handler_failed: 0,
    upgrade_ended: 0,
    pressure: 0,
    shutdown: 0,
    internal_error: 0,
    forced: 0,
  };
  endedBytes: { in: number; out: number } = { in: 0, out: 0 };
  /** Answers by the first digit of their status; 0 for requests that got none. */
  readonly answers: Float64Array = new Float64Array(10);
  /** From the whole head of a request to the end of its exchange. */
  readonly requestTimes: Buckets = new Buckets(BOUNDS_MS);
  /** Time in the queue, of every request that reached a handler or was refused. */
  readonly queueTimes: Buckets = new Buckets(BOUNDS_MS);
  /** How late a timer was. */
  readonly lags: Buckets = new Buckets(BOUNDS_MS);
  /** By the rule, limit or time-out; none before the first. */
  readonly refusals: Partial<Record<ProtocolCode, number>> = {};
  readonly aborts: Record<AbortCode, number> = {
    peer_gone: 0,
    handler_timeout: 0,
    shutdown: 0,
    closed: 0,
  };
  readonly droppedBytes: Record<DropReason, number> = noDrops();
  readonly droppedRequests: Record<DropReason, number> = noDrops();
  /** Events of the event streams that are over. */
  endedEvents = 0;
  /** What the sockets carried that are over. */
  readonly endedMessages: SocketTally = noMessages();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  opened(_connection: ConnectionInfo): void {
    this.accepted++;
  }

  settled(exchange: ExchangeInfo, _error: AbortError | undefined): void {
    const { status, begunMs, abortReason } = exchange;
    this.answers[Math.floor(status / 100)]!++;
    if (begunMs >= 0) this.requestTimes.add(this.#clock.now() - begunMs);
    this.queueTimes.add(exchange.queuedMs);
    if (abortReason !== undefined) this.aborts[abortReason.code]++;
    this.endedEvents += tallyOf(exchange)?.events ?? 0;
  }

  refused(_connection: ConnectionInfo, { code, status, exchange }: Refusal): void {
    this.refusals[code] = (this.refusals[code] ?? 0) + 1;
    // One that has an exchange is counted when that settles.
    if (exchange === null) this.answers[Math.floor(status / 100)]!++;
  }

  dropped(_connection: ConnectionInfo, { reason, bytes, requests }: Drop): void {
    this.droppedBytes[reason] += bytes;
    this.droppedRequests[reason] += requests;
  }

  closed(connection: ConnectionInfo): void {
    this.ends[connection.closeReason!]++;
    this.endedBytes.in += connection.bytesIn;
    this.endedBytes.out += connection.bytesOut;
    const tally = socketTallyOf(connection);
    if (tally !== undefined) addTally(this.endedMessages, tally);
  }
}

function noDrops(): Record<DropReason, number> {
  return { unread_body: 0, refused: 0, lingering: 0, closed: 0 };
}
