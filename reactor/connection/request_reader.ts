/**
 * Cuts request heads out of what has arrived, and decides whether more may be read: enough requests that
 * wait in the inbox stop the reading, and TCP holds the peer back.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { HeadParser } from "../h1/head_parser.ts";
import { NEED_MORE } from "../h1/head_parser.ts";
import type { HeadParsers } from "../h1/head_parsers.ts";
import type { ParsedHead } from "../h1/parsed_head.ts";
import { countHeadEnds } from "../h1/pipeline.ts";
import { ReadHead } from "../h1/read_head.ts";
import type { Inbox } from "../memory/inbox.ts";
import type { Bytes, Codec } from "../ports.ts";
import type { RequestHead } from "../request_head.ts";
import type { IoInput } from "./io_loop.ts";

/** What is the same for all readers of a reactor. */
export interface ReaderContext {
  readonly ports: { readonly codec: Codec };
  readonly parsers: HeadParsers;
  readonly options: {
    readonly limits: {
      /** Requests that may wait after the one being handled before reading stops. */
      readonly pipelinedRequests: number;
    };
  };
}

/** The reader of one connection. */
export class RequestReader implements IoInput {
  readonly #context: ReaderContext;
  readonly #inbox: Inbox;
  /** At work on a head that has not arrived whole; `null` between heads. */
  #parser: HeadParser | null = null;
  /** Requests in the inbox that wait for the one being handled, at most. */
  #waiting = 0;
  /** No bytes came since the last request was read. */
  #noneCame = true;
  /** Of the last request: what the parser found out, valid until the next one is read. */
  parsed: ParsedHead | null = null;
  /** Why the last request cannot be served although its head was read; `null` if it can. */
  refusal: ProtocolError | null = null;
  /** Whether its client sent it without waiting for the answer to the one before. */
  pipelined = false;

  constructor(context: ReaderContext, inbox: Inbox) {
    this.#context = context;
    this.#inbox = inbox;
  }

  room(): Bytes | null {
    return this.#waiting < this.#context.options.limits.pipelinedRequests
      ? this.#inbox.room()
      : null;
  }

  filled(count: number): void {
    this.#inbox.filled(count);
  }

  release(): void {
    this.#inbox.release();
  }

  /** Bytes came while no request was being handled: what they begin was not pipelined. */
  arrived(): void {
    this.#noneCame = false;
  }

  /** The last `count` bytes of the inbox belong to requests that have to wait. */
  hold(count: number): void {
    const { bytes, start, end } = this.#inbox;
    this.#waiting += countHeadEnds(bytes, Math.max(start, end - count), end);
  }

  /** What waited is being worked off. */
  unhold(): void {
    this.#waiting = 0;
  }

  /**
   * Takes the next head out of the inbox, or returns `null` if it has not arrived whole.
   *
   * @throws {ProtocolError} If it cannot be read; nothing can be read after it.
   */
  next(): RequestHead | null {
    const { bytes, start, end } = this.#inbox;
    const parser = this.#parser ??= this.#context.parsers.take();
    this.refusal = null;
    try {
      if (parser.parse(bytes, start, end) === NEED_MORE) return null;
    } catch (error) {
      this.#letGo(parser);
      if (!(error instanceof ProtocolError) || parser.head.length === 0) throw error;
      this.refusal = error;
    }
    const parsed = this.parsed = parser.head;
    const head = new ReadHead(parsed, { bytes, start, codec: this.#context.ports.codec });
    this.#inbox.consume(parsed.length);
    if (this.#parser !== null) this.#letGo(parser);
    this.pipelined = this.#noneCame;
    this.#noneCame = true;
    return head;
  }

  /** Gives a parser back that was at work when the connection ended. */
  end(): void {
    if (this.#parser !== null) this.#letGo(this.#parser);
  }

  #letGo(parser: HeadParser): void {
    this.#parser = null;
    this.#context.parsers.give(parser);
  }
}
