/**
 * One connection: owns its parts, and decides what happens next.
 *
 * Run to completion. Each thing that can happen has one entry: bytes arrive, the peer ends its side, the
 * output is written, an answer is given, something is due, the queue decides, somebody asks for the end. An
 * entry takes the event, changes what the connection knows, and ends in `settle`, which has all that is
 * pending carried out. Three rules hold:
 *
 * 1. No entry calls code that is not the engine's. What observers and the application have to be told is
 *    noted on the agenda, and told between two steps of `carryOut`; the application's handler is called in
 *    a step of its own. So other code never sees a transition that is half done.
 * 2. After each call of other code, `carryOut` looks again at what is pending, because that code may have
 *    called anything. What it asks for is noted, and carried out once it has returned.
 * 3. `close` and `abort` only note what is wanted, as the ending of the connection's life.
 *
 * What a body or an exchange calls here (`BodyHost`, `ExchangeHost`) is part of such an entry, and does not
 * settle: they settle themselves, at the end of what the application calls.
 *
 * Where the connection is, `states.ts` says; only `#move` changes it. What stands beside the state: its
 * ending (`lifecycle.ts`), and whose turn it is: an exchange, the rest of a body that its handler did not
 * read, or the raw connection after an upgrade. At most one of these three is there.
 *
 * @module
 */

import { Position } from "../accepting/position.ts";
import type { Relieving } from "../accepting/relief.ts";
import type { Applicant } from "../admission/ticket.ts";
import {
  abortError,
  bodyErrorOf,
  brokenBody,
  cutShort,
  refusal,
  refusalReason,
} from "../answer/refusal.ts";
import type { Pending } from "../dispatch/agenda.ts";
import { type AbortError, BodyError, type ProtocolCode, ProtocolError } from "../errors.ts";
import type { TakenConn } from "../exchange.ts";
import { CONTINUE } from "../h1/serialize.ts";
import { Inbox } from "../memory/inbox.ts";
import { Outbox } from "../memory/outbox.ts";
import type { DropReason, Refusal } from "../observer.ts";
import type { Limits } from "../options/options.ts";
import type { Aborter, Address, ClientCertificate, Conn, ProxyHeader } from "../ports.ts";
import { type CloseReason, EVENTS, type State } from "../states.ts";
import { Deadlines, type Due } from "../timing/deadlines.ts";
import { type Expiring, WheelNode } from "../timing/timer_wheel.ts";
import type { ConnectionView } from "./connection_view.ts";
import type { ConnectionContext, OpenConnection } from "./context.ts";
import { createExchange, createRefused, limitsFor, refusalForLength } from "./create_exchange.ts";
import { Deliveries } from "./deliveries.ts";
import { type IoEvents, IoLoop } from "./io_loop.ts";
import { type Ending, Lifecycle } from "./lifecycle.ts";
import type { ExchangeHost, LiveExchange } from "./live_exchange.ts";
import { type Noticed, Notices } from "./notices.ts";
import {
  canDrain,
  type ConnectionFacts,
  lastReason,
  mayPersist,
  mayPersistStreaming,
  restOf,
} from "./persistence.ts";
import { type Preamble, preamblesOf } from "./preamble.ts";
import type { BodyHost, LiveBody } from "./request_body.ts";
import { RequestReader } from "./request_reader.ts";
import { UpgradedConnection, type UpgradeHost } from "./upgraded_connection.ts";
import { WaitingRequest } from "./waiting_request.ts";

/**
 * The longest that a connection lingers while the server shuts down or needs its place, in milliseconds: Go's
 * `rstAvoidanceDelay`. Clients that keep idle connections do not always notice that one was ended.
 */
const HASTY_LINGER_MS = 500;

/** How a connection begins. */
export interface ConnectionInit {
  readonly id: number;
  /** Over a limit: it gets a 503 and nothing else. */
  readonly overLimit: boolean;
}

