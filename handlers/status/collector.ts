/**
 * What happens on a server while somebody looks at its status page: an observer that counts.
 *
 * @module
 */

import type { AbortError, ProtocolCode } from "../../reactor/errors.ts";
import type {
  ConnectionInfo,
  Drop,
  DropReason,
  ExchangeInfo,
  Observer,
  Refusal,
} from "../../reactor/observer.ts";
import type { CloseReason, Phase, State } from "../../reactor/states.ts";
import { Histogram } from "./histogram.ts";
import { addCounts, addDropped, type Dropped, type Happened } from "./sample.ts";

/** Counts from one call of `take` to the next. */
export class Collector implements Observer {
  /** Bytes of connections that have ended since the beginning. */
  readonly endedBytes: { in: number; out: number } = { in: 0, out: 0 };
  readonly #onPhase: (phase: Phase) => void;
  /** How long each connection's last queued request waited, to be shown. */
  readonly #queueMs = new WeakMap<ConnectionInfo, number>();
  /** The same of the request under way. */
  readonly #waited = new WeakMap<ConnectionInfo, number>();
  readonly #latency = new Histogram();
  #closeReasons = new Map<CloseReason, number>();
  #refusals = new Map<ProtocolCode, number>();
  #drops = new Map<DropReason, Dropped>();
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
    const reason = connection.closeReason ?? "internal_error";
    this.#closeReasons.set(reason, addCounts(this.#closeReasons.get(reason) ?? 0, 1));
  }

  dropped(_connection: ConnectionInfo, { reason, bytes, requests }: Drop): void {
    const before = this.#drops.get(reason) ?? { bytes: 0, requests: 0 };
    this.#drops.set(reason, addDropped(before, { bytes, requests }));
  }

  settled(exchange: ExchangeInfo, error: AbortError | undefined): void {
    if (error !== undefined) return;
    this.#answers++;
    if (exchange.status >= 500) this.#errors++;
  }

  refused(_connection: ConnectionInfo, { code, status }: Refusal): void {
    this.#refused++;
    if (status >= 500) this.#errors++;
    this.#refusals.set(code, addCounts(this.#refusals.get(code) ?? 0, 1));
  }

  entered(phase: Phase): void {
    this.#onPhase(phase);
  }

  /** How long the last request of a connection that had to queue waited, in milliseconds; `null` if none did. */
  queueMs(connection: ConnectionInfo): number | null {
    if (connection.state === "queued") return connection.stateMs;
    return this.#queueMs.get(connection) ?? null;
  }

  /** What happened since the last call. */
  take(): Happened {
    const happened = {
      opened: this.#opened,
      answers: this.#answers,
      errors: this.#errors,
      refused: this.#refused,
      latency: this.#latency.buckets,
      closeReasons: this.#closeReasons,
      refusals: this.#refusals,
      drops: this.#drops,
    };
    this.#opened =
      this.#answers =
      this.#errors =
      this.#refused =
        0;
    this.#latency.clear();
    this.#closeReasons = new Map();
    this.#refusals = new Map();
    this.#drops = new Map();
    return happened;
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
}
