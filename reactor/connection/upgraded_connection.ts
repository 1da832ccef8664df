/**
 * A connection that a handler has taken over: raw bytes both ways, beginning with those that were read after
 * the request. What arrives still passes through the connection's inbox, and what goes out through its I/O
 * loop, so that the bound on the inbox, the byte counts and the notice of the peer's end stay in force.
 *
 * @module
 */

import type { Inbox } from "../memory/inbox.ts";
import type { Address, Bytes, Conn } from "../ports.ts";

/** What it needs of the connection that it was. */
export interface UpgradeHost {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  readonly inbox: Inbox;
  /** Writes after what is being written, the answer's head included. */
  writeRaw(bytes: Bytes): Promise<number>;
  /** Ends the stream after what is being written. */
  endRaw(): Promise<void>;
  /** The inbox has room again. */
  onRawTaken(): void;
  /** The handler has closed it. */
  onRawClosed(): void;
  ref(): void;
  unref(): void;
}

/** The raw connection after a 101 or a 2xx to CONNECT. */
export class UpgradedConnection implements Conn {
  readonly #host: UpgradeHost;
  #ended = false;
  /** Reads that wait, in their order: one that was given up on may be followed by another. */
  #waiting: (() => void)[] = [];

  constructor(host: UpgradeHost) {
    this.#host = host;
  }

  get localAddr(): Address {
    return this.#host.localAddr;
  }

  get remoteAddr(): Address {
    return this.#host.remoteAddr;
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
    this.#host.onRawTaken();
    return count;
  }

  write(bytes: Bytes): Promise<number> {
    return this.#host.writeRaw(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#host.endRaw();
  }

  close(): void {
    this.#host.onRawClosed();
  }

  ref(): void {
    this.#host.ref();
  }

  unref(): void {
    this.#host.unref();
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
