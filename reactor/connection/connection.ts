/**
 * One connection: reads into its inbox, cuts requests out of it, runs one exchange at a time, writes what
 * the outbox gathered, and ends in stages. It is event-driven and never waits for the application: one
 * loop keeps a read pending (so that a client that leaves is noticed), everything else happens when a
 * read, a write, an answer or a deadline comes in, and always ends in `#advance`.
 *
 * Where it is, `states.ts` says; only `move` changes it. What stands beside the state does so because
 * it can be true in several states: `Sender.busy` (a write is under way), `Receiver.peerEnded` (the
 * client's FIN can come in any state), `asked` (somebody wants the end: the next answer is the last)
 * and `#closeAs` (the last answer is in the outbox: the reason of the close behind it).
 *
 * @module
 */

import { type AbortError, BodyError, ProtocolError } from "../errors.ts";
import { ConnectionIntake } from "./connection_intake.ts";
import { CONTINUE } from "../h1/serialize.ts";
import type { RequestHead } from "../h1/head.ts";
import type { HeadPlace } from "../head_view.ts";
import { exchangeOf } from "./intake.ts";
import type { ExchangeHost, LiveExchange } from "./live_exchange.ts";
import type { Timeouts } from "../options/options.ts";
import type { Conn } from "../ports.ts";
import { canDrain, canPass, lastReason, mayGoOn, mayGoOnStreaming } from "./persistence.ts";
import {
  abortError,
  bodyErrorOf,
  brokenBody,
  cutShort,
  refusal,
  refusalReason,
} from "../answer/refusal.ts";
import type { BodySource, LiveBody } from "./request_body.ts";
import { type CloseReason, EVENTS, type State } from "../states.ts";
import { TakenOver } from "./taken_over.ts";

/** See the head of this file. */
export class Connection extends ConnectionIntake implements BodySource, ExchangeHost {
  /** A body that nobody read, to be thrown away before the next request. */
  #leftover: LiveBody | null = null;
  #takenOver: TakenOver | null = null;
  /** `bytesDiscarded` when the connection began to linger. */
  #lingerMark = 0;
  #advancing = false;
  /** The last answer is in the outbox: the reason of the close behind it. */
  #closeAs: CloseReason | null = null;

  /** Begins to serve; goes on by itself to the connection's end. */
  run(): void {
    this.touch();
    if (this.secure) this.#shakeHands();
    else this.#serve();
  }

  close(reason: CloseReason = "asked"): void {
    this.asked ??= reason;
    if (this.state === "handshake") return this.#end(reason);
    if (this.state !== "idle" || this.inbox.size > 0 || this.sender.busy) return;
    // The client may not have read its last answer yet: a reset would take it away.
    const fresh = this.requests > 0 && this.stateMs < this.engine.options.timeouts.linger;
    if (fresh) this.#finish(reason);
    else this.#end(reason);
  }

  abort(reason: CloseReason = "forced"): void {
    this.#end(reason);
  }

  /** Tells the handler at work, if any, to stop; returns whether there was one. */
  abortExchange(reason: AbortError): boolean {
    const exchange = this.exchange;
    if (this.state === "queued") this.engine.admission!.turnAway(exchange!.ticket!);
    else exchange?.abort(reason);
    return exchange !== null;
  }

  // The body's side (BodySource).