/** See the head of this file. */
export class Connection
  implements
    Applicant,
    BodyHost,
    ConnectionFacts,
    ExchangeHost,
    Expiring,
    IoEvents,
    OpenConnection,
    Pending,
    UpgradeHost,
    Noticed {
  readonly id: number;
  readonly overLimit: boolean;
  readonly secure: boolean;
  readonly context: ConnectionContext;
  /** What has arrived and is not used yet. */
  readonly inbox: Inbox;
  /** What waits to be written. */
  readonly outbox: Outbox;
  readonly timer: WheelNode = new WheelNode(this);
  readonly position: Position<Relieving> = new Position<Relieving>(this);
  listed = false;
  waiting = false;
  requests = 0;
  bytesDiscarded = 0;
  readonly #conn: Conn;
  readonly #life: Lifecycle;
  readonly #deadlines: Deadlines;
  readonly #reader: RequestReader;
  readonly #io: IoLoop;
  readonly #deliveries = new Deliveries();
  readonly #openedMs: number;
  /** Made when there is something to tell: most connections are not observed. */
  #notices: Notices | null = null;
  /** The request under way and its answer. */
  #exchange: LiveExchange | null = null;
  /** The rest of a body after its answer, to be read or thrown away before the next request. */
  #unreadBody: LiveBody | null = null;
  #upgraded: UpgradedConnection | null = null;
  /** `bytesOut` when the output was last empty, `bytesDiscarded` when the connection began to linger. */
  #outMark = 0;
  #lingerMark = 0;
  /** Requests that may still begin before the output is written. */
  #budget = 0;
  #aborter: Aborter | null = null;

  constructor(context: ConnectionContext, conn: Conn, init: ConnectionInit) {
    const { options, pool, ports } = context;
    this.id = init.id;
    this.overLimit = init.overLimit;
    this.secure = conn.handshake !== undefined;
    this.context = context;
    this.#conn = conn;
    this.#openedMs = context.now;
    this.#life = new Lifecycle(preamblesOf(conn)[0]?.state ?? "idle");
    this.#deadlines = new Deadlines(options, { stage: this.#life.stage, now: context.now });
    this.inbox = new Inbox(pool, { maxBytes: options.limits.headBytes });
    this.outbox = new Outbox(pool, ports.codec);
    this.#reader = new RequestReader(context, this.inbox);
    this.#io = new IoLoop({
      conn,
      input: this.#reader,
      outbox: this.outbox,
      rounds: context.rounds,
      events: this,
    });
  }

  // What others see.

  get view(): ConnectionView {
    return this.#told.view;
  }

  get localAddr(): Address {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.#conn.remoteAddr;
  }

  get proxyHeader(): ProxyHeader | null {
    return this.#conn.proxyHeader ?? null;
  }

  get clientCertificate(): ClientCertificate | null {
    return this.#conn.clientCertificate ?? null;
  }

  get state(): State {
    return this.#life.state;
  }

  get since(): number {
    return this.#deadlines.since;
  }

  get stateMs(): number {
    return this.context.now - this.since;
  }

  get ageMs(): number {
    return this.context.now - this.#openedMs;
  }

  get bytesIn(): number {
    return this.#io.bytesIn;
  }

  get bytesOut(): number {
    return this.#io.bytesOut;
  }

  get closeReason(): CloseReason | null {
    return this.#life.closeReason;
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.closeReason !== null;
  }

  get signal(): unknown {
    if (this.#aborter === null) {
      this.#aborter = this.context.ports.newAborter();
      const reason = this.closeReason;
      if (reason !== null) this.#aborter.abort(abortError(reason));
    }
    return this.#aborter.signal;
  }

  // What its parts need to know.

  get ending(): Ending {
    return this.#life.ending;
  }

  get peerEnded(): boolean {
    return this.#io.peerEnded;
  }

  get leaving(): boolean {
    return this.context.leaving;
  }

  get limits(): Limits {
    return this.context.options.limits;
  }

  // What its reactor calls.

  run(): void {
    this.#touch();
    const preambles = preamblesOf(this.#conn);
    if (preambles.length === 0) this.#serve();
    else this.#receive(preambles);
    this.settle();
  }

  close(reason: CloseReason): void {
    this.#life.ask(reason);
    this.#noteAsked();
    this.settle();
  }

  abort(reason: CloseReason): void {
    this.#life.cut(reason);
    this.settle();
  }

  abortExchange(reason: AbortError): boolean {
    const exchange = this.#exchange;
    if (exchange === null) return false;
    if (this.state === "queued") this.context.admission!.turnAway(exchange.ticket!);
    else exchange.abort(reason);
    this.settle();
    return true;
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }

  deadline(): number {
    if (this.#io.writing) {
      this.#deadlines.awaitOutput(this.context.now, this.bytesOut - this.#outMark);
    }
    return this.#deadlines.next();
  }

  expire(now: number): void {
    const due = this.#deadlines.due(now);
    try {
      if (due !== null) this.#onDue(due);
    } catch (error) {
      this.onDefect(error);
    }
    this.#touch();
    this.settle();
  }

  // What the queue calls (Applicant).

  onAdmitted(): void {
    this.#move(EVENTS.admit);
    this.settle();
  }

  onRejected(): void {
    this.#exchange!.reject("overloaded");
    this.settle();
  }

  // What the I/O loop calls (IoEvents).

  onBytes(count: number): void {
    switch (this.state) {
      case "idle":
      case "head":
        this.#reader.arrived();
        break;
      case "queued":
      case "handling":
      case "writing":
        this.#onBytesDuringExchange(count);
        break;
      case "draining":
        this.#drain();
        break;
      case "lingering":
        this.#discard();
        break;
      case "upgraded":
        this.#upgraded!.arrived();
        break;
      case "proxy_header":
      case "handshake":
      case "closed":
        return;
    }
    this.settle();
  }

  onPeerEnd(): void {
    switch (this.state) {
      case "upgraded":
        return this.#upgraded!.ended();
      case "draining":
        this.#drain();
        break;
      case "lingering":
        this.#end(this.ending.reason!);
        break;
      case "queued":
        this.#leaveQueue();
        break;
      default:
        if (this.#exchange !== null) this.#onClientLeft(this.#exchange);
    }
    this.settle();
  }

  onBroken(): void {
    // While the connection lingers, the client may close it at any time: it ends as it was going to.
    this.#end(this.state === "lingering" ? this.ending.reason! : "peer_reset");
    this.settle();
  }

  onWritten(count: number): void {
    this.#deadlines.outputMoved(count, this.context.now);
    // These bytes may belong to the answer before: then the time of the handler at work does not change.
    if (this.peerEnded && this.#exchange?.responded) this.#limitAnswer();
  }

  onAllWritten(): void {
    this.#deliveries.delivered();
    this.#deadlines.restOutput(this.context.now);
    if (this.#exchange === null && this.#upgraded === null) this.#onAnswersWritten();
    this.settle();
  }

  /** Something threw that may not throw: it costs this connection, and no other. */
  onDefect(error: unknown): void {
    this.context.failed(error);
    this.abort("internal_error");
  }

  // What a request's body calls (BodyHost).

  onBodyWanted(): void {
    const exchange = this.#exchange;
    if (exchange?.expectsContinue && !exchange.responded && this.inbox.size === 0) {
      exchange.expectsContinue = false;
      this.outbox.ascii(CONTINUE);
      this.flush();
    }
    this.inbox.expectsBody = true;
    this.#deadlines.awaitBody(this.context.now);
    if (this.#unreadBody !== null) this.#deadlines.endAllowance();
    this.#touch();
  }

  onBodyTaken(): void {
    if (this.#exchange !== null) this.#exchange.expectsContinue = false;
    this.#deadlines.restBody(this.context.now);
    this.#timeLateReader();
  }

  onBodyDropped(): void {
    if (this.state === "draining") this.#drain();
  }

  onBodyComplete(): void {
    this.#deadlines.endBody();
    this.inbox.expectsBody = false;
    // Where the rest is being thrown away, `#drain` goes on by itself.
    if (this.state === "draining" && !this.#unreadBody!.discarding) this.#drained();
  }

  onBodyBroken(error: BodyError): void {
    this.#overrule(brokenBody(error));
  }

  // What an exchange calls (ExchangeHost).

  mayPersist(exchange: LiveExchange): boolean {
    return mayPersist(exchange, this) && this.#canPass(exchange);
  }

  mayPersistStreaming(exchange: LiveExchange): boolean {
    return mayPersistStreaming(exchange, this) &&
      (exchange.body?.begun || this.#canPass(exchange));
  }

  onAnswerBegun(): void {
    this.#exchange?.ticket?.responded();
    this.#move(EVENTS.respond);
    if (this.peerEnded) this.#limitAnswer();
  }

  onAnswerComplete(exchange: LiveExchange): void {
    this.#deliver(exchange);
    this.#deadlines.restBody(this.context.now);
    const { body } = exchange;
    if (!exchange.persists) {
      this.#life.endAfterAnswer(lastReason(this));
    } else if (body !== null && !body.retain()) {
      if (canDrain(exchange, this)) this.#unreadBody = body;
      else this.#life.endAfterAnswer("asked");
    }
    if (this.ending.kind === "last") body?.detach(cutShort());
  }

  onAnswerCut(exchange: LiveExchange): void {
    if (this.#exchange !== exchange) return;
    this.#life.cut("handler_failed");
  }

  onUpgrade(exchange: LiveExchange): TakenConn {
    this.#deliver(exchange);
    this.#move(EVENTS.upgrade);
    const { inbox } = this;
    const { share } = exchange;
    this.#upgraded = new UpgradedConnection(this, { conn: this.#conn, io: this.#io, inbox, share });
    if (this.peerEnded) this.#upgraded.ended();
    this.#noteAsked();
    this.flush();
    return this.#upgraded;
  }

  note(call: () => void): void {
    this.#told.note(call);
  }

  noteRefused(refusal: Refusal): void {
    this.#observed?.refused(refusal);
  }

  /** Writes what is in the outbox now. */
  flush(): void {
    this.#touch();
    this.#io.flush(false);
  }

  /** The same; resolves when the kernel has taken it, with `false` when the connection is gone. */
  flushed(): Promise<boolean> {
    this.#touch();
    return this.#io.flushed();
  }

  // What the raw connection after an upgrade calls (UpgradeHost).

  onRawClosed(): void {
    this.#life.cut("upgrade_ended");
    this.settle();
  }

  /** Whoever answers, or has taken the connection over, is told that its end is asked for. */
  #noteAsked(): void {
    const asked = this.#upgraded ?? this.#exchange;
    const { reason } = this.ending;
    if (asked !== null && reason !== null) this.note(() => asked.askedToEnd(reason));
  }

  // Settling.

  /** Carries out what is pending: now, or as soon as the transition under way is complete. */
  settle(): void {
    this.context.agenda.settle(this);
  }

  carryOut(): void {
    const { agenda } = this.context;
    // So that one pipelining client does not keep the others waiting.
    this.#budget = this.limits.pipelinedRequests;
    do {
      agenda.tell();
      try {
        // Nothing may happen before what has happened was told.
        while (this.#step() && !agenda.hasNotices);
      } catch (error) {
        this.onDefect(error);
      }
    } while (agenda.hasNotices || this.#isCut);
    if (this.#exchange === null && !this.#io.writing) this.#reader.unhold();
    // Whatever was carried out or taken since may have made room.
    this.#io.readOn();
  }

  /** Whether the end is wanted at once, and has not come. */
  get #isCut(): boolean {
    return this.ending.kind === "cut" && this.closeReason === null;
  }

  /** Carries out the one thing that comes first; returns whether there may be more. */
  #step(): boolean {
    if (this.closeReason !== null) return false;
    const { ending } = this;
    if (ending.kind === "cut") {
      this.#end(ending.reason);
      return false;
    }
    const exchange = this.#exchange;
    if (exchange !== null) {
      if (exchange.verdict !== null) {
        this.#overrule(exchange.verdict);
        return true;
      }
      if (exchange.uncalled && this.state === "handling") {
        this.#callApplication(exchange);
        return true;
      }
    } else if (this.#mayBegin() && this.#beginNext()) {
      return true;
    }
    return this.#writeOut();
  }

  /** Whether the next request may begin. */
  #mayBegin(): boolean {
    return this.inbox.size > 0 && this.#budget > 0 && !this.#io.writing && this.outbox.open &&
      this.ending.kind !== "last" && this.#unreadBody === null && this.#upgraded === null;
  }

  /** Begins the next request, if its head is here; returns whether there was one. */
  #beginNext(): boolean {
    if (this.state === "idle") this.#move(EVENTS.bytes);
    else if (this.state === "writing") this.#move(EVENTS.next);
    try {
      const head = this.#reader.next();
      if (head === null) return false;
      this.#budget--;
      this.requests++;
      const limits = limitsFor(head, this.context.options);
      const parsed = this.#reader.parsed!;
      const refusal = this.#reader.refusal ?? refusalForLength(parsed, limits);
      if (refusal === null) this.#begin(createExchange(this, { head, parsed, limits }));
      else this.#refuseKnown(createRefused(this, { head, parsed }), refusal);
    } catch (error) {
      this.#refuse(error);
    }
    return true;
  }

  #begin(exchange: LiveExchange): void {
    const { admission } = this.context;
    this.#exchange = exchange;
    if (!this.#hasShare(exchange)) {
      this.#observed?.begun(exchange, exchange.head);
      return exchange.reject("too_many_requests");
    }
    const ticket = admission === null ? null : admission.enter();
    const atOnce = ticket === null || admission!.begin(ticket);
    exchange.ticket = ticket;
    this.#move(atOnce ? EVENTS.request : EVENTS.hold);
    this.#observed?.begun(exchange, exchange.head);
    if (atOnce) return;
    admission!.hold(ticket, this, {
      view: new WaitingRequest(exchange),
      pipelined: this.#reader.pipelined,
    });
    if (this.peerEnded && this.state === "queued") this.#leaveQueue();
  }

  /** Counts the request for its client, if that is limited; returns whether the client has room for it. */
  #hasShare(exchange: LiveExchange): boolean {
    const { clientLimit } = this.context;
    if (clientLimit === null) return true;
    const { address } = exchange.client;
    // At a unix socket, nobody knows who it is unless a trusted proxy says so.
    if (address === null) return true;
    exchange.share = clientLimit.enter(address);
    return exchange.share !== null;
  }

  #callApplication(exchange: LiveExchange): void {
    const { handlerMs } = exchange;
    if (handlerMs > 0) this.#deadlines.allow("handler", this.context.now + handlerMs);
    exchange.call(this.context.application);
    if (this.peerEnded && this.#exchange === exchange) this.#onClientLeft(exchange);
  }

  /** Writes what is there, and goes on where nothing is left to write; returns whether there may be more. */
  #writeOut(): boolean {
    const exchange = this.#exchange;
    if (this.#io.writing || this.#upgraded !== null) return false;
    if (exchange !== null) {
      // Answers to earlier requests; one that has begun is flushed by whoever gives it.
      if (this.outbox.pending && !exchange.responded) this.#io.flushSoon();
      return false;
    }
    if (this.outbox.pending) {
      this.#touch();
      this.#io.flush(this.#unreadBody === null);
      return false;
    }
    return this.#restOrEnd();
  }

  /** Nothing is under way and nothing is left to write. */
  #restOrEnd(): boolean {
    switch (this.state) {
      case "writing":
        this.#deliveries.delivered();
        this.#onAnswersWritten();
        return true;
      case "idle":
        if (this.peerEnded) this.#endResting("peer_closed");
        else if (this.ending.kind === "asked") this.#endIdle(this.ending.reason);
        return false;
      case "head":
        if (this.peerEnded) this.#end("peer_closed");
        return false;
      case "proxy_header":
      case "handshake":
        if (this.ending.kind === "asked") this.#endIdle(this.ending.reason);
        return false;
      default:
        return false;
    }
  }

  async #receive(preambles: readonly Preamble[]): Promise<void> {
    for (let at = 0; at < preambles.length; at++) {
      const preamble = preambles[at]!;
      try {
        await preamble.receive(this.#conn);
      } catch {
        this.#end(preamble.failed);
        return this.settle();
      }
      if (this.closeReason !== null) return;
      try {
        this.#move(preamble.over);
        if (this.state === "idle") this.#serve();
      } catch (error) {
        this.onDefect(error);
      }
      this.settle();
    }
  }

  #serve(): void {
    const hasRoom = this.proxyHeader === null || this.context.identified(this, this.remoteAddr);
    if (this.overLimit || !hasRoom) {
      this.#refuse(new ProtocolError("overloaded", "Too many connections"));
    }
    this.#io.run();
  }

  // The request's body.

  /** Bytes came while a request is being handled: its body, or the requests after it. */
  #onBytesDuringExchange(count: number): void {
    const body = this.#exchange?.body ?? null;
    if (body !== null && !body.complete) {
      this.#deadlines.bodyMoved(count, this.context.now);
      body.arrived();
    } else if (this.#unreadBody?.owned) {
      this.#deadlines.bodyMoved(count, this.context.now);
      this.#unreadBody.arrived();
    } else if (this.#unreadBody === null) {
      this.#reader.hold(count);
    }
  }

  /** Whether the next request can be reached, as far as the body is concerned. */
  #canPass(exchange: LiveExchange): boolean {
    return exchange.body === null || exchange.body.retain() || canDrain(exchange, this);
  }

  /** Reads past the rest of a body that its handler did not read. */
  #drain(): void {
    const body = this.#unreadBody!;
    if (this.state === "writing") {
      this.#move(EVENTS.drain);
      this.#timeLateReader();
    }
    if (body.complete) return this.#drained();
    // The handler has answered, but something that it started may still read.
    const size = body.owned ? body.arrived() : body.discard();
    // Whoever reads it may have come to its end, or found it broken.
    if (this.state as State !== "draining") return;
    if (body.discarding) this.#drop("unread_body", size);
    switch (restOf(body, this)) {
      case "passed":
        return this.#drained();
      case "cut_short":
        body.detach(cutShort());
        return this.#end("peer_closed");
      case "too_much":
        return this.#finish("asked");
      case "unwanted":
        this.#deadlines.bodyMoved(size, this.context.now);
        this.#deadlines.awaitBody(this.context.now);
        return;
      case "wanted":
        return;
    }
  }

  #drained(): void {
    if (this.#unreadBody === null) return;
    this.#unreadBody = null;
    this.#deadlines.endAllowance();
    this.#move(EVENTS.drained);
  }

  /** Whoever reads a body after its answer may do so as long as it goes on. */
  #timeLateReader(): void {
    const { body, idle } = this.context.options.timeouts;
    const graceMs = body || idle;
    if (this.#unreadBody === null || graceMs === 0) return;
    this.#deadlines.allow("late_reader", this.context.now + graceMs);
    this.#touch();
  }

  // The answer, and what comes after it.

  /** An answer is in the outbox whole. */
  #deliver(exchange: LiveExchange): void {
    this.#deliveries.add(exchange);
    this.#io.gathered();
    this.#exchange = null;
    this.#deadlines.endAllowance();
    this.#reader.unhold();
  }

  /** The kernel has taken all answers that were there. */
  #onAnswersWritten(): void {
    this.#deadlines.endOutput();
    this.#outMark = this.bytesOut;
    this.#budget = this.limits.pipelinedRequests;
    if (this.ending.kind === "last") return this.#finish(this.ending.reason);
    if (this.#unreadBody !== null) return this.#drain();
    if (this.state === "writing") this.#move(EVENTS.flushed);
  }

  /** A streamed answer goes on for a client that only half-closed, but not in silence and not for ever. */
  #limitAnswer(): void {
    const { linger } = this.context.options.timeouts;
    this.#deadlines.allow("half_closed", this.context.now + linger);
    this.#touch();
  }

  /** The client cannot take back what it sent, but it may still listen: `printf … | nc` does. */
  #onClientLeft(exchange: LiveExchange): void {
    const reason = abortError("peer_closed");
    exchange.body?.truncate(new BodyError("peer_closed", reason.message));
    exchange.abort(reason);
    if (exchange.responded) this.#limitAnswer();
  }

  /** The client has gone, or cannot be told from one that has: its handler is never called. */
  #leaveQueue(): void {
    const exchange = this.#exchange!;
    this.context.admission!.cancel(exchange.ticket!);
    exchange.reject("overloaded");
  }

  // What is due, and what is refused.

  #onDue(due: Due): void {
    switch (due) {
      case "head":
        return this.#refuse(new ProtocolError("head_timeout", "The head took too long"));
      case "body":
        if (this.#exchange === null) return this.#end("body_timeout");
        return this.#overrule(new ProtocolError("body_timeout", "The body came too slowly"));
      case "handler":
        this.#deadlines.endAllowance();
        return this.#exchange!.overrule(
          new ProtocolError("handler_timeout", "The handler took too long"),
          abortError("handler_timeout"),
        );
      case "half_closed":
        return this.#end("peer_closed");
      case "late_reader":
        this.#deadlines.endAllowance();
        return this.#unreadBody?.giveUp();
      case "linger":
        return this.#end(this.ending.reason!);
      case "proxy_header":
      case "handshake":
      case "idle":
        return this.#endResting(this.ending.reason ?? `${due}_timeout`);
      case "write":
        return this.#end("write_timeout");
    }
  }

  /** Answers a request that never reached the application, as the connection's last. */
  #refuse(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.#move(EVENTS.refuse);
    this.#closeWith(error, null);
  }

  /** The same for a request whose head was read, so that whoever observes knows which one it is. */
  #refuseKnown(exchange: LiveExchange, error: ProtocolError): void {
    this.#move(EVENTS.refuse);
    this.#observed?.begun(exchange, exchange.head);
    exchange.refused(error.status, abortError(refusalReason(error.code), error));
    this.#closeWith(error, exchange);
  }

  /** Answers in place of the handler, or cuts the connection when the handler has begun to answer. */
  #overrule(error: ProtocolError): void {
    const reason = refusalReason(error.code);
    const exchange = this.#exchange;
    if (exchange === null) return this.#endAfterAnswer(reason);
    if (exchange.responded) return this.#end(reason);
    this.#exchange = null;
    exchange.body?.fail(bodyErrorOf(error));
    exchange.overruled(error.status, abortError(reason, error));
    this.#move(EVENTS.respond);
    this.#closeWith(error, exchange);
  }

  /** The rest of a body is no good, but the answer to it is: the client gets that first. */
  #endAfterAnswer(reason: CloseReason): void {
    this.#unreadBody = null;
    this.#deadlines.endAllowance();
    this.#deadlines.endBody();
    if (this.state === "draining") return this.#finish(reason);
    this.#life.endAfterAnswer(reason);
  }

  #closeWith({ code, status }: ProtocolError, exchange: LiveExchange | null): void {
    this.#deadlines.endAllowance();
    this.#deadlines.endBody();
    this.#life.endAfterAnswer(refusalReason(code));
    this.outbox.ascii(refusal(status, this.context.dateLine));
    this.#observed?.refused({ code, status, exchange });
    this.#drop("refused", this.inbox.discard(), { code });
  }

  // The end.

  /** Ends an idle connection that was asked to end; a new one has its first request in flight. */
  #endIdle(reason: CloseReason): void {
    const { firstRequestMs } = this.context;
    const isNew = this.requests === 0 && this.stateMs < firstRequestMs;
    if (reason === "shutdown" && isNew) {
      this.#deadlines.hasten(firstRequestMs);
      return this.#touch();
    }
    // The client may not have read its last answer yet: a reset would take it away.
    const fresh = this.requests > 0 && this.stateMs < this.context.options.timeouts.linger;
    if (fresh) this.#finish(reason);
    else this.#endResting(reason);
  }

  /**
   * The last answer is out: closes in stages, so that the kernel has no unread bytes on which it would
   * send a reset that overtakes the answer (RFC 9112 §9.6).
   */
  #finish(reason: CloseReason): void {
    this.#life.endAfterAnswer(reason);
    if (this.peerEnded || this.context.options.timeouts.linger === 0) return this.#end(reason);
    this.#move(EVENTS.linger);
    this.#deadlines.endAllowance();
    if (reason === "shutdown" || reason === "pressure") this.#deadlines.hasten(HASTY_LINGER_MS);
    this.#lingerMark = this.bytesDiscarded;
    this.#io.endOutput();
    this.#discard();
  }

  #discard(): void {
    this.#drop("lingering", this.inbox.discard());
    const discarded = this.bytesDiscarded - this.#lingerMark;
    if (discarded > this.limits.lingerBytes) this.#end(this.ending.reason!);
  }

  /** Ends a connection on which nothing is under way. */
  #endResting(reason: CloseReason): void {
    // RFC 9112 §9.8: a server attempts to send a closure alert first. Without TLS the close says it all.
    if (this.secure && this.state === "idle") this.#io.endOutput();
    this.#end(reason);
  }

  #end(reason: CloseReason): void {
    if (this.closeReason !== null) return;
    const exchange = this.#exchange;
    if (this.state === "queued") this.context.admission!.cancel(exchange!.ticket!);
    this.#life.close(reason);
    try {
      const unanswered = (exchange === null ? 0 : 1) + this.#deliveries.size;
      this.#drop("closed", this.inbox.size, { requests: unanswered });
      this.#move(EVENTS.close);
      this.#exchange = null;
      exchange?.lost(abortError(reason));
      this.#unreadBody?.fail(cutShort());
      this.#upgraded?.over();
      this.#reader.end();
      if (this.#deliveries.size > 0) this.#deliveries.lost(abortError(reason));
      const aborter = this.#aborter;
      if (aborter !== null) this.note(() => aborter.abort(abortError(reason)));
    } finally {
      this.#io.stop();
      this.context.left(this);
    }
  }

  // What others are told.

  get #told(): Notices {
    return this.#notices ??= new Notices(this.context, this);
  }

  /** `null` while nobody observes. */
  get #observed(): Notices | null {
    return this.context.observers === null ? null : this.#told;
  }

  /** Goes where the table says, and starts the clock of the new state. */
  #move(event: number): void {
    const from = this.state;
    this.#life.move(event);
    this.#observed?.moved(from);
    this.#deadlines.entered(this.#life.stage, this.context.now);
    this.#touch();
  }

  /** Counts what arrived and is thrown away. */
  #drop(
    reason: DropReason,
    bytes: number,
    { requests = 0, code = null }: { requests?: number; code?: ProtocolCode | null } = {},
  ): void {
    this.bytesDiscarded += bytes;
    if (bytes + requests > 0) this.#observed?.dropped({ reason, bytes, requests, code });
  }

  /** Has the deadlines looked at by the next tick. */
  #touch(): void {
    if (!this.listed) this.context.touched(this);
  }
}
