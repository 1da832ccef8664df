/**
 * Lines on their way out: gathered into batches, one write under way at a time, a bound on what
 * waits. A place that is slow or full loses lines, which are counted, but costs neither memory nor
 * time. Every line goes out whole and once: a batch that was interrupted goes on where it stopped.
 *
 * @module
 */

import type { Bytes, Clock, StopTimer } from "../../reactor/ports.ts";
import { reportLine } from "../report.ts";
import type { Destination } from "./destination.ts";

/** A batch of this size is written without further waiting, in bytes. */
export const BATCH_BYTES = 16_384;
/** How long the first line of a batch waits for others, in milliseconds. */
export const BATCH_MS = 200;
/** The most bytes that wait, tens of thousands of lines; further lines are lost. */
export const MOST_BYTES = 4_194_304;
/** From a failure to the next try, in milliseconds. */
export const RETRY_MS = 1_000;
/** How long the end waits for a place that takes nothing, in milliseconds. */
export const CLOSE_MS = 2_000;

/** What is being written; text and bytes have the same length, as lines are ASCII. */
interface Batch {
  readonly text: string;
  readonly bytes: Bytes;
  /** How many bytes are written. */
  at: number;
}

const encoder = new TextEncoder();

/** See the head of this file. */
export class LineWriter {
  readonly #clock: Pick<Clock, "after">;
  #destination: Destination;
  /** Takes the destination's place at the next write. */
  #next: Destination | null = null;
  #gathered = "";
  #batch: Batch | null = null;
  #writing = false;
  /** The run of writes under way, or the last one. */
  #running: Promise<void> = Promise.resolve();
  #stopTimer: StopTimer | null = null;
  /** Since a write failed and until a batch is out again. */
  #failing = false;
  #closing: Promise<void> | null = null;
  #lost = 0;

  constructor(clock: Pick<Clock, "after">, destination: Destination) {
    this.#clock = clock;
    this.#destination = destination;
  }

  /** Lines that found no room. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes a line of ASCII, its end included. */
  write(line: string): void {
    const waiting = this.#gathered.length + (this.#batch?.bytes.length ?? 0);
    if (this.#closing !== null || waiting + line.length > MOST_BYTES) {
      this.#lost++;
      return;
    }
    this.#gathered += line;
    if (this.#writing || this.#failing) return;
    if (this.#gathered.length >= BATCH_BYTES) this.#start();
    else if (this.#stopTimer === null) this.#startIn(BATCH_MS, { hold: true });
  }

  /** Opens the destination again; if that fails, the old one stays, and stderr says why. */
  reopen(): void {
    if (this.#closing !== null) return;
    const { name } = this.#destination;
    try {
      const next = this.#destination.reopened();
      if (next === null) return;
      this.#next?.close();
      this.#next = next;
    } catch (error) {
      return reportLine(`Cannot reopen the access log ${name}, the old file stays in use`, error);
    }
    if (!this.#writing) this.#start();
  }

  /** Writes out what waits; gives up, counting what remains, when that fails or nothing moves for seconds. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stop = this.#clock.after(CLOSE_MS, resolve, { hold: true });
    await Promise.race([late, this.#running]);
    if (!this.#writing) await Promise.race([late, this.#start()]);
    stop();
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#lost += linesIn(this.#gathered) + this.#unwritten();
    this.#gathered = "";
    this.#batch = null;
    this.#next?.close();
    this.#destination.close();
  }

  #unwritten(): number {
    return this.#batch === null ? 0 : linesIn(this.#batch.text.slice(this.#batch.at));
  }

  #startIn(ms: number, options: { readonly hold: boolean }): void {
    this.#stopTimer = this.#clock.after(ms, () => {
      this.#stopTimer = null;
      if (!this.#writing) this.#start();
    }, options);
  }

  #start(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = null;
    return this.#running = this.#run();
  }

  /** Writes what waits, also batches that fill up meanwhile; never rejects. */
  async #run(): Promise<void> {
    this.#writing = true;
    try {
      for (let batch = this.#take(1); batch !== null; batch = this.#take(BATCH_BYTES)) {
        await this.#put(batch);
        this.#failing = false;
      }
      if (this.#gathered !== "") this.#startIn(BATCH_MS, { hold: true });
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#writing = false;
    }
  }

  /** What to write now, if it is long enough. A new destination takes over here, between lines. */
  #take(least: number): Batch | null {
    this.#change();
    if (this.#batch !== null) return this.#batch;
    if (this.#gathered.length < least) return null;
    const text = this.#gathered;
    this.#gathered = "";
    return this.#batch = { text, bytes: encoder.encode(text), at: 0 };
  }

  async #put(batch: Batch): Promise<void> {
    while (batch.at < batch.bytes.length) {
      batch.at += await this.#destination.write(batch.bytes.subarray(batch.at));
      // `close` gave up meanwhile, and has counted what is left.
      if (this.#batch !== batch) return;
      if (this.#next !== null) this.#change();
    }
    this.#batch = null;
  }

  #change(): void {
    const next = this.#next;
    if (next === null) return;
    this.#next = null;
    this.#destination.close();
    this.#destination = next;
    const batch = this.#batch;
    // The line that was cut short is written again, in the new file.
    if (batch !== null) {
      batch.at = batch.at === 0 ? 0 : batch.text.lastIndexOf("\n", batch.at - 1) + 1;
    }
  }

  #failed(error: unknown): void {
    // `close` gave up before this failure.
    if (this.#batch === null) return;
    const { name } = this.#destination;
    // A run of failures is reported once.
    if (!this.#failing) reportLine(`Cannot write the access log ${name}, lines may be lost`, error);
    this.#failing = true;
    if (this.#closing === null) this.#startIn(RETRY_MS, { hold: false });
  }
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
