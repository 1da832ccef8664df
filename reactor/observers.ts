/**
 * All observers of a server as one.
 *
 * @module
 */

import type { ConnectionInfo } from "./connection_info.ts";
import type { AbortError } from "./errors.ts";
import type { RequestView } from "./head_view.ts";
import type { Drop, ExchangeInfo, Observer, Refusal } from "./observer.ts";
import type { Phase } from "./reactor.ts";
import type { State } from "./states.ts";

/** Tells each of them; one that throws does not keep the others from hearing. */
export class Observers implements Required<Observer> {
  readonly #onError: (error: unknown) => void;
  /** Replaced and never changed, so that one may leave while all are being told. */
  #each: readonly Observer[] = [];

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** How many there are. */
  get size(): number {
    return this.#each.length;
  }

  /** An observer comes. */
  add(observer: Observer): void {
    this.#each = [...this.#each, observer];
  }

  /** An observer goes. */
  remove(observer: Observer): void {
    this.#each = this.#each.filter((each) => each !== observer);
  }

  opened(connection: ConnectionInfo): void {
    this.#tell((each) => each.opened?.(connection));
  }

  moved(connection: ConnectionInfo, from: State, ms: number): void {
    this.#tell((each) => each.moved?.(connection, from, ms));
  }

  dropped(connection: ConnectionInfo, drop: Drop): void {
    this.#tell((each) => each.dropped?.(connection, drop));
  }

  begun(exchange: ExchangeInfo, request: RequestView): void {
    this.#tell((each) => each.begun?.(exchange, request));
  }

  settled(exchange: ExchangeInfo, error: AbortError | undefined): void {
    this.#tell((each) => each.settled?.(exchange, error));
  }

  refused(connection: ConnectionInfo, refusal: Refusal): void {
    this.#tell((each) => each.refused?.(connection, refusal));
  }

  entered(phase: Phase): void {
    this.#tell((each) => each.entered?.(phase));
  }

  #tell(call: (observer: Observer) => void): void {
    const all = this.#each;
    for (let i = 0; i < all.length; i++) {
      try {
        call(all[i]!);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
