/**
 * Accepts connections for as long as the server lives. Nothing that goes wrong with one connection, or with
 * the descriptors of the process, ends it: only a listener that is closed or broken does.
 *
 * @module
 */

import type { Clock, Conn, Listener } from "../ports.ts";

/** The first and the longest pause after a failed accept, as Go's net/http, in milliseconds. */
const PAUSE_FIRST_MS = 5;
const PAUSE_MOST_MS = 1000;

/** Accepting has to have gone well for so long, in milliseconds, before a failure is reported again. */
const REPORT_EVERY_MS = 60_000;

/**
 * How long the last look at the listener may take, in milliseconds: under connections without a pause it
 * would never find none.
 */
const LAST_LOOK_MS = 100;

/** What an acceptor is made of. */
export interface AcceptorInit {
  readonly listener: Listener;
  readonly clock: Pick<Clock, "now" | "after" | "afterPoll">;
  /** Takes a connection in. Never throws. */
  readonly admit: (conn: Conn) => void;
  /** Whether no further connection may be accepted at present. */
  readonly isFull: () => boolean;
  /** Told each time when no descriptor was left for a connection. Never throws. */
  readonly onExhausted: () => void;
  /** Told once about each run of failing accepts. Never throws. */
  readonly onError: (error: unknown) => void;
}

/** The acceptor of one server. */
export class Acceptor {
  readonly #init: AcceptorInit;
  #accepting = true;
  /** Whether it waits for the next connection: it neither pauses nor has ended. */
  #listening = false;
  #accepted = 0;
  #holding = true;
  #reportedAt = -Infinity;
  #endPause: (() => void) | null = null;
  #makeRoom: (() => void) | null = null;
  #endLook: (() => void) | null = null;

  constructor(init: AcceptorInit) {
    this.#init = init;
  }

  /** Whether it accepts, or would if there were room. */
  get accepting(): boolean {
    return this.#accepting;
  }

  /** Accepts until it is stopped, or never can again; never rejects. */
  async run(): Promise<void> {
    const { admit, listener, onError, onExhausted } = this.#init;
    let pauseMs = 0;
    while (this.#accepting) {
      try {
        this.#listening = true;
        for await (const conn of listener) {
          pauseMs = 0;
          this.#accepted++;
          admit(conn);
          await this.#room();
        }
        this.#listening = false;
        return;
      } catch (error) {
        this.#listening = false;
        const failure = this.#accepting ? listener.classify(error) : "closed";
        if (failure === "closed") return;
        if (failure === "fatal") return onError(error);
        if (failure === "exhausted") onExhausted();
        this.#report(error);
        pauseMs = pauseMs === 0 ? PAUSE_FIRST_MS : Math.min(pauseMs * 2, PAUSE_MOST_MS);
        await this.#pause(pauseMs, failure);
        await this.#room();
      }
    }
  }

  /**
   * Takes in what has arrived, and then accepts no more. What waits in the kernel when a listener is closed
   * is reset, though its client has a connection and may have sent a request. Connections that come between
   * the last look and the close are still lost: a listener cannot be closed for new ones alone.
   */
  async finish(): Promise<void> {
    const { clock } = this.#init;
    const end = clock.now() + LAST_LOOK_MS;
    let before = -1;
    while (this.#listening && this.#accepted > before && clock.now() < end) {
      before = this.#accepted;
      await this.#look();
    }
    this.stop();
  }

  /** Accepts no more; closes the listener. */
  stop(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#init.listener.close();
    this.#endPause?.();
    this.#endLook?.();
    this.hasRoom();
  }

  /** A connection has gone: there may be room for another. */
  hasRoom(): void {
    const makeRoom = this.#makeRoom;
    this.#makeRoom = null;
    makeRoom?.();
  }

  /** Keeps the process alive while it accepts; the default. */
  ref(): void {
    this.#holding = true;
    this.#init.listener.ref();
  }

  /** Lets the process end though it accepts. */
  unref(): void {
    this.#holding = false;
    this.#init.listener.unref();
  }

  /** Descriptors that run out do so again and again: a run of failures is reported once. */
  #report(error: unknown): void {
    const now = this.#init.clock.now();
    if (now - this.#reportedAt >= REPORT_EVERY_MS) this.#init.onError(error);
    this.#reportedAt = now;
  }

  /** Where no descriptor is left, a connection that leaves ends the pause. */
  #pause(ms: number, failure: "exhausted" | "transient"): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#init.clock.after(ms, resolve, { hold: this.#holding });
      this.#endPause = () => {
        stop();
        resolve();
      };
      if (failure === "exhausted") this.#makeRoom = this.#endPause;
    });
  }

  /** Resolves when the platform has looked at the listener, and what it found was admitted. */
  #look(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#init.clock.afterPoll(resolve);
      this.#endLook = () => {
        stop();
        resolve();
      };
    });
  }

  /** Resolves when there is room for one more. */
  async #room(): Promise<void> {
    while (this.#init.isFull() && this.#accepting) {
      await new Promise<void>((resolve) => this.#makeRoom = resolve);
    }
  }
}
