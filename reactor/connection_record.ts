/**
 * What is known about a connection: who it is, where it stands and since when, what it has cost, and in
 * the end why it ended. What it does, `connection.ts` says; the state changes here alone.
 *
 * @module
 */

import type { ConnectionInfo } from "./connection_info.ts";
import { Deadlines } from "./deadlines.ts";
import type { Engine } from "./engine.ts";
import type { AbortError } from "./errors.ts";
import type { Limits } from "./options.ts";
import type { Aborter, Address, Codec, Conn } from "./ports.ts";
import { abortError } from "./refusal.ts";
import { type CloseReason, type Event, type State, transition } from "./states.ts";

/** Where a connection comes from. */
export interface Entry {
  readonly id: number;
  /** Over a limit: it gets a 503 and nothing else. */
  readonly refused: boolean;
}

/** The passive part of a connection. */
export abstract class ConnectionRecord implements ConnectionInfo {
  readonly id: number;
  readonly refused: boolean;
  readonly secure: boolean;
  requests = 0;
  bytesDiscarded = 0;
  closeReason: CloseReason | null = null;
  /** @internal Somebody asked for the end, and why: the next answer is the last. */
  asked: CloseReason | null = null;
  protected readonly engine: Engine;
  protected readonly conn: Conn;
  protected readonly deadlines: Deadlines;
  #state: State;
  #aborter: Aborter | null = null;

  constructor(engine: Engine, conn: Conn, entry: Entry) {
    this.id = entry.id;
    this.refused = entry.refused;
    this.secure = conn.handshake !== undefined;
    this.engine = engine;
    this.conn = conn;
    this.#state = this.secure ? "handshake" : "idle";
    this.deadlines = new Deadlines(engine.options, { state: this.#state, now: engine.now });
  }

  abstract get bytesIn(): number;
  abstract get bytesOut(): number;
  abstract close(reason?: CloseReason): void;
  abstract abort(reason?: CloseReason): void;

  get localAddr(): Address {
    return this.conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.conn.remoteAddr;
  }

  get state(): State {
    return this.#state;
  }

  get stateMs(): number {
    return this.engine.now - this.deadlines.since;
  }

  get signal(): unknown {
    if (this.#aborter === null) {
      this.#aborter = this.engine.ports.newAborter();
      if (this.closeReason !== null) this.#aborter.abort(abortError(this.closeReason));
    }
    return this.#aborter.signal;
  }

  get limits(): Limits {
    return this.engine.options.limits;
  }

  get codec(): Codec {
    return this.engine.ports.codec;
  }

  get dateLine(): string {
    return this.engine.dateLine;
  }

  get keepAliveLine(): string {
    return this.engine.keepAliveLine;
  }

  /** Keeps the process alive; the default. */
  ref(): void {
    this.conn.ref();
  }

  /** Lets the process end though the connection is open. */
  unref(): void {
    this.conn.unref();
  }

  /** Goes where the table says, and starts the clock of the new state. */
  protected move(event: Event): void {
    this.#state = transition(this.#state, event);
    this.deadlines.entered(this.#state, this.engine.now);
    this.touch();
  }

  /** Has the deadlines looked at by the next tick. */
  protected abstract touch(): void;

  /** Fires the connection's own signal, if anybody has asked for it. */
  protected fireSignal(error: AbortError): void {
    this.#aborter?.abort(error);
  }
}
