/**
 * A queue of events for one listener, which takes them in its own time. It is bounded: a slow
 * listener loses events, which are counted, but costs no memory. Pure.
 *
 * @module
 */

/** Stands where events are missing. */
export interface Lost {
  readonly type: "lost";
  readonly events: number;
}

/** What a queue is made of. */
export interface EventQueueInit {
  /** The most events that wait. */
  readonly most: number;
  /** Called once, when the listener leaves or the end was reached. */
  readonly onEnd: () => void;
  /** Called whenever the listener asks for an event. */
  readonly onAsked?: () => void;
}

type Result<Event> = IteratorResult<Event | Lost, undefined>;

/** An async iterator over what is pushed; with several pending calls of `next` they are served in order. */
export class EventQueue<Event> implements AsyncIterableIterator<Event | Lost, undefined> {
  readonly #init: EventQueueInit;
  readonly #waiting: (Event | Lost)[] = [];
  readonly #listeners: ((result: Result<Event>) => void)[] = [];
  #lost = 0;
  #ended = false;

  constructor(init: EventQueueInit) {
    this.#init = init;
  }

  /** Hands an event to the listener, keeps it until the listener asks, or counts it as lost. */
  push(event: Event): void {
    if (this.#ended) return;
    const listener = this.#listeners.shift();
    if (listener !== undefined) return listener({ done: false, value: event });
    // After a gap there must be room for two: the count of lost events, and the event itself.
    if (this.#waiting.length + (this.#lost > 0 ? 1 : 0) >= this.#init.most) {
      this.#lost++;
      return;
    }
    this.#markGap();
    this.#waiting.push(event);
  }

  /** Whether another event would be kept. */
  get hasRoom(): boolean {
    return this.#lost === 0 && this.#waiting.length < this.#init.most;
  }

  /** Events will be missing, at least one. */
  miss(): void {
    this.#lost++;
  }

  /** Nothing follows; what waits can still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#markGap();
    this.#ended = true;
    this.#init.onEnd();
    for (const listener of this.#listeners.splice(0)) listener({ done: true, value: undefined });
  }

  next(): Promise<Result<Event>> {
    if (!this.#ended) this.#init.onAsked?.();
    if (this.#waiting.length === 0) this.#markGap();
    const event = this.#waiting.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  /** The listener leaves: `break` in a `for await`. */
  return(): Promise<Result<Event>> {
    this.#waiting.length = 0;
    this.#lost = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #markGap(): void {
    if (this.#lost === 0) return;
    this.#waiting.push({ type: "lost", events: this.#lost });
    this.#lost = 0;
  }
}
