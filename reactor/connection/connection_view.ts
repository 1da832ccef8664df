/**
 * What others see of a connection: its facts, to be read, and a handle to ask for its end. Made when
 * somebody first asks for it.
 *
 * @module
 */

import type { ConnectionInfo } from "../observer.ts";
import type { Address } from "../ports.ts";
import type { CloseReason, State } from "../states.ts";

/** The connection that it shows. */
export interface Viewed extends ConnectionInfo {
  close(reason: CloseReason): void;
  abort(reason: CloseReason): void;
}

/** See the head of this file. */
export class ConnectionView implements ConnectionInfo {
  readonly #connection: Viewed;
  /** The state to show; `null` for the present one. */
  #pastState: State | null = null;
  #pastCloseReason: CloseReason | null = null;

  constructor(connection: Viewed) {
    this.#connection = connection;
  }

  get id(): number {
    return this.#connection.id;
  }

  get localAddr(): Address {
    return this.#connection.localAddr;
  }

  get remoteAddr(): Address {
    return this.#connection.remoteAddr;
  }

  get state(): State {
    return this.#pastState ?? this.#connection.state;
  }

  get stateMs(): number {
    return this.#connection.stateMs;
  }

  get ageMs(): number {
    return this.#connection.ageMs;
  }

  get requests(): number {
    return this.#connection.requests;
  }

  get bytesIn(): number {
    return this.#connection.bytesIn;
  }

  get bytesOut(): number {
    return this.#connection.bytesOut;
  }

  get bytesDiscarded(): number {
    return this.#connection.bytesDiscarded;
  }

  get closeReason(): CloseReason | null {
    return this.#pastState === null ? this.#connection.closeReason : this.#pastCloseReason;
  }

  get signal(): unknown {
    return this.#connection.signal;
  }

  close(reason: CloseReason = "asked"): void {
    this.#connection.close(reason);
  }

  abort(reason: CloseReason = "forced"): void {
    this.#connection.abort(reason);
  }

  /** Shows this state and close reason until {@linkcode ConnectionView.showPresent} is called. */
  showPast(state: State, closeReason: CloseReason | null): void {
    this.#pastState = state;
    this.#pastCloseReason = closeReason;
  }

  /** Shows what is true now. */
  showPresent(): void {
    this.#pastState = null;
  }
}
