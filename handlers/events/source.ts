/**
 * Where the events of a stream come from: an iterable that is asked for each, or a function that sends
 * them. Whatever it is, it is begun once and stopped once, and what it throws afterwards changes nothing for
 * the client.
 *
 * @module
 */

import { describe } from "../../reactor/options/option_checks.ts";
import { report } from "../report.ts";
import type { ServerSentEvent } from "./encoding.ts";

/** What a function gets that sends events. Its methods may be handed on without it. */
export interface EventSink {
  /** The id of the last event that the client has received, by its `Last-Event-ID`; empty for none. */
  readonly lastEventId: string;
  /** Aborted when the stream has ended, for whatever reason: the client has left, the server shuts down. */
  readonly signal: AbortSignal;
  /**
   * Sends an event, or keeps it while the client takes those before it. Returns `false` when the stream has
   * ended, or ends because its buffer is full: the event is not sent.
   *
   * @throws {TypeError} If a field has a line break, or is of the wrong kind.
   */
  send(event: ServerSentEvent | string): boolean;
  /**
   * Resolves when the kernel has taken all that was sent, or the stream has ended. A source that waits for it
   * goes as fast as its client.
   */
  flushed(): Promise<void>;
  /** Ends the stream after what was sent. */
  close(): void;
}

/** Whatever gives events one by one. */
export type EventIterable = AsyncIterable<ServerSentEvent | string>;

/** Called when a stream has ended. */
export type StreamCleanup = () => void | Promise<void>;

/**
 * Where events come from: an async iterable, or a function that is called when the answer has begun. The
 * function may return
 *
 * - an async iterable, as an async generator function does: its events are sent, and then the stream ends;
 * - a function, or a promise for one: it is called when the stream has ended;
 * - nothing: the stream goes on until somebody ends it;
 * - a promise for nothing, as an async function does: the stream ends when it resolves.
 */
export type EventStreamSource =
  | EventIterable
  | ((events: EventSink) => SourceResult | Promise<SourceResult>);

/** What a function that sends events may return. */
export type SourceResult = EventIterable | StreamCleanup | void;

/** What a source sends to. */
export interface SourceOutput {
  send(event: ServerSentEvent | string): boolean;
  flushed(): Promise<void>;
  /** Nothing follows. */
  ended(): void;
  failed(error: unknown): void;
}

/** What a feed is made of. */
export interface EventFeedInit {
  readonly source: EventStreamSource;
  readonly lastEventId: string;
  readonly output: SourceOutput;
}

type FeedPhase = "new" | "running" | "stopped";

/** The source of one stream, at work. */
export class EventFeed {
  readonly #init: EventFeedInit;
  #phase: FeedPhase = "new";
  /** Why it was stopped. */
  #reason: unknown = undefined;
  #controller: AbortController | null = null;
  #iterator: AsyncIterator<ServerSentEvent | string> | null = null;
  #asking = false;
  #cleanup: StreamCleanup | null = null;

  constructor(init: EventFeedInit) {
    this.#init = init;
  }

  /** Nothing waits to be sent: begins the source, or asks an iterable for its next event. */
  wanted(): void {
    if (this.#phase === "new") this.#begin();
    if (this.#iterator !== null && !this.#asking) this.#ask(this.#iterator);
  }

  /** The stream has ended: lets the source go. */
  stop(reason: unknown): void {
    if (this.#phase === "stopped") return;
    this.#phase = "stopped";
    this.#reason = reason;
    this.#controller?.abort(reason);
    const iterator = this.#iterator;
    const cleanup = this.#cleanup;
    this.#iterator = null;
    this.#cleanup = null;
    if (iterator !== null) this.#letGo(() => iterator.return?.());
    if (cleanup !== null) this.#letGo(cleanup);
  }

  #begin(): void {
    this.#phase = "running";
    const { source } = this.#init;
    if (typeof source === "function") this.#call(source);
    else this.#iterate(source);
  }

  async #call(source: (events: EventSink) => SourceResult | Promise<SourceResult>): Promise<void> {
    try {
      const given = source(this.#sink());
      const later = isPromise(given);
      const result = later ? await given : given;
      if (isEventIterable(result)) this.#iterate(result);
      else if (typeof result === "function") this.#keep(result);
      else if (later) this.#init.output.ended();
    } catch (error) {
      this.#fail(error);
    }
  }

  #sink(): EventSink {
    const { lastEventId, output } = this.#init;
    const signal = () => this.#signal;
    return {
      lastEventId,
      get signal() {
        return signal();
      },
      send: (event) => output.send(event),
      flushed: () => output.flushed(),
      close: () => output.ended(),
    };
  }

  get #signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#phase === "stopped") this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  #keep(cleanup: StreamCleanup): void {
    if (this.#phase === "stopped") this.#letGo(cleanup);
    else this.#cleanup = cleanup;
  }

  #iterate(source: EventIterable): void {
    if (this.#phase === "stopped") return;
    try {
      this.#iterator = source[Symbol.asyncIterator]();
    } catch (error) {
      return this.#fail(error);
    }
    this.#ask(this.#iterator);
  }

  async #ask(iterator: AsyncIterator<ServerSentEvent | string>): Promise<void> {
    this.#asking = true;
    try {
      const { done, value } = await this.#next(iterator);
      this.#asking = false;
      if (done) this.#init.output.ended();
      else this.#init.output.send(value);
    } catch (error) {
      this.#asking = false;
      this.#fail(error);
    }
  }

  /** One that has ended or failed is not asked to end. */
  async #next(
    iterator: AsyncIterator<ServerSentEvent | string>,
  ): Promise<IteratorResult<ServerSentEvent | string>> {
    try {
      const result = await iterator.next();
      if (result.done) this.#iterator = null;
      return result;
    } catch (error) {
      this.#iterator = null;
      throw error;
    }
  }

  #fail(error: unknown): void {
    if (this.#phase !== "stopped") this.#init.output.failed(error);
    else this.#reportLate(error);
  }

  /** Nobody waits for it: it may take its time, or be at work on the event that nobody will get. */
  async #letGo(call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#reportLate(error);
    }
  }

  /** That it was stopped by its signal is no failure. */
  #reportLate(error: unknown): void {
    const reason = this.#reason;
    const isAftermath = error === reason ||
      (error instanceof Error && (error.cause === reason || error.name === "AbortError"));
    if (!isAftermath) report("The source of an event stream failed after the stream's end:", error);
  }
}

/**
 * Checks that it can be one.
 *
 * @throws {TypeError} If it is neither an async iterable nor a function.
 */
export function checkSource(source: unknown): void {
  if (typeof source === "function" || isEventIterable(source)) return;
  throw new TypeError(
    `Cannot make an event stream: its source has to be an async iterable or a function, ` +
      `received ${describe(source)}`,
  );
}

function isEventIterable(value: unknown): value is EventIterable {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function isPromise(value: unknown): value is Promise<SourceResult> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
