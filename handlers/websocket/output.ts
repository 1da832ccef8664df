/**
 * The frames that wait to be written. They are gathered, so that many small ones go out in one write, and
 * copied, because what a program hands over is its own to change. Buffers come from a pool and go back
 * when they are written: an idle socket holds none.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { BufferPool, LARGE_BYTES, SMALL_BYTES } from "../../reactor/memory/buffer_pool.ts";
import type { Bytes, Conn } from "../../reactor/ports.ts";
import type { FrameSink } from "./framing.ts";

/** Text up to a third of this may need all of it as UTF-8. */
const MOST_BYTES_A_UNIT = 3;

const encoder = new TextEncoder();
const NONE: Bytes = new Uint8Array(0);

/** Shared by all sockets: who holds a buffer does not depend on the server. */
const pool = new BufferPool();

/** Bytes that go out in one piece. */
interface Piece {
  readonly bytes: Bytes;
  /** The buffer that goes back to the pool; any other is ignored there. */
  readonly buffer: Bytes;
  /** How many of the bytes are payload. */
  readonly payload: number;
}

/** What gathers and writes the frames of one socket. */
export class FrameOutput implements FrameSink {
  readonly #conn: Pick<Conn, "write">;
  readonly #onTurn: () => void;
  #buffer: Bytes = NONE;
  #used = 0;
  #payload = 0;
  /** Full buffers and large payloads, in their order. */
  #pieces: Piece[] = [];
  #state: "resting" | "held" | "writing" | "dead" = "resting";
  #part: "alone" | "head" | "payload" = "alone";
  #onEmpty: (() => void) | null = null;
  /** Bytes of payload that the kernel has not taken yet. */
  waiting = 0;
  /** Bytes that the kernel has taken, with the heads of the frames. */
  taken = 0;

  /** `onTurn` is called before each further write: what it appends goes out with that. */
  constructor(conn: Pick<Conn, "write">, onTurn: () => void) {
    this.#conn = conn;
    this.#onTurn = onTurn;
  }

  /** Whether nothing can be written any more. */
  get destroyed(): boolean {
    return this.#state === "dead";
  }

  /** Whether a write is under way. */
  get writing(): boolean {
    return this.#state === "writing";
  }

  cork(): void {
    this.#part = "head";
  }

  uncork(): void {
    this.#part = "alone";
    this.#flush();
  }

  write(part: Buffer | string, done?: () => void): void {
    if (this.#state === "dead") return;
    const size = typeof part === "string" ? this.#putText(part) : this.#putBytes(part);
    if (this.#part === "payload") {
      this.waiting += size;
    } else if (this.#part === "head") {
      this.#part = "payload";
    } else {
      this.#flush();
    }
    done?.();
  }

  /** Gathers what comes until `release` is called. */
  hold(): void {
    if (this.#state === "resting") this.#state = "held";
  }

  /** Writes what was gathered meanwhile. */
  release(): void {
    if (this.#state !== "held") return;
    this.#state = "resting";
    this.#flush();
  }

  /** Resolves when all is written, or nothing can be. */
  empty(): Promise<void> {
    const rests = this.#state === "dead" ||
      (this.#state !== "writing" && this.#used === 0 && this.#pieces.length === 0);
    if (rests) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty = resolve);
  }

  /** Drops all that waits; nothing is written any more. */
  stop(): void {
    this.#state = "dead";
    this.#pieces = [];
    this.#buffer = NONE;
    this.#used = 0;
    this.waiting = 0;
    this.#tellEmpty();
  }

  #flush(): void {
    if (this.#state === "resting" && this.#used + this.#pieces.length > 0) this.#run();
  }

  /** Writes until nothing waits. A failed write means that the connection is gone, which its reader hears. */
  async #run(): Promise<void> {
    this.#state = "writing";
    try {
      for (let piece = this.#next(); piece !== null; piece = this.#next()) {
        const { bytes, buffer, payload } = piece;
        for (let from = 0; from < bytes.length;) {
          const count = await this.#conn.write(from === 0 ? bytes : bytes.subarray(from));
          this.taken += count;
          from += count;
        }
        if (this.#state as string === "dead") return;
        this.waiting -= payload;
        pool.give(buffer);
        this.#onTurn();
      }
    } catch {
      return this.stop();
    }
    this.#state = "resting";
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    const call = this.#onEmpty;
    this.#onEmpty = null;
    call?.();
  }

  #next(): Piece | null {
    if (this.#pieces.length === 0) this.#endBuffer();
    return this.#pieces.shift() ?? null;
  }

  #putBytes(bytes: Uint8Array): number {
    const { length } = bytes;
    if (this.#makeRoom(length)) {
      this.#buffer.set(bytes, this.#used);
      this.#filled(length);
    } else {
      this.#putPiece(new Uint8Array(bytes));
    }
    return length;
  }

  #putText(text: string): number {
    if (this.#makeRoom(text.length * MOST_BYTES_A_UNIT)) {
      const { written } = encoder.encodeInto(text, this.#buffer.subarray(this.#used));
      this.#filled(written);
      return written;
    }
    const bytes = encoder.encode(text);
    this.#putPiece(bytes);
    return bytes.length;
  }

  #filled(count: number): void {
    this.#used += count;
    if (this.#part === "payload") this.#payload += count;
  }

  /** A large payload goes out by itself. */
  #putPiece(bytes: Bytes): void {
    this.#endBuffer();
    const payload = this.#part === "payload" ? bytes.length : 0;
    this.#pieces.push({ bytes, buffer: NONE, payload });
  }

  /** The buffer is to be written as it is. */
  #endBuffer(): void {
    if (this.#used === 0) return;
    const buffer = this.#buffer;
    this.#pieces.push({ bytes: buffer.subarray(0, this.#used), buffer, payload: this.#payload });
    this.#buffer = NONE;
    this.#used = 0;
    this.#payload = 0;
  }

  /** Whether so many bytes fit into a buffer; takes another one if it must. */
  #makeRoom(count: number): boolean {
    if (count <= this.#buffer.length - this.#used) return true;
    if (count > LARGE_BYTES) return false;
    if (this.#used + count > LARGE_BYTES) this.#endBuffer();
    const used = this.#used;
    const next = used + count <= SMALL_BYTES ? pool.takeSmall() : pool.takeLarge();
    next.set(this.#buffer.subarray(0, used));
    pool.give(this.#buffer);
    this.#buffer = next;
    return true;
  }
}
