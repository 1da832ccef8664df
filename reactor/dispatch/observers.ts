/**
 * All observers of a server as one. A hook that none of them has is `null`, so that the engine calculates
 * nothing for it.
 *
 * @module
 */

import type { Observer } from "../observer.ts";

type Tell<Hook extends keyof Observer> = Required<Observer>[Hook] | null;

/** Tells each of them; one that throws does not keep the others from hearing. */
export class Observers {
  readonly #onError: (error: unknown) => void;
  #all: readonly Observer[] = [];
  opened: Tell<"opened"> = null;
  moved: Tell<"moved"> = null;
  dropped: Tell<"dropped"> = null;
  begun: Tell<"begun"> = null;
  settled: Tell<"settled"> = null;
  refused: Tell<"refused"> = null;
  closed: Tell<"closed"> = null;
  entered: Tell<"entered"> = null;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** How many there are. */
  get size(): number {
    return this.#all.length;
  }

  /** Tells an observer as well from now on. */
  add(observer: Observer): void {
    this.#become(this.#all.concat(observer));
  }

  /** Tells an observer nothing any more. */
  remove(observer: Observer): void {
    this.#become(this.#all.filter((each) => each !== observer));
  }

  #become(all: readonly Observer[]): void {
    this.#all = all;
    this.opened = this.#tell("opened");
    this.moved = this.#tell("moved");
    this.dropped = this.#tell("dropped");
    this.begun = this.#tell("begun");
    this.settled = this.#tell("settled");
    this.refused = this.#tell("refused");
    this.closed = this.#tell("closed");
    this.entered = this.#tell("entered");
  }

  /** Made anew and never changed: what was noted for those who listened then is told to them alone. */
  #tell<Hook extends keyof Observer>(hook: Hook): Tell<Hook> {
    const listening = this.#all.filter((each) => each[hook] !== undefined);
    if (listening.length === 0) return null;
    const tell = (...told: unknown[]) => {
      for (let i = 0; i < listening.length; i++) {
        const observer = listening[i]!;
        // One that has been removed since is not told any more.
        if (!this.#all.includes(observer)) continue;
        try {
          Reflect.apply(observer[hook] as CallableFunction, observer, told);
        } catch (error) {
          this.#onError(error);
        }
      }
    };
    return tell as Tell<Hook>;
  }
}
