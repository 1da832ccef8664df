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
  /**
   * Reads that wait, in their order: one that was given up on may be followed by another. Each is an attempt,
   * which returns whether the read is over.
   */
  readonly #waiting: (() => boolean)[] = [];

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

  read(into: Bytes): Promise<number | null> {
    return this.#next((inbox) => {
      const count = Math.min(into.length, inbox.size);
      into.set(inbox.bytes.subarray(inbox.start, inbox.start + count));
      inbox.consume(count);
      return count;
    });
  }

  take(): Promise<Bytes | null> {
    return this.#next((inbox) => inbox.take(inbox.size));
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

  /** New bytes are in the inbox: the reads that wait get them in their order. */
  arrived(): void {
    let served = 0;
    while (served < this.#waiting.length && this.#waiting[served]!()) served++;
    if (served > 0) this.#waiting.splice(0, served);
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

  /**
   * Resolves with what `use` makes of the next bytes, and with `null` at the end. Bytes that come while a read
   * waits are used before the next read of the socket begins, which then waits in a small buffer.
   */
  #next<T>(use: (inbox: Inbox) => T): Promise<T | null> {
    const { inbox, io } = this.#parts;
    return new Promise((resolve, reject) => {
      const attempt = () => {
        if (inbox.size === 0 && !this.#ended) return false;
        try {
          resolve(inbox.size === 0 ? null : use(inbox));
        } catch (error) {
          // The caller has given away the array that the bytes were to go into.
          reject(error);
        }
        io.readOn();
        return true;
      };
      if (this.#waiting.length > 0 || !attempt()) this.#waiting.push(attempt);
    });
  }
}
