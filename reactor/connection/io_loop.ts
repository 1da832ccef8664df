/**
 * All reading and writing of one connection: at most one read is pending and one write under way, and
 * nothing else of the engine calls `conn.read` or `conn.write`.
 *
 * One loop keeps a read pending whenever there is room for it, so that bytes are taken in as they come and
 * a client that leaves is noticed, also while a handler works. When there is no room, the loop is parked
 * and TCP holds the peer back.
 *
 * A write is asked for by {@linkcode IoLoop.flush}. The answer to what a read brought is usually there
 * before the next read: such a write is `"offered"` to the loop, which awaits it where it stands. That
 * saves an async function's promise for each request (docs/performance.md, "What paid"). Every other write
 * is an async function of its own. This is the one place for that trick.
 *
 * @module
 */

import type { Outbox } from "../memory/outbox.ts";
import type { Bytes, Conn } from "../ports.ts";
import { soon } from "../timing/microtasks.ts";
import type { Rounds } from "../timing/rounds.ts";

/** What may be read into, and what has arrived there. */
export interface IoInput {
  /** Where the next read goes, or `null` while nothing more may be read. Followed by `filled`. */
  room(): Bytes | null;
  /** A read has ended with so many bytes; 0 when it failed or found the end. */
  filled(count: number): void;
  /** Frees what a read went into; nothing more is read. */
  release(): void;
}

/** What hears of what was read and written. */
export interface IoEvents {
  /** So many bytes have arrived. */
  onBytes(count: number): void;
  /** The peer has ended its side: nothing more will come. */
  onPeerEnd(): void;
  /** A read or a write failed: the connection is broken. */
  onBroken(): void;
  /** The kernel took so many bytes. */
  onWritten(count: number): void;
  /** The output is empty. */
  onAllWritten(): void;
  /** The engine itself failed. */
  onDefect(error: unknown): void;
}

/** What the loop is made of. */
export interface IoInit {
  readonly conn: Conn;
  readonly input: IoInput;
  readonly outbox: Outbox;
  readonly rounds: Rounds;
  readonly events: IoEvents;
}

/** Where the loop stands. */
type LoopState = "reading" | "parked" | "dispatching" | "stopped";

/** What becomes of the output. */
type OutputState =
  /** Nothing is being written. */
  | "resting"
  /** The loop is to write it, once it has handed on what it has read. */
  | "offered"
  /** It is being written. */
  | "writing"
  /** Bytes are being written that did not go through it. */
  | "raw";

/** See the head of this file. */
export class IoLoop {
  readonly #conn: Conn;
  readonly #input: IoInput;
  readonly #outbox: Outbox;
  readonly #rounds: Rounds;
  readonly #events: IoEvents;
  #loop: LoopState = "reading";
  #output: OutputState = "resting";
  /** Answers that were gathered so far; tells `flushSoon` whether another one has come. */
  #gathered = 0;
  #resume: (() => void) | null = null;
  #onEmpty: ((sent: boolean) => void) | null = null;
  /** Raw writes that wait for the one under way. */
  #turns: (() => void)[] | null = null;
  /** Bytes read from the peer. */
  bytesIn = 0;
  /** Bytes that the kernel has taken. */
  bytesOut = 0;
  /** Whether the peer has ended its side. */
  peerEnded = false;

  constructor(init: IoInit) {
    this.#conn = init.conn;
    this.#input = init.input;
    this.#outbox = init.outbox;
    this.#rounds = init.rounds;
    this.#events = init.events;
  }

