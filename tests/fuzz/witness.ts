/**
 * An observer that knows the rules of what observers are told, and records where they are broken.
 *
 * @module
 */

import type {
  ConnectionInfo,
  Drop,
  ExchangeInfo,
  Observer,
  Refusal,
} from "../../reactor/observer.ts";
import { type CloseReason, type Phase, type State, STATES } from "../../reactor/states.ts";

const PHASES: readonly Phase[] = ["serving", "leaving", "draining", "ended"];

/** Where a connection may go from each state. */
const STEPS: ReadonlyMap<State, ReadonlySet<State>> = new Map(
  Object.entries(STATES).map(([state, { on }]) => [state as State, new Set(Object.values(on))]),
);

interface Life {
  state: State;
  reason: CloseReason | null;
  over: boolean;
}

/**
 * Has to observe from the server's start. Each connection is opened, moves as the table of states
 * allows and is closed once, for one reason, with nothing told after; each exchange is begun and
 * settled.
 */
export class Witness implements Required<Observer> {
  /** What was wrong, in words. */
  readonly wrong: string[] = [];
  readonly #lives = new Map<number, Life>();
  readonly #exchanges = new Map<ExchangeInfo, "begun" | "settled">();
  #phase: Phase = "serving";

  opened(connection: ConnectionInfo): void {
    const { id, state } = connection;
    if (this.#lives.has(id)) this.#note(connection, "opened twice");
    if (state !== "idle" && state !== "handshake") this.#note(connection, `opened as ${state}`);
    this.#lives.set(id, { state, reason: null, over: false });
  }

  moved(connection: ConnectionInfo, from: State, ms: number): void {
    const life = this.#lifeOf(connection, "moved");
    const { state } = connection;
    if (from !== life.state) this.#note(connection, `left ${from}, and was ${life.state}`);
    if (!STEPS.get(from)?.has(state)) this.#note(connection, `went from ${from} to ${state}`);
    if (!(ms >= 0)) this.#note(connection, `was ${from} for ${ms} ms`);
    life.state = state;
  }

  dropped(connection: ConnectionInfo, { reason, bytes, requests }: Drop): void {
    this.#lifeOf(connection, `dropped ${reason}`);
    if (!(bytes + requests > 0)) this.#note(connection, "dropped nothing");
  }

  begun(exchange: ExchangeInfo): void {
    this.#lifeOf(exchange.connection, "begun");
    if (this.#exchanges.has(exchange)) this.#note(exchange.connection, "begun twice");
    if (!(exchange.begunMs >= 0)) this.#note(exchange.connection, "begun at no time");
    this.#exchanges.set(exchange, "begun");
  }

  settled(exchange: ExchangeInfo, error: Error | undefined): void {
    this.#lifeOf(exchange.connection, "settled");
    const before = this.#exchanges.get(exchange) ?? "nothing";
    if (before !== "begun") this.#note(exchange.connection, `settled after ${before}`);
    if (error === undefined && exchange.status === 0) {
      this.#note(exchange.connection, "delivered without a status");
    }
    this.#exchanges.set(exchange, "settled");
  }

  refused(connection: ConnectionInfo, { status }: Refusal): void {
    this.#lifeOf(connection, "refused");
    if (status < 400 || status > 599) this.#note(connection, `refused with ${status}`);
  }

  closed(connection: ConnectionInfo): void {
    const life = this.#lifeOf(connection, "closed");
    if (life.state !== "closed") this.#note(connection, `closed without a move from ${life.state}`);
    if (connection.closeReason === null) this.#note(connection, "closed for no reason");
    life.over = true;
  }

  entered(phase: Phase): void {
    if (PHASES.indexOf(phase) <= PHASES.indexOf(this.#phase)) {
      this.wrong.push(`${phase} was entered after ${this.#phase}`);
    }
    this.#phase = phase;
  }

  /** Whether the exchange was begun before its handler is called. */
  expects(exchange: ExchangeInfo): void {
    if (!this.#exchanges.has(exchange)) {
      this.#note(exchange.connection, "called before it had begun");
    }
  }

  /** Everything is over: no connection and no exchange may be open. */
  finish(): void {
    for (const [id, { state, over }] of this.#lives) {
      if (!over) this.wrong.push(`Connection ${id} was never closed: ${state}`);
    }
    for (const [{ connection }, was] of this.#exchanges) {
      if (was !== "settled") this.#note(connection, "an exchange was never settled");
    }
  }

  /** Checks what holds in every hook. */
  #lifeOf(connection: ConnectionInfo, told: string): Life {
    let life = this.#lives.get(connection.id);
    if (life === undefined) {
      this.#note(connection, `${told} before it was opened`);
      this.#lives.set(connection.id, life = { state: connection.state, reason: null, over: false });
    }
    if (life.over) this.#note(connection, `${told} after its end`);
    if (life.reason !== null && life.reason !== connection.closeReason) {
      this.#note(connection, `closed for ${life.reason}, then for ${connection.closeReason}`);
    }
    life.reason = connection.closeReason;
    return life;
  }

  #note({ id }: ConnectionInfo, what: string): void {
    this.wrong.push(`Connection ${id}: ${what}`);
  }
}
