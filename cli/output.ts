/**
 * Lines to stdout, in batches, without ever waiting where others would have to wait too: a terminal or a
 * pipe that is slow slows down whoever awaits `add`, and nobody else.
 *
 * @module
 */

import { nextMicrotask } from "../reactor/timing/microtasks.ts";

/** Lines that wait while others are written, in characters. */
const MOST_WAITING = 65_536;

const encoder = new TextEncoder();

/** Where the lines go. */
export interface Sink {
  /** Takes some of the bytes, at least one. */
  write(bytes: Uint8Array): Promise<number>;
}

/** See the head of this file. */
export class Output {
  readonly #sink: Sink;
  #waiting = "";
  #writing: Promise<void> | null = null;
  /** Nobody reads any more: `weir --trace | head`. */
  #broken = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Adds a line after the others; resolves when there is room for more, with `false` when nobody reads. */
  async add(line: string): Promise<boolean> {
    this.#waiting += line;
    const writing = this.#writing ??= this.#write();
    if (this.#waiting.length > MOST_WAITING) await writing;
    return !this.#broken;
  }

  /** Resolves when everything is written, or nobody reads. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // A batch is what comes in one turn; the next is what came while it was written.
    await nextMicrotask();
    try {
      while (this.#waiting !== "") {
        const batch = this.#waiting;
        this.#waiting = "";
        await this.#writeAll(encoder.encode(batch));
      }
      this.#writing = null;
    } catch {
      this.#broken = true;
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#sink.write(bytes.subarray(at));
  }
}