  get #isStopped(): boolean {
    return this.#loop === "stopped";
  }

  /** Whether the output is being written, or about to be. */
  get writing(): boolean {
    return this.#output === "writing" || this.#output === "offered";
  }

  /** Reads until the peer ends, the connection breaks or `stop` is called; never rejects. */
  async run(): Promise<void> {
    try {
      while (!this.#isStopped && !this.peerEnded) {
        const room = this.#input.room();
        if (room === null) {
          await this.#parked();
          continue;
        }
        let count: number | null;
        try {
          // Awaited here and not in a function of its own: one promise less for every read.
          count = await this.#conn.read(room);
        } catch {
          this.#readFailed();
          break;
        }
        this.#rounds.served();
        this.#dispatch(count);
        let offered = this.#takeOffered();
        if (offered !== null) {
          let taken: number;
          try {
            taken = await this.#conn.write(offered);
          } catch {
            this.#writeFailed();
            continue;
          }
          // The loop keeps its variables while it waits for the next read.
          offered = null;
          this.#took(taken);
          // Asking for more gives the buffer back when there is none.
          if (this.#isStopped || this.#outbox.next() === null) this.#rest();
          else this.#write();
        }
        if (this.#rounds.holding) await this.#rounds.next();
      }
      if (this.#isStopped) this.#input.release();
    } catch (error) {
      this.#events.onDefect(error);
    }
  }

  /** There may be room to read again. */
  readOn(): void {
    const resume = this.#resume;
    if (resume === null) return;
    this.#resume = null;
    resume();
  }

  /** An answer has been gathered in the output. */
  gathered(): void {
    this.#gathered++;
  }

  /**
   * Writes what is in the output, unless a write is under way: that one goes on to the end. `standing`:
   * nothing needs to be read before the output is empty, so the loop may stand in the write.
   */
  flush(standing: boolean): void {
    if (this.#output !== "resting" || this.#isStopped) return;
    if (standing && this.#loop === "dispatching" && this.#outbox.open) this.#output = "offered";
    else this.#write();
  }

  /**
   * Flushes unless a further answer is gathered within a few microtasks, as by most async handlers: then
   * they go out in one write. Nothing waits for an answer that takes longer than that.
   */
  async flushSoon(): Promise<void> {
    const gathered = this.#gathered;
    await soon(() => this.#gathered !== gathered);
    if (this.#gathered === gathered && this.#outbox.pending) this.flush(false);
  }

  /** Flushes; resolves when the output is empty, with `false` when the connection has ended. */
  flushed(): Promise<boolean> {
    if (this.#isStopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const earlier = this.#onEmpty;
      this.#onEmpty = earlier === null ? resolve : (sent) => {
        earlier(sent);
        resolve(sent);
      };
      this.flush(false);
    });
  }

  /** Writes bytes that do not go through the output, after those of the output and of earlier calls. */
  async writeRaw(bytes: Bytes): Promise<number> {
    await this.#turn();
    try {
      const count = await this.#conn.write(bytes);
      this.bytesOut += count;
      return count;
    } catch (error) {
      if (!this.#isStopped) this.#events.onBroken();
      throw error;
    } finally {
      this.#endTurn();
    }
  }

  /** Ends the stream towards the peer, after what is being written; reading goes on. */
  async endRaw(): Promise<void> {
    await this.#turn();
    try {
      await this.#conn.closeWrite();
    } finally {
      this.#endTurn();
    }
  }

  /** Ends the stream towards the peer, with nothing being written; reading goes on. */
  async endOutput(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch {
      if (!this.#isStopped) this.#events.onBroken();
    }
  }

  /**
   * Closes the connection; nothing more is read or written. Buffers go back as soon as no read and no write
   * is under way.
   */
  stop(): void {
    this.#loop = "stopped";
    try {
      this.#conn.close();
    } catch {
      // It is closed already: the platform has said so, or says so now.
    }
    this.#input.release();
    if (this.#output === "resting") this.#outbox.release();
    this.readOn();
    this.#tellEmpty(false);
  }

  #parked(): Promise<void> {
    this.#loop = "parked";
    return new Promise((resolve) => {
      this.#resume = () => {
        if (this.#loop === "parked") this.#loop = "reading";
        resolve();
      };
    });
  }

  #dispatch(count: number | null): void {
    this.#input.filled(count ?? 0);
    if (this.#isStopped) return;
    this.#loop = "dispatching";
    if (count === null) {
      this.peerEnded = true;
      this.#events.onPeerEnd();
    } else {
      this.bytesIn += count;
      this.#events.onBytes(count);
    }
    if (this.#loop as LoopState === "dispatching") this.#loop = "reading";
  }

  #readFailed(): void {
    this.#input.filled(0);
    if (!this.#isStopped) this.#events.onBroken();
  }

  async #write(): Promise<void> {
    this.#output = "writing";
    try {
      for (let bytes = this.#outbox.next(); bytes !== null; bytes = this.#outbox.next()) {
        this.#took(await this.#conn.write(bytes));
        if (this.#isStopped) break;
      }
    } catch {
      return this.#writeFailed();
    }
    this.#rest();
  }

  #took(count: number): void {
    this.#outbox.taken(count);
    this.bytesOut += count;
    if (!this.#isStopped) this.#events.onWritten(count);
  }

  #writeFailed(): void {
    if (!this.#isStopped) this.#events.onBroken();
    this.#rest();
  }

  /** The bytes that the loop is to write; `null` if there are none. */
  #takeOffered(): Bytes | null {
    if (this.#output !== "offered") return null;
    this.#output = "writing";
    if (!this.#isStopped) return this.#outbox.next();
    this.#rest();
    return null;
  }

  /** No write of the output is under way any more. */
  #rest(): void {
    this.#endTurn();
    if (this.#isStopped) return this.#outbox.release();
    this.#tellEmpty(true);
    this.#events.onAllWritten();
  }

  #tellEmpty(sent: boolean): void {
    const call = this.#onEmpty;
    if (call === null) return;
    this.#onEmpty = null;
    call(sent);
  }

  /** Waits until nothing else is being written. */
  #turn(): Promise<void> {
    if (this.#output === "resting") {
      this.#output = "raw";
      return Promise.resolve();
    }
    return new Promise((resolve) => (this.#turns ??= []).push(resolve));
  }

  /** Hands the turn on to the raw write that has waited longest, if there is one. */
  #endTurn(): void {
    this.#output = "resting";
    const next = this.#turns?.shift();
    if (next === undefined) return;
    this.#output = "raw";
    next();
  }
}
