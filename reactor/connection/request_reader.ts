/**
 * Cuts request heads out of what has arrived, and decides whether more may be read: enough requests that
 * wait in the inbox stop the reading, and TCP holds the peer back.
 *
 * @module
 */

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

/** What a reader is made of. */
export interface RequestReaderInit {
  readonly inbox: Inbox;
  readonly parsers: HeadParsers;
  readonly codec: Codec;
  /** Requests that may wait after the one being handled before reading stops. */
  readonly mostWaiting: number;
}

/** The reader of one connection. */
export class RequestReader implements IoInput {
  readonly #inbox: Inbox;
  readonly #parsers: HeadParsers;
  readonly #codec: Codec;
  readonly #mostWaiting: number;
  /** At work on a head that has not arrived whole; `null` between heads. */
  #parser: HeadParser | null = null;
  /** Requests in the inbox that wait for the one being handled, at most. */
  #waiting = 0;
  /** No bytes came since the last request was read. */
  #noneCame = true;
  /** Of the last request: what the parser found out, valid until the next one is read. */
  parsed: ParsedHead | null = null;
  /** Whether its client sent it without waiting for the answer to the one before. */
  pipelined = false;

  constructor(init: RequestReaderInit) {
    this.#inbox = init.inbox;
    this.#parsers = init.parsers;
    this.#codec = init.codec;
    this.#mostWaiting = init.mostWaiting;
  }

  room(): Bytes | null {
    return this.#waiting < this.#mostWaiting ? this.#inbox.room() : null;
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
   * @throws {ProtocolError} If it cannot be served; nothing can be read after it.
   */
  next(): RequestHead | null {
    const { bytes, start, end } = this.#inbox;
    const parser = this.#parser ??= this.#parsers.take();
    try {
      if (parser.parse(bytes, start, end) === NEED_MORE) return null;
    } catch (error) {
      this.#letGo(parser);
      throw error;
    }
    const parsed = this.parsed = parser.head;
    const head = new ReadHead(parsed, { bytes, start, codec: this.#codec });
    this.#inbox.consume(parsed.length);
    this.#letGo(parser);
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
    this.#parsers.give(parser);
  }
}