  bodyWanted(): void {
    const exchange = this.exchange;
    if (exchange?.expectsContinue && !exchange.responded && this.inbox.size === 0) {
      exchange.expectsContinue = false;
      this.outbox.ascii(CONTINUE);
      this.flush();
    }
    this.inbox.expectsBody = true;
    this.deadlines.awaitBody(this.engine.now);
    if (this.#leftover !== null) this.deadlines.handlerAt = Infinity;
    this.touch();
    this.receiver.readOn();
  }

  bodyTaken(): void {
    if (this.exchange !== null) this.exchange.expectsContinue = false;
    this.deadlines.restBody(this.engine.now);
    this.#timeReader();
    this.receiver.readOn();
  }

  bodyDropped(): void {
    if (this.state === "draining") this.#drain();
  }

  bodyComplete(): void {
    this.deadlines.endBody();
    this.inbox.expectsBody = false;
    // What is thrown away, `#drain` goes on behind.
    if (this.state === "draining" && !this.#leftover!.discarding) this.#drained();
  }

  bodyBroken(error: BodyError): void {
    this.#overrule(brokenBody(error));
  }

  // The answer's side (ExchangeHost).

  mayPersist(exchange: LiveExchange): boolean {
    return mayGoOn(exchange, this) && canPass(exchange, this);
  }

  mayPersistStreaming(exchange: LiveExchange): boolean {
    return mayGoOnStreaming(exchange, this);
  }

  answerBegun(): void {
    this.exchange?.ticket?.responded();
    this.move(EVENTS.respond);
    if (this.peerEnded) this.#limitAnswer();
  }

  answerComplete(exchange: LiveExchange): void {
    this.sender.add(exchange);
    this.exchange = null;
    this.deadlines.handlerAt = Infinity;
    this.deadlines.restBody(this.engine.now);
    const { body } = exchange;
    if (!exchange.persists) this.#closeAs ??= this.asked ?? lastReason(this);
    else if (body !== null && !body.keepRest()) {
      if (canDrain(exchange, body, this)) this.#leftover = body;
      else this.#closeAs ??= "asked";
    }
    if (this.#closeAs !== null) body?.detach(cutShort());
    // Somebody still reads: the loop must not stand in a write.
    if (this.#leftover !== null) this.sender.deferring = false;
    this.#advance();
  }

  answerCut(exchange: LiveExchange): void {
    if (this.exchange === exchange) this.#end("handler_failed");
  }

  takeOver(exchange: LiveExchange): Conn {
    this.sender.add(exchange);
    this.exchange = null;
    this.deadlines.handlerAt = Infinity;
    this.receiver.unhold();
    this.move(EVENTS.upgrade);
    this.#takenOver = new TakenOver({
      conn: this.conn,
      inbox: this.inbox,
      sent: (bytes) => this.sender.bytesOut += bytes,
      consumed: () => this.receiver.readOn(),
      failed: () => this.writeFailed(),
      close: () => this.#end("upgrade_ended"),
      flushed: () => this.flushed(),
    });
    if (this.peerEnded) this.#takenOver.ended();
    return this.#takenOver;
  }

  async #shakeHands(): Promise<void> {
    try {
      await this.conn.handshake!();
    } catch {
      return this.#end("handshake_failed");
    }
    if (this.state === "closed") return;
    this.move(EVENTS.secured);
    this.#serve();
  }

  #serve(): void {
    if (this.refused) this.refuse(new ProtocolError("overloaded", "Too many connections"));
    this.receiver.run();
  }

  // What the two halves report (ReceiverEvents, SenderEvents).

  readFailed(): void {
    // A client that is being seen off may leave as it likes.
    this.#end(this.state === "lingering" ? this.#closeAs! : "peer_reset");
  }

  writeFailed(): void {
    this.readFailed();
  }

  sent(count: number): void {
    this.deadlines.outputMoved(count, this.engine.now);
    // The bytes may be of the answer before: then the handler is still at work, and has its own time.
    if (this.peerEnded && this.exchange?.responded) this.#limitAnswer();
  }

  received(count: number): void {
    switch (this.state) {
      case "queued":
      case "handling":
      case "writing":
        return this.#receivedBehind(count);
      case "draining":
        return this.#drain();
      case "lingering":
        return this.#discard();
      case "upgraded":
        return this.#takenOver!.arrived();
      case "closed":
        return;
      default:
        this.fresh = true;
        return this.#advance();
    }
  }

