/**
 * What a connection is: who, where it stands and since when, what it has cost, its two halves, and in the
 * end why it ended. What it does with them, `connection.ts` says; the state changes here alone.
 *
 * @module
 */

import type { Applicant } from "../admission/ticket.ts";
import type { ConnectionInfo } from "./connection_info.ts";
import { Deadlines } from "../timing/deadlines.ts";
import type { Engine } from "./engine.ts";
import type { AbortError, ProtocolCode } from "../errors.ts";
import { Inbox } from "../memory/inbox.ts";
import type { DropReason, Observer } from "../observer.ts";
import type { Observers } from "../dispatch/observers.ts";
import type { Limits, Timeouts } from "../options/options.ts";
import { Outbox } from "../memory/outbox.ts";
import type { PlainAnswers } from "../answer/plain_answers.ts";
import type { Aborter, Address, Codec, Conn } from "../ports.ts";
import { Receiver, type ReceiverEvents } from "./receiver.ts";
import { abortError } from "../answer/refusal.ts";
import { Sender, type SenderEvents } from "./sender.ts";
import { type CloseReason, follow, type Stage, STAGES, type State } from "../states.ts";

import { type Expiring, WheelNode } from "../timing/timer_wheel.ts";

/** Where a connection comes from. */
export interface Entry {
  readonly id: number;
  /** Over a limit: it gets a 503 and nothing else. */
  readonly refused: boolean;
}

/** The passive part of a connection. */
export abstract class ConnectionRecord
  implements ConnectionInfo, Expiring, ReceiverEvents, SenderEvents, Applicant {
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
  protected readonly receiver: Receiver;
  protected readonly sender: Sender;
  /** What has arrived and is not used yet. */
  readonly inbox: Inbox;
  /** What waits to be written. */
  readonly outbox: Outbox;
  /** @internal Its place on the reactor's wheel, and whether the next tick looks at it. */
  readonly timer: WheelNode = new WheelNode(this);
  /** @internal */
  listed = false;
  /** `bytesOut` when the output was last empty. */
  protected outMark = 0;
  #stage: Stage;
  readonly #openedMs: number;
  #aborter: Aborter | null = null;
  /** When it came into its state, by the exact clock; known once somebody watches. */
  #enteredMs = -1;

  constructor(engine: Engine, conn: Conn, entry: Entry) {
    this.id = entry.id;
    this.refused = entry.refused;
    this.secure = conn.handshake !== undefined;
    this.engine = engine;
    this.conn = conn;
    this.#openedMs = engine.now;
    this.#stage = STAGES[this.secure ? "handshake" : "idle"];
    this.deadlines = new Deadlines(engine.options, { stage: this.#stage, now: engine.now });
    const { limits } = engine.options;
    const inbox = new Inbox(engine.pool, { maxBytes: limits.headBytes });
    const outbox = new Outbox(engine.pool, engine.ports.codec);
    this.inbox = inbox;
    this.outbox = outbox;
    this.sender = new Sender(this, { conn, outbox });
    this.receiver = new Receiver(this, { engine, conn, inbox, sender: this.sender });
  }

  /** A time-out has passed. */
  protected abstract tooLong(timeout: keyof Timeouts): void;
  /** The outbox is empty: whatever waited for that comes now. */
  protected abstract goOn(): void;
  /** The queue lets its request in, or turns it away. */
  protected abstract goIn(): void;
  protected abstract stayOut(): void;
  /** Tells the handler at work, if any, to stop; returns whether there was one. */
  abstract abortExchange(reason: AbortError): boolean;
  abstract received(count: number): void;
  abstract peerEnd(): void;
  abstract readFailed(): void;
  abstract sent(count: number): void;
  abstract writeFailed(): void;
  abstract close(reason?: CloseReason): void;
  abstract abort(reason?: CloseReason): void;

  get localAddr(): Address {
    return this.conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.conn.remoteAddr;
  }

  expire(now: number): void {
    try {
      const due = this.deadlines.due(now);
      if (due !== null) this.tooLong(due);
    } catch (error) {
      this.defect(error);
    }
    this.touch();
  }

  onAdmitted(): void {
    try {
      this.goIn();
    } catch (error) {
      this.defect(error);
    }
  }

  onRejected(): void {
    try {
      this.stayOut();
    } catch (error) {
      this.defect(error);
    }
  }

  /** When something is due next, in the reactor's milliseconds. */
  deadline(): number {
    if (this.sender.busy) {
      this.deadlines.awaitOutput(this.engine.now, this.bytesOut - this.outMark);
    }
    return this.deadlines.next();
  }

  allSent(): void {
    try {
      this.goOn();
    } catch (error) {
      this.defect(error);
    }
  }

  get bytesIn(): number {
    return this.receiver.bytesIn;
  }

  get bytesOut(): number {
    return this.sender.bytesOut;
  }

  get peerEnded(): boolean {
    return this.receiver.peerEnded;
  }

  get state(): State {
    return this.#stage.state;
  }

  get stateMs(): number {
    return this.engine.now - this.deadlines.since;
  }

  get ageMs(): number {
    return this.engine.now - this.#openedMs;
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

  get plainAnswers(): PlainAnswers {
    return this.engine.plainAnswers;
  }

  get observers(): Observers | null {
    return this.engine.observers;
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

  /** Writes what is in the outbox now. */
  flush(): void {
    this.touch();
    this.sender.flush();
  }

  /** The same; resolves when the kernel has taken it, with `false` when the connection is gone. */
  flushed(): Promise<boolean> {
    this.touch();
    return this.sender.flushed();
  }

  /** Goes where the table says, and starts the clock of the new state. */
  protected move(event: number): void {
    const from = this.#stage;
    this.#stage = follow(from, event);
    const { observers } = this.engine;
    if (observers !== null && observers.moved !== null) {
      this.#tellMoved(observers.moved, from.state);
    }
    this.deadlines.entered(this.#stage, this.engine.now);
    this.touch();
  }

  /** Counts what arrived and is thrown away. */
  protected drop(
    reason: DropReason,
    bytes: number,
    { requests = 0, code = null }: { requests?: number; code?: ProtocolCode | null } = {},
  ): void {
    this.bytesDiscarded += bytes;
    if (bytes + requests === 0) return;
    this.engine.observers?.dropped?.(this, { reason, bytes, requests, code });
  }

  /** Has the deadlines looked at by the next tick. */
  protected touch(): void {
    if (!this.listed) this.engine.touched(this);
  }

  /** Something threw that may not throw: it costs this connection, and no other. */
  defect(error: unknown): void {
    this.engine.failed(error);
    this.abort("internal_error");
  }

  #tellMoved(tell: Required<Observer>["moved"], from: State): void {
    const now = this.engine.ports.clock.now();
    const ms = this.#enteredMs < 0 ? this.stateMs : now - this.#enteredMs;
    this.#enteredMs = now;
    tell(this, from, ms);
  }

  /** Fires the connection's own signal, if anybody has asked for it. */
  protected fireSignal(reason: CloseReason): void {
    this.#aborter?.abort(abortError(reason));
  }
}
