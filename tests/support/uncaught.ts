/**
 * What nobody caught: rejections without a handler, and errors that a listener of an event threw. The
 * runtime would end the tests for them; here they are gathered, so that a test can say where they belong.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Gathers what nobody catches until it is disposed of. */
export class Uncaught implements Disposable {
  /** Reasons of rejections that nobody handled. */
  readonly rejections: unknown[] = [];
  /** What listeners of events threw. */
  readonly errors: unknown[] = [];

  constructor() {
    globalThis.addEventListener("unhandledrejection", this.#rejected);
    globalThis.addEventListener("error", this.#thrown);
  }

  /** A turn of the event loop: the runtime reports rejections after the microtasks. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  [Symbol.dispose](): void {
    globalThis.removeEventListener("unhandledrejection", this.#rejected);
    globalThis.removeEventListener("error", this.#thrown);
  }

  readonly #rejected = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    this.rejections.push(event.reason);
  };

  readonly #thrown = (event: ErrorEvent): void => {
    event.preventDefault();
    this.errors.push(event.error);
  };
}
