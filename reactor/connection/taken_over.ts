/**
 * A connection that a handler has taken over: raw bytes both ways, beginning with those that had been
 * read behind the request. What comes still passes through the connection's inbox, so that the bound on
 * it, the byte counts and the notice of the peer's end stay in force.
 *
 * @module
 */

import type { Inbox } from "../memory/inbox.ts";
import type { Address, Bytes, Conn } from "../ports.ts";

/** What it needs of the connection that it was. */
export interface TakenOverHost {
  readonly conn: Conn;
  readonly inbox: Inbox;
  /** Resolves when the head of the answer has gone, with `false` when the connection is gone. */
  flushed(): Promise<boolean>;
  /** So many bytes were written. */
  sent(bytes: number): void;
  /** The inbox has room again. */
  consumed(): void;
  /** A write failed: the peer is gone. */
  failed(): void;
  close(): void;
}

/** The raw connection behind a 101 or a CONNECT. */
export class TakenOver implements Conn {
  readonly #host: TakenOverHost;
  readonly #headSent: Promise<boolean>;
  #ended = false;
  /** Reads that wait, in their order: one that was given up on may have another behind it. */
  #waiting: (() => void)[] = [];

  constructor(host: TakenOverHost) {
    this.#host = host;
    this.#headSent = host.flushed();
  }

  get localAddr(): Address {
    return this.#host.conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.#host.conn.remoteAddr;
  }

  async read(into: Bytes): Promise<number | null> {
    const { inbox } = this.#host;
    while (inbox.size === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const count = Math.min(into.length, inbox.size);
    into.set(inbox.bytes.subarray(inbox.start, inbox.start + count));
    inbox.consume(count);
    this.#host.consumed();
    return count;
  }

  async write(bytes: Bytes): Promise<number> {
    await this.#headSent;
    try {
      const count = await this.#host.conn.write(bytes);
      this.#host.sent(count);
      return count;
    } catch (error) {
      this.#host.failed();
      throw error;
    }
  }

  async closeWrite(): Promise<void> {
    await this.#headSent;
    await this.#host.conn.closeWrite();
  }

  close(): void {
    this.#host.close();
  }

  ref(): void {
    this.#host.conn.ref();
  }

  unref(): void {
    this.#host.conn.unref();
  }

  /** New bytes are in the inbox. */
  arrived(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let i = 0; i < waiting.length; i++) waiting[i]!();
  }

  /** No more bytes will come. */
  ended(): void {
    this.#ended = true;
    this.arrived();
  }
}
