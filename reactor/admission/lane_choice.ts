/**
 * Which lane a request waits in. Asked only for requests that have to wait, before anything of them is
 * decoded that is not looked at.
 *
 * @module
 */

import type { RequestView } from "../request_head.ts";
import type { LaneFunction } from "../options/settings.ts";

/** A program's choice; a mistake in it costs nothing but the precedence. */
export class LaneChoice {
  readonly #choose: LaneFunction;
  readonly #onError: (error: unknown) => void;
  #reported = false;

  /** `onError` is told once. */
  constructor(choose: LaneFunction, onError: (error: unknown) => void) {
    this.#choose = choose;
    this.#onError = onError;
  }

  /** The lane for a request. */
  of(request: RequestView): "high" | "normal" {
    try {
      return this.#choose(request) === "high" ? "high" : "normal";
    } catch (error) {
      if (!this.#reported) this.#onError(error);
      this.#reported = true;
      return "normal";
    }
  }
}
