/**
 * The intake of a connection: cuts requests out of the inbox, has them wait where there is a queue, and
 * calls the application. Which request may begin when, `connection.ts` says.
 *
 * The head of a request that waits stays in the inbox, so that a connection that waits costs no more than
 * one that has half a head.
 *
 * @module
 */

import { ConnectionRecord } from "./connection_record.ts";
import type { RequestHead } from "../h1/head.ts";
import { type HeadParser, NEED_MORE } from "../h1/head_parser.ts";
import { type HeadPlace, HeadView } from "../head_view.ts";
import type { LiveExchange } from "./live_exchange.ts";
import type { Observers } from "../dispatch/observers.ts";
import { EVENTS, type State } from "../states.ts";

/** See the head of this file. */
export abstract class ConnectionIntake extends ConnectionRecord {
  /** At work on a head that has not arrived whole, or whose request waits. */
  #parser: HeadParser | null = null;
  /** The request under way, and its answer. */
  protected exchange: LiveExchange | null = null;
  /** Bytes came since the last request began: the next one was not pipelined behind it. */
  protected fresh = false;

  /** The exchange for a head, whose body may come in. */
  protected abstract newExchange(head: RequestHead, place: HeadPlace): LiveExchange;
  /** Answers what breaks the protocol or a limit, and throws what is anything else. */
  protected abstract refuse(error: unknown): void;

  /** Begins the next request, if it is here; returns whether the one behind it may follow. */
  protected next(): boolean {
    const { inbox } = this;
    if (inbox.size === 0) return false;
    if (this.state === "idle") this.move(EVENTS.bytes);
    else if (this.state === "writing") this.move(EVENTS.next);
    const parser = this.#parser ??= this.engine.parsers.take();
    try {
      if (parser.parse(inbox.bytes, inbox.start, inbox.end) === NEED_MORE) return false;
      this.#begin(parser);
      return true;
    } catch (error) {
      this.#dropParser();
      this.refuse(error);
      return false;
    }
  }

  #begin(parser: HeadParser): void {
    const place = this.#takeHead(parser);
    this.requests++;
    const exchange = this.exchange = this.newExchange(parser.head, place);
    const pipelined = !this.fresh;
    this.fresh = false;
    const { admission } = this.engine;
    const ticket = exchange.ticket = admission?.enter() ?? null;
    const atOnce = ticket === null || admission!.begin(ticket);
    this.move(atOnce ? EVENTS.request : EVENTS.hold);
    if (this.observers !== null) this.#tellBegun(this.observers, parser, place);
    if (atOnce) return this.#call(parser, place);
    const view = this.#viewOf(parser, place);
    // Its bytes wait where they are: what arrives behind them may move them.
    this.inbox.consume(-parser.head.length);
    admission!.hold(ticket, this, { view, pipelined });
    if (this.peerEnded && this.state as State === "queued") this.leaveQueue();
  }

  #tellBegun({ begun, settled }: Observers, parser: HeadParser, place: HeadPlace): void {
    if (begun === null && settled === null) return;
    this.exchange!.begunMs = this.engine.ports.clock.now();
    begun?.(this.exchange!, this.#viewOf(parser, place));
  }

  #takeHead(parser: HeadParser): HeadPlace {
    const { bytes, start } = this.inbox;
    this.inbox.consume(parser.head.length);
    return { bytes, start };
  }

  #viewOf(parser: HeadParser, place: HeadPlace): HeadView {
    return new HeadView(this.codec, parser.head, place);
  }

  #call(parser: HeadParser, { bytes, start }: HeadPlace): void {
    const exchange = this.exchange!;
    const { handlerMs, ticket } = exchange;
    this.#parser = null;
    this.deadlines.handlerAt = handlerMs > 0 ? this.engine.now + handlerMs : Infinity;
    if (ticket !== null) ticket.beginning = true;
    this.engine.application(exchange, parser.head, bytes, start);
    if (ticket !== null) ticket.beginning = false;
    this.engine.parsers.give(parser);
    if (this.peerEnded && this.exchange === exchange) this.peerEnd();
  }

  protected override goIn(): void {
    const parser = this.#parser!;
    const place = this.#takeHead(parser);
    this.move(EVENTS.admit);
    this.#call(parser, place);
  }

  protected override stayOut(): void {
    this.#takeHead(this.#parser!);
    this.#dropParser();
    this.exchange!.turnAway();
  }

  /** The client has gone, or cannot be told from one that has: its handler never runs. */
  protected leaveQueue(): void {
    this.engine.admission!.cancel(this.exchange!.ticket!);
    this.onRejected();
  }

  #dropParser(): void {
    if (this.#parser !== null) this.engine.parsers.give(this.#parser);
    this.#parser = null;
  }
}