  /** Bytes came while a request is being handled: its body, or the requests behind it. */
  #receivedBehind(count: number): void {
    const body = this.exchange?.body ?? null;
    if (body !== null && !body.complete) {
      this.deadlines.bodyMoved(count, this.engine.now);
      body.arrived();
    } else if (this.#leftover?.owned) {
      this.deadlines.bodyMoved(count, this.engine.now);
      this.#leftover.arrived();
    } else if (this.#leftover === null) {
      this.receiver.hold(count);
    }
  }

  peerEnd(): void {
    if (this.#takenOver !== null) return this.#takenOver.ended();
    if (this.state === "draining") return this.#drain();
    if (this.state === "lingering") return this.#end(this.#closeAs!);
    if (this.exchange === null) return this.#advance();
    if (this.state === "queued") return this.leaveQueue();
    // The client cannot take back what it sent, but it may still listen: `printf … | nc` does.
    const reason = abortError("peer_closed");
    this.exchange.body?.sourceEnded(new BodyError("peer_closed", reason.message));
    this.exchange?.abort(reason);
    if (this.exchange?.responded) this.#limitAnswer();
  }

  /** A streamed answer goes on for a client that only half-closed, but not in silence and not for ever. */
  #limitAnswer(): void {
    this.deadlines.handlerAt = this.engine.now + this.engine.options.timeouts.linger;
    this.touch();
  }

  /** Does all that can be done now: requests from the inbox, then one write for their answers. */
  #advance(): void {
    // An answer given while the application is being called: the loop below goes on with the next.
    if (this.#advancing || this.state === "closed") return;
    this.#advancing = true;
    // A bound for each turn, so that one pipelining client does not keep the others waiting.
    let turn = this.engine.options.limits.pipelinedRequests;
    while (turn-- > 0 && this.#mayBegin() && this.next());
    this.#advancing = false;
    this.receiver.unhold();
    if (this.sender.busy || this.state as State === "closed") return;
    const answered = this.state === "writing" && this.exchange === null;
    if (this.outbox.pending && this.exchange !== null) this.sender.flushSoon();
    else if (this.outbox.pending || answered) this.flush();
    else if (this.peerEnded && this.exchange === null) this.#end("peer_closed");
    else if (this.asked !== null) this.close(this.asked);
  }

  #mayBegin(): boolean {
    return this.exchange === null && !this.sender.busy && this.outbox.open &&
      this.#closeAs === null &&
      this.#leftover === null && this.#takenOver === null && this.state !== "closed";
  }

  protected override newExchange(head: RequestHead, place: HeadPlace): LiveExchange {
    return exchangeOf(this, { engine: this.engine, head, place });
  }

  /** The outbox is empty: whatever waited for that comes now. */
  protected override goOn(): void {
    this.deadlines.restOutput(this.engine.now);
    if (this.exchange !== null || this.#takenOver !== null) return;
    this.deadlines.endOutput();
    this.outMark = this.bytesOut;
    if (this.#closeAs !== null) return this.#finish(this.#closeAs);
    if (this.#leftover !== null) return this.#drain();
    if (this.state === "writing") this.move(EVENTS.flushed);
    this.#advance();
  }

  /** Reads past the rest of a body that nobody wants. */
  #drain(): void {
    const body = this.#leftover!;
    if (this.state === "writing") {
      this.move(EVENTS.drain);
      this.#timeReader();
      this.receiver.unhold();
    }
    if (body.complete) return this.#drained();
    // The handler has answered, but something that it started may still read.
    const size = body.owned ? body.arrived() : body.discard();
    if (this.state as State !== "draining") return;
    if (body.discarding) this.drop("unread_body", size);
    if (body.complete) return this.#drained();
    if (this.peerEnded) {
      body.detach(cutShort());
      return this.#end("peer_closed");
    }
    if (body.owned) return;
    if ((body.remaining ?? Infinity) > this.limits.drainBytes) return this.#finish("asked");
    this.deadlines.bodyMoved(size, this.engine.now);
    this.deadlines.awaitBody(this.engine.now);
    this.receiver.readOn();
  }

  /** Whoever reads a body behind the answer may do so as long as it goes on. */
  #timeReader(): void {
    const { body, idle } = this.engine.options.timeouts;
    const graceMs = body || idle;
    if (this.#leftover === null || graceMs === 0) return;
    this.deadlines.handlerAt = this.engine.now + graceMs;
    this.touch();
  }

  #drained(): void {
    this.#leftover = null;
    this.deadlines.handlerAt = Infinity;
    this.move(EVENTS.drained);
    this.#advance();
  }

  /**
   * The last answer is out: closes in stages, so that the kernel has no unread bytes on which it would
   * send a reset that overtakes the answer (RFC 9112 §9.6).
   */
  #finish(reason: CloseReason): void {
    this.#closeAs = reason;
    if (this.peerEnded || this.engine.options.timeouts.linger === 0) {
      return this.#end(reason);
    }
    this.move(EVENTS.linger);
    this.deadlines.handlerAt = Infinity;
    if (reason === "shutdown") this.deadlines.hastenLinger();
    this.#lingerMark = this.bytesDiscarded;
    this.sender.end();
    this.#discard();
  }

  #discard(): void {
    this.drop("lingering", this.inbox.discard());
    if (this.bytesDiscarded - this.#lingerMark > this.engine.options.limits.lingerBytes) {
      return this.#end(this.#closeAs!);
    }
    this.receiver.unhold();
  }

  protected override tooLong(timeout: keyof Timeouts): void {
    switch (timeout) {
      case "head":
        return this.refuse(new ProtocolError("head_timeout", "The head took too long"));
      case "body":
        if (this.exchange === null) return this.#end("body_timeout");
        return this.#overrule(new ProtocolError("body_timeout", "The body came too slowly"));
      case "handler":
        return this.#handlerTooLong();
      case "linger":
        return this.#end(this.#closeAs!);
      default:
        return this.#end(`${timeout}_timeout`);
    }
  }

  #handlerTooLong(): void {
    const exchange = this.exchange;
    this.deadlines.handlerAt = Infinity;
    if (exchange === null) return this.#leftover?.cancel();
    if (this.peerEnded && exchange.responded) return this.#end("peer_closed");
    exchange.abort(abortError("handler_timeout"));
    // It may have answered when it was told.
    if (this.exchange !== exchange) return;
    this.#overrule(new ProtocolError("handler_timeout", "The handler took too long"));
  }

  /** Answers a request that never reached the application, as the connection's last. */
  protected override refuse(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.move(EVENTS.refuse);
    this.#closeWith(error, null);
  }

  /** Answers in place of the handler, or cuts the connection when it has begun to answer. */
  #overrule(error: ProtocolError): void {
    const reason = refusalReason(error.code);
    const exchange = this.exchange;
    if (exchange === null) return this.#endBehindAnswer(reason);
    if (exchange.responded) return this.#end(reason);
    this.exchange = null;
    exchange.body?.fail(bodyErrorOf(error));
    exchange.overruled(error.status, abortError(reason, error));
    this.move(EVENTS.respond);
    this.#closeWith(error, exchange);
  }

  /** The rest of a body is no good, but the answer to it is: the client gets that first. */
  #endBehindAnswer(reason: CloseReason): void {
    this.#leftover = null;
    this.deadlines.handlerAt = Infinity;
    this.deadlines.endBody();
    if (this.state === "draining") return this.#finish(reason);
    this.#closeAs = reason;
  }

  #closeWith({ code, status }: ProtocolError, exchange: LiveExchange | null): void {
    this.deadlines.handlerAt = Infinity;
    this.deadlines.endBody();
    this.#closeAs = refusalReason(code);
    this.outbox.ascii(refusal(status, this.dateLine));
    this.observers?.refused?.(this, { code, status, exchange });
    this.drop("refused", this.inbox.discard(), { code });
    this.#advance();
  }

  #end(reason: CloseReason): void {
    if (this.state === "closed") return;
    if (this.state === "queued") this.engine.admission!.cancel(this.exchange!.ticket!);
    this.closeReason = reason;
    const unanswered = this.exchange === null ? 0 : 1;
    this.drop("closed", this.inbox.size, { requests: unanswered + this.sender.undelivered });
    this.move(EVENTS.close);
    this.conn.close();
    const exchange = this.exchange;
    this.exchange = null;
    exchange?.lost(abortError(reason));
    this.#leftover?.fail(cutShort());
    this.receiver.stop();
    this.sender.stop(reason);
    this.#takenOver?.ended();
    this.fireSignal(reason);
    this.engine.left(this);
  }
}
