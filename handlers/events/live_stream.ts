/**
 * One event stream at work: pulled piece by piece as the client takes them. An iterable is asked for its
 * next event when nothing waits; what a function sends waits in a bounded buffer. While nothing comes, a
 * comment goes out now and then.
 *
 * @module
 */

import type { Bytes, Clock, StopTimer } from "../../reactor/ports.ts";
import type { EncodeEvent, ServerSentEvent } from "./encoding.ts";
import { EventBuffer } from "./event_buffer.ts";
import type { StreamOptions } from "./options.ts";
import { EventFeed, type EventStreamSource, type SourceOutput } from "./source.ts";
import type { EndListener } from "./stream_end.ts";
import type { StreamTally } from "./tally.ts";

/** What a stream is made of. */
export interface LiveStreamInit {
  readonly source: EventStreamSource;
  readonly lastEventId: string;
  readonly options: StreamOptions;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly loadEncoder: () => Promise<EncodeEvent>;
  /** Has the listener told of what ends the stream from outside. */
  readonly listen: (listener: EndListener) => void;
  /** Begins to count; `null` if nobody can read the count. */
  readonly tally: () => StreamTally | null;
}

type StreamPhase =
  /** Nothing was asked for: the handler may not even have returned the answer. */
  | "new"
  /** Events go out as they come. */
  | "open"
  /** The source is stopped: what waits goes out, and then the answer ends. */
  | "ending"
  /** The same, but the answer is cut off. */
  | "failing"
  | "closed";

/** See the head of this file. */
export class LiveStream implements SourceOutput, EndListener {
  readonly #init: LiveStreamInit;
  readonly #buffer: EventBuffer;
  readonly #feed: EventFeed;
  #phase: StreamPhase = "new";
  #encode: EncodeEvent | null = null;
  #tally: StreamTally | null = null;
  /** A comment, or the last `retry`: goes out when no event waits. */
  #aside: Bytes | null = null;
  #error: unknown = undefined;
  /** Continues the pull that waits; `null` while the client is taking a piece. */
  #wake: (() => void) | null = null;
  /** Who waits until all was taken. */
  #flushes: (() => void)[] = [];
  #sentMs = 0;
  #stopBeat: StopTimer | null = null;

  constructor(init: LiveStreamInit) {
    const { source, lastEventId, options } = init;
    this.#init = init;
    this.#buffer = new EventBuffer(options.maxBufferedBytes, options.onBufferFull);
    this.#feed = new EventFeed({ source, lastEventId, output: this });
  }

  /** The next bytes, once the client has taken those before; `null` at the end. Rejects as the source does. */
  async pull(): Promise<Bytes | null> {
    if (this.#phase === "new") await this.#open();
    for (;;) {
      const piece = this.#take();
      if (piece !== null) return piece;
      if (this.#phase !== "open") return this.#conclude();
      this.#feed.wanted();
      if (this.#isQuiet) await this.#news();
    }
  }

  /** Nobody will take anything more. */
  cancel(reason: unknown): void {
    this.#discard();
    this.#stop("closed", reason);
  }

  // What the source calls (SourceOutput).

  send(event: ServerSentEvent | string): boolean {
    if (this.#phase !== "open") return false;
    const taken = this.#buffer.put(this.#encode!(event));
    if (taken) this.#continue();
    else this.#endFull();
    return taken;
  }

  flushed(): Promise<void> {
    if (this.#isFlushed) return Promise.resolve();
    return new Promise((resolve) => this.#flushes.push(resolve));
  }

  ended(): void {
    this.#stop("ending", new DOMException("The event stream has ended", "AbortError"));
  }

  failed(error: unknown): void {
    if (this.#phase !== "open") return;
    this.#error = error;
    this.#stop("failing", error);
  }

  // What ends it from outside (EndListener).

  aborted(reason: unknown): void {
    this.#discard();
    this.#stop("ending", reason);
  }

  asked(reason: unknown): void {
    if (this.#init.options.onShutdown === "close") this.#endWithRetry(reason);
  }

  // Its life.

  async #open(): Promise<void> {
    const encode = await this.#init.loadEncoder();
    if (this.#phase !== "new") return;
    const { options, clock } = this.#init;
    this.#phase = "open";
    this.#encode = encode;
    this.#tally = this.#init.tally();
    this.#aside = encode({ retry: options.retryMs });
    this.#sentMs = clock.now();
    this.#armBeat(options.heartbeatMs);
    this.#init.listen(this);
  }

  /** The client is too slow: it still gets what waits, and the rest when it comes back. */
  #endFull(): void {
    this.#endWithRetry(
      new DOMException(
        "The client is too slow: the buffer of its event stream is full",
        "AbortError",
      ),
    );
  }

  #endWithRetry(reason: unknown): void {
    if (this.#phase !== "open") return;
    const { retryMs } = this.#init.options;
    this.#aside = this.#encode!({ retry: Math.floor(Math.random() * (retryMs + 1)) });
    this.#stop("ending", reason);
  }

  #stop(phase: StreamPhase, reason: unknown): void {
    if (this.#phase === "closed") return;
    if (this.#phase === "open" || phase === "closed") this.#phase = phase;
    this.#stopBeat?.();
    this.#stopBeat = null;
    this.#feed.stop(reason);
    this.#tellFlushed();
    this.#continue();
  }

  #discard(): void {
    this.#buffer.clear();
    this.#aside = null;
  }

  #conclude(): null {
    const failing = this.#phase === "failing";
    this.#phase = "closed";
    if (failing) throw this.#error;
    return null;
  }

  // What goes out.

  #take(): Bytes | null {
    const taken = this.#buffer.take();
    const bytes = taken?.bytes ?? this.#aside;
    if (bytes === null) return null;
    if (taken === null) this.#aside = null;
    else if (this.#tally !== null) this.#tally.events += taken.events;
    this.#sentMs = this.#init.clock.now();
    return bytes;
  }

  /** Waits for something to do. */
  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#tellFlushed();
    });
  }

  /** Whether there is nothing to do for a pull. */
  get #isQuiet(): boolean {
    return this.#phase === "open" && this.#buffer.isEmpty && this.#aside === null;
  }

  get #isFlushed(): boolean {
    return this.#phase !== "open" || (this.#wake !== null && this.#buffer.isEmpty);
  }

  #continue(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #tellFlushed(): void {
    const waiting = this.#flushes;
    this.#flushes = [];
    for (let i = 0; i < waiting.length; i++) waiting[i]!();
  }

  // The heartbeat.

  #armBeat(ms: number): void {
    if (ms > 0) this.#stopBeat = this.#init.clock.after(ms, () => this.#beat());
  }

  #beat(): void {
    const { heartbeatMs } = this.#init.options;
    const leftMs = Math.ceil(this.#sentMs + heartbeatMs - this.#init.clock.now());
    if (leftMs > 0) return this.#armBeat(leftMs);
    // A client that has not taken the last piece is not quiet, but slow.
    if (this.#wake !== null) {
      this.#aside = this.#encode!({ comment: "" });
      this.#continue();
    }
    this.#armBeat(heartbeatMs);
  }
}
