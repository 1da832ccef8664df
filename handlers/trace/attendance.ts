/**
 * Whether anybody listens to a trace. A server is not observed for one who has gone without saying so: a trace
 * that was never iterated, or a loop that has been left waiting, would otherwise cost each request something
 * for as long as the server lives.
 *
 * @module
 */

import type { Clock, StopTimer } from "../../reactor/ports.ts";

/** After so long without a listener, in milliseconds, or twice that at the most, the observation rests. */
export const ABSENT_MS = 60_000;

/** What an attendance is made of. */
export interface AttendanceInit {
  readonly clock: Pick<Clock, "every">;
  /** Whether more events could be kept: then a listener who is slow only works on the last one. */
  readonly hasRoom: () => boolean;
  /** Begins to observe; the function returned ends that. */
  readonly observe: () => () => void;
  /** Told that events will be missing. */
  readonly onAbsent: () => void;
}

/** See the head of this file. */
export class Attendance {
  readonly #init: AttendanceInit;
  #asks = 0;
  #asksBefore = 0;
  #state: "observing" | "resting" | "over" = "resting";
  #stopObserving = () => {};
  #stopTimer: StopTimer = () => {};

  constructor(init: AttendanceInit) {
    this.#init = init;
    this.#begin();
  }

  /** The listener asks for an event. */
  asked(): void {
    this.#asks++;
    if (this.#state === "resting") this.#begin();
  }

  /** Nobody will ask any more. */
  end(): void {
    this.#rest();
    this.#state = "over";
  }

  #begin(): void {
    const { clock, observe } = this.#init;
    this.#state = "observing";
    this.#asksBefore = this.#asks;
    this.#stopTimer = clock.every(ABSENT_MS, () => this.#look());
    this.#stopObserving = observe();
  }

  #look(): void {
    const isPresent = this.#asks > this.#asksBefore || (this.#asks > 0 && this.#init.hasRoom());
    this.#asksBefore = this.#asks;
    if (isPresent) return;
    this.#rest();
    this.#state = "resting";
    this.#init.onAbsent();
  }

  #rest(): void {
    this.#stopTimer();
    this.#stopObserving();
    this.#stopTimer = this.#stopObserving = () => {};
  }
}
