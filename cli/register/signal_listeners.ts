/**
 * Who listens for a signal: the program, with `Deno.addSignalListener` or with Node's `process.on`, which
 * calls that. Both come through here once the preload has put these two functions in the place of Deno's.
 *
 * @module
 */

/** Called when the signal comes. */
type SignalListener = () => void;

/** The two functions of `Deno`. */
export interface SignalSource {
  add(signal: Deno.Signal, listener: SignalListener): void;
  remove(signal: Deno.Signal, listener: SignalListener): void;
}

/** Passes the program's listeners on, and knows which of them there are. */
export class SignalListeners implements SignalSource {
  readonly #source: SignalSource;
  readonly #programs = new Map<Deno.Signal, Set<SignalListener>>();

  constructor(source: SignalSource) {
    this.#source = source;
  }

  /** Adds a listener of the program. */
  add(signal: Deno.Signal, listener: SignalListener): void {
    this.#source.add(signal, listener);
    this.#of(signal).add(listener);
  }

  /** Removes a listener of the program. */
  remove(signal: Deno.Signal, listener: SignalListener): void {
    this.#source.remove(signal, listener);
    this.#of(signal).delete(listener);
  }

  /** Whether the program listens for `signal`. */
  has(signal: Deno.Signal): boolean {
    return this.#of(signal).size > 0;
  }

  /**
   * Adds a listener that is not the program's. It is called before all of the program's, so that it
   * also sees one that removes itself when it is called (`process.once`).
   */
  watch(signal: Deno.Signal, listener: SignalListener): void {
    this.#source.add(signal, listener);
    for (const each of this.#of(signal)) {
      this.#source.remove(signal, each);
      this.#source.add(signal, each);
    }
  }

  /** Removes a listener that {@linkcode watch} added. */
  unwatch(signal: Deno.Signal, listener: SignalListener): void {
    this.#source.remove(signal, listener);
  }

  #of(signal: Deno.Signal): Set<SignalListener> {
    const known = this.#programs.get(signal);
    if (known !== undefined) return known;
    const fresh = new Set<SignalListener>();
    this.#programs.set(signal, fresh);
    return fresh;
  }
}
