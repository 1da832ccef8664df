/**
 * The reading half of a connection: one loop that keeps a read pending whenever the inbox has room, so
 * that bytes are taken in as they come and a client that leaves is noticed, also while a handler works.
 * When the inbox is full, or enough requests wait in it, the loop parks and TCP holds the peer back.
 * The answer to what a read brought is usually there before the next read: the loop writes it itself.
 *
 * @module
 */

import { countHeadEnds } from "../h1/pipeline.ts";
import type { Engine } from "./engine.ts";
import type { Inbox } from "../memory/inbox.ts";
import type { Rounds } from "../timing/rounds.ts";
import type { Sender } from "./sender.ts";
import type { Conn } from "../ports.ts";

/** Who hears of what is read. */
export interface ReceiverEvents {
  /** So many bytes more are in the inbox. */
  received(count: number): void;
  /** The peer has ended its side; nothing more will come. */
  peerEnd(): void;
  /** The connection is broken. */
  readFailed(): void;
  /** Something threw that may not throw. */
  defect(error: unknown): void;
}

/** The reading half of one connection. */
export class Receiver {
  readonly #conn: Conn;
  readonly #inbox: Inbox;
  readonly #sender: Sender;
  readonly #events: ReceiverEvents;
  readonly #rounds: Rounds;
  /** Requests that may wait behind the one being handled before reading stops. */
  readonly #mostHeld: number;
  #held = 0;
  #stopped = false;
  #resume: (() => void) | null = null;
  /** Bytes read from the peer. */
  bytesIn = 0;
  /** Whether the peer has ended its side. */
  peerEnded = false;

  constructor(
    events: ReceiverEvents,
    parts: { engine: Engine; conn: Conn; inbox: Inbox; sender: Sender },
  ) {
    this.#events = events;
    this.#rounds = parts.engine.rounds;
    this.#conn = parts.conn;
    this.#inbox = parts.inbox;
    this.#sender = parts.sender;
    this.#mostHeld = parts.engine.options.limits.pipelinedRequests;
  }

  /** Reads until the peer ends, the connection breaks or `stop` is called; never rejects. */
  async run(): Promise<void> {
    try {
      while (!this.#stopped && !this.peerEnded) {
        const room = this.#held < this.#mostHeld ? this.#inbox.room() : null;
        if (room === null) {
          await this.#parked();
          continue;
        }
        let count: number | null;
        try {
          // Awaited here and not in a function of its own: one promise less for every read.
          count = await this.#conn.read(room);
        } catch {
          this.#failed();
          break;
        }
        this.#rounds.served();
        this.#sender.deferring = true;
        this.#arrived(count);
        this.#sender.deferring = false;
        if (this.#sender.deferred) {
          let taken: number;
          try {
            taken = await this.#conn.write(this.#sender.deferredBytes());
          } catch {
            this.#sender.failed();
            continue;
          }
          this.#sender.wrote(taken);
        }
        if (this.#rounds.holding) await this.#rounds.next();
      }
      if (this.#stopped) this.#inbox.release();
    } catch (error) {
      this.#events.defect(error);
    }
  }

  /** There may be room again. */
  readOn(): void {
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }

  /** The last `count` bytes of the inbox belong to requests that have to wait. */
  hold(count: number): void {
    const { bytes, start, end } = this.#inbox;
    this.#held += countHeadEnds(bytes, Math.max(start, end - count), end);
  }

  /** What waited is being worked off. */
  unhold(): void {
    this.#held = 0;
    this.readOn();
  }

  /** Reads no more; the buffer goes back as soon as no read is under way. */
  stop(): void {
    this.#stopped = true;
    this.#inbox.release();
    this.readOn();
  }

  #parked(): Promise<void> {
    return new Promise((resolve) => this.#resume = resolve);
  }

  #failed(): void {
    this.#inbox.filled(0);
    if (this.#stopped) return;
    this.#stopped = true;
    this.#events.readFailed();
  }

  #arrived(count: number | null): void {
    this.#inbox.filled(count ?? 0);
    if (this.#stopped) return;
    if (count === null) {
      this.peerEnded = true;
      return this.#events.peerEnd();
    }
    this.bytesIn += count;
    this.#events.received(count);
  }
}
