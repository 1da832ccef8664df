/**
 * One worker as the supervisor sees it: from its start to the end of its thread. Pure: the thread comes
 * through `StartWorker`, time through a `Clock`.
 *
 * @module
 */

import type { Shutdown } from "../../reactor/options/options.ts";
import type { Clock, StopTimer } from "../../reactor/ports.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { AppFacts, Listening } from "./words.ts";

/** What a worker tells. */
export interface WorkerReports {
  /** Its app is loaded and ready; it waits to be told to listen. */
  loaded(facts: AppFacts): void;
  listening(place: Listening): void;
  /** Its event loop turns. */
  alive(): void;
  /** It cannot start, or nobody caught an error: nobody knows what state it is in. */
  failed(error: Error): void;
  /** Its server has ended; `null` if nobody told it to. */
  ended(report: ShutdownReport | null): void;
  /** Its thread is gone. */
  gone(): void;
}

/** What a worker is told. */
export interface WorkerHandle {
  listen(port: number | null): void;
  shutdown(times: Shutdown, leaving: boolean): void;
  force(): void;
  /** Ends the thread as soon as the runtime can. */
  terminate(): void;
}

/** Starts a worker. */
export type StartWorker = (number: number, events: WorkerReports) => WorkerHandle;

/** Where a worker is in its life. */
export type MemberState =
  /** Its app is being loaded, or it waits for the others. */
  | "starting"
  | "serving"
  /** It was told to end. */
  | "draining"
  /** It has ended, and its thread with it or soon. */
  | "ended";

/** What the supervisor does about what happens to a worker. */
export interface MemberEvents {
  /** A worker that was serving failed, and goes on in a state that nobody knows. */
  crashed(member: Member, error: Error): void;
  /** A worker that was serving has ended without being told to. */
  lost(member: Member): void;
  /** It has told that it is alive, after it had been silent. */
  back(member: Member): void;
  /** Its server has ended, but its thread does not. */
  stuck(member: Member): void;
}

/** How much longer than its shutdown may take a worker has until it is terminated, in milliseconds. */
const LATE_MS = 1_000;

/** How long a terminated thread may take to end before it is taken for one that never will, in milliseconds. */
const GONE_MS = 1_000;

const NOTHING: StopTimer = () => {};

/** What a member is made of. */
export interface MemberInit {
  readonly number: number;
  readonly clock: Clock;
  readonly spawn: StartWorker;
  readonly events: MemberEvents;
  /** How long it may take until it serves, in milliseconds; 0 is without a bound. */
  readonly startMs: number;
}

/** See the head of this file. */
export class Member {
  readonly number: number;
  /** Resolves when the app is loaded; rejects with why it cannot be. */
  readonly loaded: Promise<AppFacts>;
  /** Resolves when it listens; rejects with why it cannot. */
  readonly serving: Promise<Listening>;
  /** Resolves when the server has ended. */
  readonly ended: Promise<ShutdownReport | null>;
  readonly #init: MemberInit;
  readonly #handle: WorkerHandle;
  readonly #loaded = Promise.withResolvers<AppFacts>();
  readonly #serving = Promise.withResolvers<Listening>();
  readonly #ended = Promise.withResolvers<ShutdownReport | null>();
  #state: MemberState = "starting";
  #servingSinceMs = 0;
  #aliveAtMs: number;
  #isSilent = false;
  #isGone = false;
  /** When it should have ended. */
  #lateAtMs = Infinity;
  #stopTimer: StopTimer = NOTHING;

  constructor(init: MemberInit) {
    const { number, clock, spawn, startMs } = init;
    this.#init = init;
    this.number = number;
    this.loaded = quiet(this.#loaded.promise);
    this.serving = quiet(this.#serving.promise);
    this.ended = this.#ended.promise;
    this.#aliveAtMs = clock.now();
    this.#handle = spawn(number, {
      loaded: (facts) => this.#loaded.resolve(facts),
      listening: (place) => this.#listens(place),
      alive: () => this.#lives(),
      failed: (error) => this.#failed(error),
      ended: (report) => this.#end(report),
      gone: () => this.#gone(),
    });
    if (startMs > 0) {
      this.#stopTimer = clock.after(startMs, () => {
        this.#fail(new Error(`The app was not ready within ${startMs} ms`));
      });
    }
  }

  get state(): MemberState {
    return this.#state;
  }

  /** Whether it has not told for long that it is alive. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** How long it has served, in milliseconds. */
  get servedMs(): number {
    return this.#init.clock.now() - this.#servingSinceMs;
  }

  /** How long it has not told that it is alive, in milliseconds. */
  get silentMs(): number {
    return this.#init.clock.now() - this.#aliveAtMs;
  }

  /** It is silent from now on, until it tells that it is alive. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  /** Tells it to listen. */
  listen(port: number | null): void {
    if (this.#state === "starting") this.#handle.listen(port);
  }

  /** Tells it to end, and sees to it that it does; resolves when it has, as far as it can. */
  shutdown(times: Shutdown, leaving: boolean): Promise<ShutdownReport | null> {
    if (this.#state === "starting") {
      this.#fail(new Error("A worker was told to end before it served"));
    }
    if (this.#state === "ended") return this.ended;
    const { readyDelay, deadline, grace } = times;
    const lateAtMs = this.#init.clock.now() + readyDelay + deadline + grace + LATE_MS;
    if (this.#state === "draining") {
      // It has been told before, perhaps with more time.
      if (lateAtMs < this.#lateAtMs) this.#in(deadline + grace, () => this.force());
      return this.ended;
    }
    this.#state = "draining";
    this.#lateAtMs = lateAtMs;
    this.#handle.shutdown(times, leaving);
    this.#in(readyDelay + deadline + grace + LATE_MS, () => this.#end(null));
    return this.ended;
  }

  /** Cuts everything that it has. */
  force(): void {
    if (this.#state === "starting") {
      return this.#fail(new Error("A worker was told to end before it served"));
    }
    if (this.#state === "ended") return;
    this.#state = "draining";
    this.#handle.force();
    this.#in(LATE_MS, () => this.#end(null));
  }

  #listens(place: Listening): void {
    if (this.#state !== "starting") return;
    this.#stopTimer();
    this.#state = "serving";
    this.#servingSinceMs = this.#init.clock.now();
    this.#serving.resolve(place);
  }

  #lives(): void {
    this.#aliveAtMs = this.#init.clock.now();
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#init.events.back(this);
  }

  #failed(error: Error): void {
    if (this.#state === "starting") this.#fail(error);
    else if (this.#state === "serving") this.#init.events.crashed(this, error);
  }

  /** It will never serve. */
  #fail(error: Error): void {
    this.#loaded.reject(error);
    this.#serving.reject(error);
    this.#end(null);
  }

  /** Its server has ended, or nobody waits for that any longer. */
  #end(report: ShutdownReport | null): void {
    if (this.#state === "ended") return;
    const wasServing = this.#state === "serving";
    this.#state = "ended";
    this.#stopTimer();
    this.#handle.terminate();
    this.#ended.resolve(report);
    if (wasServing) this.#init.events.lost(this);
    if (this.#isGone) return;
    this.#in(GONE_MS, () => this.#init.events.stuck(this));
  }

  #gone(): void {
    this.#isGone = true;
    if (this.#state === "ended") return this.#stopTimer();
    if (this.#state === "starting") return this.#fail(new Error("A worker ended before it served"));
    this.#end(null);
  }

  #in(ms: number, call: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#init.clock.after(ms, call, { hold: false });
  }
}

/** A rejection that nobody awaits is no error of the program. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
