/**
 * The writing half of a connection: empties the outbox into the socket, one write at a time, and tells
 * each exchange when the kernel has taken its answer, or that it never will.
 *
 * @module
 */

import type { AbortError } from "../errors.ts";
import type { Outbox } from "../memory/outbox.ts";
import type { Bytes, Conn } from "../ports.ts";
import { abortError } from "../answer/refusal.ts";
import type { CloseReason } from "../states.ts";
import { soon } from "../timing/microtasks.ts";

/** An answer whose delivery somebody may wait for. */
export interface Delivery {
  /** @internal The one behind it in the queue of its sender. */
  next: Delivery | null;
  delivered(): void;
  lost(reason: AbortError): void;
}

/** Who hears of what is written. */
export interface SenderEvents {
  /** The kernel took so many bytes. */
  sent(count: number): void;
  /** The outbox is empty. */
  allSent(): void;
  /** The connection is broken. */
  writeFailed(): void;
}

/** The writing half of one connection. */
export class Sender {
  readonly outbox: Outbox;
  readonly #conn: Conn;
  readonly #events: SenderEvents;
  /** The answers that are in the outbox whole, linked in order: an idle connection holds no array for them. */
  #first: Delivery | null = null;
  #last: Delivery | null = null;
  #added = 0;
  #stopped = false;
  #waiter: ((sent: boolean) => void) | null = null;
  /** Bytes that the kernel has taken. */
  bytesOut = 0;
  /** Whether a write is under way. */
  busy = false;
  /**
   * While the reading loop hands bytes on, a write is left to it: it awaits the write where it stands,
   * which saves a function's promise for each request (100 of the 1,700 ns that a request on `/` costs).
   */
  deferring = false;
  deferred = false;

  constructor(events: SenderEvents, parts: { conn: Conn; outbox: Outbox }) {
    this.#events = events;
    this.#conn = parts.conn;
    this.outbox = parts.outbox;
  }

  /** How many whole answers the kernel has not taken. */
  get undelivered(): number {
    let count = 0;
    for (let each = this.#first; each !== null; each = each.next) count++;
    return count;
  }

  /** An answer is in the outbox whole. */
  add(delivery: Delivery): void {
    if (this.#last === null) this.#first = delivery;
    else this.#last.next = delivery;
    this.#last = delivery;
    this.#added++;
  }

  /** Begins to write what is there, unless a write is under way: that one goes on to the end. */
  flush(): void {
    if (this.busy || this.#stopped) return;
    // A large answer may take long, and the loop has to go on reading meanwhile.
    if (this.deferring && this.outbox.pending && this.outbox.open) this.busy = this.deferred = true;
    else this.#write();
  }

  /** The deferred write's bytes, which the reading loop writes itself; followed by `wrote` or `failed`. */
  deferredBytes(): Bytes {
    this.deferred = false;
    return this.outbox.next()!;
  }

  /** The deferred write took so many bytes. */
  wrote(count: number): void {
    this.outbox.taken(count);
    this.bytesOut += count;
    if (!this.#stopped) this.#events.sent(count);
    if (!this.#stopped && this.outbox.next() !== null) this.#write();
    else this.#written();
  }

  /** A write failed. */
  failed(): void {
    if (!this.#stopped) this.#events.writeFailed();
    this.#written();
  }

  /**
   * Flushes unless a further answer is added within a few microtasks, as by most async handlers: then
   * they go out in one write. Nothing waits for an answer that takes longer than that.
   */
  async flushSoon(): Promise<void> {
    const added = this.#added;
    await soon(() => this.#added !== added);
    if (this.#added === added && this.outbox.pending) this.flush();
  }

  /** Flushes; resolves when the outbox is empty, with `false` when the connection has ended. */
  flushed(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiter = resolve;
      this.flush();
    });
  }

  /** Ends the stream towards the peer; reading goes on. */
  async end(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch {
      if (!this.#stopped) this.#events.writeFailed();
    }
  }

  /** Writes no more; the buffer goes back as soon as no write is under way. */
  stop(reason: CloseReason): void {
    this.#stopped = true;
    if (!this.busy) this.outbox.release();
    // An error takes 2 µs to make, and at most ends there is nobody to tell.
    const error = this.#first === null ? null : abortError(reason);
    for (let each = this.#takeAll(); each !== null; each = unlinked(each)) each.lost(error!);
    this.#wake(false);
  }

  async #write(): Promise<void> {
    const { outbox } = this;
    this.busy = true;
    try {
      for (let bytes = outbox.next(); bytes !== null; bytes = outbox.next()) {
        const count = await this.#conn.write(bytes);
        outbox.taken(count);
        this.bytesOut += count;
        if (this.#stopped) break;
        this.#events.sent(count);
      }
    } catch {
      return this.failed();
    }
    this.#written();
  }

  #written(): void {
    this.busy = false;
    if (this.#stopped) this.outbox.release();
    else this.#done();
  }

  #done(): void {
    for (let each = this.#takeAll(); each !== null; each = unlinked(each)) each.delivered();
    this.#wake(true);
    this.#events.allSent();
  }

  #takeAll(): Delivery | null {
    const first = this.#first;
    this.#first = this.#last = null;
    return first;
  }

  #wake(sent: boolean): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.(sent);
  }
}

/** The next one, which alone leads on: who keeps an answer does not keep all behind it. */
function unlinked(delivery: Delivery): Delivery | null {
  const { next } = delivery;
  delivery.next = null;
  return next;
}
