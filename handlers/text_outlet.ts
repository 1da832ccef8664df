/**
 * Text on its way to a stream such as stderr, in its order. Nobody waits for a reader who is slow: one write is
 * under way at a time, and what comes meanwhile gathers. How much of that is too much is for the caller to say.
 *
 * @module
 */

import type { Bytes } from "../reactor/ports.ts";

/** What the text goes to. */
export interface TextSink {
  /** Takes some of the bytes, at least one. */
  write(bytes: Bytes): Promise<number>;
}

const encoder = new TextEncoder();

/** See the head of this file. */
export class TextOutlet {
  readonly #sink: TextSink;
  #gathered = "";
  /** Characters that are being written. */
  #underWay = 0;
  #writing: Promise<void> | null = null;
  #broken = false;

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  /** Characters that wait, or are being written. */
  get waiting(): number {
    return this.#gathered.length + this.#underWay;
  }

  /** Whether the last write failed: nobody reads any more, or the disk is full. What waited then is lost. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Adds text after the rest; the first is handed to the stream at once. */
  add(text: string): void {
    this.#gathered += text;
    this.#writing ??= this.#write();
  }

  /** Resolves when all that was added has been taken, or is lost; never rejects. */
  async flushed(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (this.#gathered !== "") {
        const batch = this.#gathered;
        this.#gathered = "";
        this.#underWay = batch.length;
        await this.#writeAll(encoder.encode(batch));
      }
      this.#broken = false;
    } catch {
      this.#gathered = "";
      this.#broken = true;
    } finally {
      this.#underWay = 0;
      this.#writing = null;
    }
  }

  async #writeAll(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#sink.write(bytes.subarray(at));
  }
}
