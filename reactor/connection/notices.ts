/**
 * What observers and the application have to be told about one connection: noted when it happens, told from
 * the agenda once the transition under way is complete. While it is told, the connection shows itself as it
 * was when it happened.
 *
 * @module
 */

import type { Agenda, Notice, Showing } from "../dispatch/agenda.ts";
import type { Observers } from "../dispatch/observers.ts";
import type { Drop, ExchangeInfo, Refusal } from "../observer.ts";
import type { Clock } from "../ports.ts";
import type { RequestHead } from "../request_head.ts";
import type { CloseReason, State } from "../states.ts";
import { ConnectionView, type Viewed } from "./connection_view.ts";

/** The connection that others are told about. */
export interface Noticed extends Viewed {
  /** What the application was called for has thrown. */
  onDefect(error: unknown): void;
}

/** An exchange whose begin is noted. */
export interface Begun extends ExchangeInfo {
  begunMs: number;
}

/** What is the same for all connections. */
export interface NoticesContext {
  readonly ports: { readonly clock: Pick<Clock, "now"> };
  readonly agenda: Agenda;
  /** Who watches; `null` while nobody does. */
  readonly observers: Observers | null;
}

/** The notices about one connection. */
export class Notices {
  readonly #context: NoticesContext;
  readonly #connection: Noticed;
  #view: ConnectionView | null = null;
  /** When the connection came into its state, by the exact clock; -1 until somebody watches. */
  #enteredMs = -1;

  constructor(context: NoticesContext, connection: Noticed) {
    this.#context = context;
    this.#connection = connection;
  }

  /** The connection as others see it; the same object each time. */
  get view(): ConnectionView {
    return this.#view ??= new ConnectionView(this.#connection);
  }

  /** Has `call` made once the transition under way is complete. */
  note(call: () => void): void {
    const { agenda, observers } = this.#context;
    const view = observers === null ? this.#view : this.view;
    agenda.note(new ConnectionNotice(this.#connection, call, view));
  }

  /** It has left the state `from`; its `stateMs` still says for how long it was there, by the coarse clock. */
  moved(from: State): void {
    const moved = this.#context.observers?.moved ?? null;
    if (moved === null) return;
    const now = this.#context.ports.clock.now();
    const ms = this.#enteredMs < 0 ? this.#connection.stateMs : now - this.#enteredMs;
    this.#enteredMs = now;
    this.note(() => moved(this.view, from, ms));
  }

  /** Something was thrown away. */
  dropped(drop: Drop): void {
    const dropped = this.#context.observers?.dropped ?? null;
    if (dropped !== null) this.note(() => dropped(this.view, drop));
  }

  /** The engine has answered on its own. */
  refused(refusal: Refusal): void {
    const refused = this.#context.observers?.refused ?? null;
    if (refused !== null) this.note(() => refused(this.view, refusal));
  }

  /** A request's head has arrived whole. */
  begun(exchange: Begun, head: RequestHead): void {
    const { observers, ports } = this.#context;
    if (observers === null) return;
    const { begun, settled } = observers;
    if (begun !== null || settled !== null) exchange.begunMs = ports.clock.now();
    if (begun !== null) this.note(() => begun(exchange, head));
  }
}

/** One notice, and the connection as it was when it was noted. */
class ConnectionNotice implements Notice, Showing {
  readonly call: () => void;
  readonly about: Showing | null;
  readonly #connection: Noticed;
  readonly #view: ConnectionView | null;
  readonly #state: State;
  readonly #closeReason: CloseReason | null;

  constructor(connection: Noticed, call: () => void, view: ConnectionView | null) {
    this.call = call;
    this.about = view === null ? null : this;
    this.#connection = connection;
    this.#view = view;
    this.#state = connection.state;
    this.#closeReason = connection.closeReason;
  }

  /** What an observer throws is reported where it is told: this is the application's. */
  onError(error: unknown): void {
    this.#connection.onDefect(error);
  }

  showPast(): void {
    this.#view!.showPast(this.#state, this.#closeReason);
  }

  showPresent(): void {
    this.#view!.showPresent();
  }
}
