/**
 * The lane that a request waits in, as the program's function chooses it. The function is called only for
 * requests that have to wait, and only what it looks at is decoded of the head.
 *
 * @module
 */

import type { QueuedRequest } from "../request_head.ts";
import type { LaneFunction } from "../options/settings.ts";

/** Calls the program's function. A request for which it fails waits in the normal lane. */
export class LaneChoice {
  readonly #choose: LaneFunction;
  readonly #onError: (error: unknown) => void;
  #reported = false;

  /** `onError` is called once, with the first error that `choose` throws. */
  constructor(choose: LaneFunction, onError: (error: unknown) => void) {
    this.#choose = choose;
    this.#onError = onError;
  }

  /** The lane that this request waits in. */
  of(request: QueuedRequest): "high" | "normal" {
    try {
      return this.#choose(request) === "high" ? "high" : "normal";
    } catch (error) {
      if (!this.#reported) this.#onError(error);
      this.#reported = true;
      return "normal";
    }
  }
}
