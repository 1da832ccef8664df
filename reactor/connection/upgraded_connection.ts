/**
 * A connection that a handler has taken over: raw bytes both ways, beginning with those that were read after
 * the request. What arrives still passes through the connection's inbox, and what goes out through its I/O
 * loop, so that the bound on the inbox, the byte counts and the notice of the peer's end stay in force.
 *
 * @module
 */

import type { ClientShare } from "../admission/client_limit.ts";
import type { TakenConn } from "../exchange.ts";
import type { Inbox } from "../memory/inbox.ts";
import type { Address, Bytes, Conn } from "../ports.ts";
import type { CloseReason } from "../states.ts";
import type { IoLoop } from "./io_loop.ts";

/** What hears of what becomes of it. */
export interface UpgradeHost {
  /** The handler has closed it. */
  onRawClosed(): void;
}

/** The parts of a connection that it goes on with. */
export interface UpgradeParts {
  readonly conn: Pick<Conn, "localAddr" | "remoteAddr" | "ref" | "unref">;
  readonly inbox: Inbox;
  readonly io: Pick<IoLoop, "writeRaw" | "endRaw" | "readOn">;
  /** What it counts for at its client; `null` where that is not limited. */
  readonly share: ClientShare | null;
}

/** The raw connection after a 101 or a 2xx to CONNECT. */
export class UpgradedConnection implements TakenConn {
  readonly #host: UpgradeHost;
  readonly #parts: UpgradeParts;
  onAsked: ((reason: CloseReason) => void) | null = null;
  asked: CloseReason | null = null;
  #ended = false;
  /** Reads that wait, in their order: one that was given up on may be followed by another. */
  #waiting: (() => void)[] = [];

  constructor(host: UpgradeHost, parts: UpgradeParts) {
    this.#host = host;
    this.#parts = parts;
  }

  get localAddr(): Address {
    return this.#parts.conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.#parts.conn.remoteAddr;
  }

  async read(into: Bytes): Promise<number | null> {
    const { inbox, io } = this.#parts;
    while (inbox.size === 0) {
      if (this.#ended) return null;
      await this.#more();
    }
    const count = Math.min(into.length, inbox.size);
    into.set(inbox.bytes.subarray(inbox.start, inbox.start + count));
    inbox.consume(count);
    io.readOn();
    return count;
  }

  async take(): Promise<Bytes | null> {
    const { inbox, io } = this.#parts;
    while (inbox.size === 0) {
      if (this.#ended) return null;
      await this.#more();
    }
    const bytes = inbox.take(inbox.size);
    io.readOn();
    return bytes;
  }

  write(bytes: Bytes): Promise<number> {
    return this.#parts.io.writeRaw(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#parts.io.endRaw();
  }

  close(): void {
    this.#host.onRawClosed();
  }

  ref(): void {
    this.#parts.conn.ref();
  }

  unref(): void {
    this.#parts.conn.unref();
  }

  /** Its end is asked for; only the first time counts. */
  askedToEnd(reason: CloseReason): void {
    if (this.asked !== null) return;
    this.asked = reason;
    const call = this.onAsked;
    this.onAsked = null;
    call?.(reason);
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

  /** The connection has ended. */
  over(): void {
    this.#parts.share?.answered();
    this.ended();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
