/**
 * What the status page counts while somebody looks at it: an observer of the server. Rates and times are
 * of the interval since they were last taken, the totals since the collector began.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { AbortError } from "../../reactor/errors.ts";
import type { Drop, ExchangeInfo, Observer, Refusal } from "../../reactor/observer.ts";
import type { Phase } from "../../reactor/states.ts";
import type { CloseReason, State } from "../../reactor/states.ts";
import { Histogram } from "./histogram.ts";

/** What happened in one interval. */
export interface Interval {
  /** Connections that were accepted. */
  readonly opened: number;
  /** Answers that were delivered whole. */
  readonly answers: number;
  /** Of those and of the engine's own, how many had a status of 500 or more. */
  readonly errors: number;
  /** Requests that the engine answered on its own. */
  readonly refused: number;
  /** From a request's head to the head of its answer, in milliseconds; `null` without any answer. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number } | null;
}

/** What was thrown away, for one reason. */
export interface Dropped {
  /** Bytes that nobody read. */
  readonly bytes: number;
  /** Requests that got no whole answer. */
  readonly requests: number;
}

/** See the head of this file. */
export class Collector implements Observer {
  /** Bytes of connections that have ended since. */
  endedBytes: { in: number; out: number } = { in: 0, out: 0 };
  /** How many connections ended, by reason. */
  readonly closeReasons: Map<CloseReason, number> = new Map();
  /** What was thrown away, by reason. */
  readonly drops: Map<Drop["reason"], Dropped> = new Map();
  /** How often the engine answered on its own, by the rule that was broken. */
  readonly refusals: Map<Refusal["code"], number> = new Map();
  readonly #onPhase: (phase: Phase) => void;
  readonly #latency = new Histogram();
  /** How long each connection's last queued request waited, to be shown. */
  readonly #queueMs = new WeakMap<ConnectionInfo, number>();
  /** The same of the request under way. */
  readonly #waited = new WeakMap<ConnectionInfo, number>();
  #opened = 0;
  #answers = 0;
  #errors = 0;
  #refused = 0;

  constructor(onPhase: (phase: Phase) => void) {
    this.#onPhase = onPhase;
  }

  opened(_connection: ConnectionInfo): void {
    this.#opened++;
  }

  moved(connection: ConnectionInfo, from: State, ms: number): void {
    if (from === "queued") this.#queued(connection, ms);
    if (from === "handling") this.#handled(connection, ms);
  }

  closed(connection: ConnectionInfo): void {
    this.endedBytes.in += connection.bytesIn;
    this.endedBytes.out += connection.bytesOut;
    count(this.closeReasons, connection.closeReason ?? "internal_error");
  }

  dropped(_connection: ConnectionInfo, drop: Drop): void {
    const { bytes, requests } = this.drops.get(drop.reason) ?? { bytes: 0, requests: 0 };
    this.drops.set(drop.reason, {
      bytes: bytes + drop.bytes,
      requests: requests + drop.requests,
    });
  }

  settled(exchange: ExchangeInfo, error: AbortError | undefined): void {
    if (error !== undefined) return;
    this.#answers++;
    if (exchange.status >= 500) this.#errors++;
  }

  refused(_connection: ConnectionInfo, refusal: Refusal): void {
    this.#refused++;
    if (refusal.status >= 500) this.#errors++;
    count(this.refusals, refusal.code);
  }

  entered(phase: Phase): void {
    this.#onPhase(phase);
  }

  /** How long the last request of a connection that had to queue waited, in milliseconds; `null` if none did. */
  queueMs(connection: ConnectionInfo): number | null {
    if (connection.state === "queued") return connection.stateMs;
    return this.#queueMs.get(connection) ?? null;
  }

  /** What happened since the last call; begins the next interval. */
  take(): Interval {
    const interval = {
      opened: this.#opened,
      answers: this.#answers,
      errors: this.#errors,
      refused: this.#refused,
      latency: this.#percentiles(),
    };
    this.#opened =
      this.#answers =
      this.#errors =
      this.#refused =
        0;
    this.#latency.clear();
    return interval;
  }

  #queued(connection: ConnectionInfo, ms: number): void {
    this.#queueMs.set(connection, ms);
    this.#waited.set(connection, ms);
  }

  /** A request's time is that in the queue and that of its handler; one without an answer has none. */
  #handled(connection: ConnectionInfo, ms: number): void {
    const waitedMs = this.#waited.get(connection) ?? 0;
    this.#waited.delete(connection);
    if (connection.state === "writing") this.#latency.add(waitedMs + ms);
  }

  #percentiles(): Interval["latency"] {
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => this.#latency.percentile(share));
    return p50 == null || p90 == null || p99 == null ? null : { p50, p90, p99 };
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
