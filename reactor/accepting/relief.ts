/**
 * Makes room for new connections when there are almost too many: of those that wait for their clients, the one
 * that has waited for longest is closed first. So a client that keeps idle connections, or sends heads that do
 * not end, keeps nobody out. Whatever has a request under way, or was taken over by its handler, is left alone,
 * and a new connection has a second for its first request.
 *
 * The order is brought up to date once a tick, for the connections that changed since the last one, so that a
 * request costs nothing here. A connection that has just changed is passed over until then.
 *
 * @module
 */

import type { CloseReason, State } from "../states.ts";
import type { Timed } from "../timing/heartbeat.ts";
import { type Position, PositionList } from "./position.ts";
import type { Room } from "./room.ts";

/**
 * How long a connection has to have waited, in milliseconds, to give way on a full server with so few that no
 * places are kept free.
 */
const WAITED_WHEN_FULL_MS = 1_000;

/**
 * How long a connection that has sent no request yet is left alone, in milliseconds: its client has one on the
 * way, as `Shutdown.firstRequest` has it.
 */
const NEW_MS = 1_000;

/** So many new ones are passed over at most: what is asked for on each accept may not look at all of them. */
const MOST_PASSED = 32;

/**
 * How long one that is closed may still linger, in milliseconds, while the server is full all the same: its client
 * has had the time to read its last answer.
 */
const LINGER_WHEN_FULL_MS = 100;

/** A connection, as far as it can make room. */
export interface Relieving extends Pick<Timed, "listed"> {
  /** Where it stands among those that wait, or among those that are closed. */
  readonly position: Position<Relieving>;
  readonly state: State;
  /** When it entered that state, in the reactor's milliseconds. */
  readonly since: number;
  /** How many requests it has sent. */
  readonly requests: number;
  close(reason: CloseReason): void;
  abort(reason: CloseReason): void;
}

/** See the head of this file. */
export class Relief {
  readonly #room: Room;
  readonly #served: () => number;
  /** Those that wait for their clients. */
  readonly #waiting = new PositionList<Relieving>();
  /** Those that are closed to make room, and have not left yet. */
  readonly #closing = new PositionList<Relieving>();

  /** `served` counts the connections that take room. */
  constructor(room: Room, served: () => number) {
    this.#room = room;
    this.#served = served;
  }

  /** The connection may have changed since the last tick. */
  changed(connection: Relieving): void {
    const { position, since, state } = connection;
    if (position.list === this.#closing) return;
    if (!waitsForClient(state)) return position.leave();
    // It was looked at, and has not moved.
    if (position.list === this.#waiting && position.since === since) return;
    position.since = since;
    this.#waiting.add(position);
  }

  /** Closes as many as there are too many. */
  relieve(now: number): void {
    for (let over = this.#over(); over > 0; over--) {
      const longest = this.#longest(now);
      if (longest === null) return;
      this.#end(longest, now);
    }
  }

  /** The same once a tick; also where there are so few that no places are kept free. */
  onTick(now: number): void {
    this.relieve(now);
    if (this.#served() < this.#room.limit) return;
    if (this.#closing.size > 0) return this.#hasten(now);
    const longest = this.#longest(now);
    if (longest !== null && now - longest.since >= WAITED_WHEN_FULL_MS) this.#end(longest, now);
  }

  /** No descriptor is left, perhaps for reasons that are none of the server's: it gives back one at least. */
  exhausted(now: number): void {
    if (this.#over() > 0) return this.relieve(now);
    const longest = this.#longest(now);
    if (longest !== null) this.#end(longest, now);
  }

  #over(): number {
    return this.#served() - this.#room.mark - this.#closing.size;
  }

  /** Who has waited for longest; those that have changed meanwhile get another position at the next tick. */
  #longest(now: number): Relieving | null {
    let position = this.#waiting.first;
    for (let passed = 0; position !== null && passed < MOST_PASSED; passed++) {
      const { next, owner } = position;
      if (owner.listed) position.leave();
      else if (owner.requests > 0 || now - owner.since >= NEW_MS) return owner;
      position = next;
    }
    return null;
  }

  #end(connection: Relieving, now: number): void {
    const { position } = connection;
    position.since = now;
    this.#closing.add(position);
    if (connection.state === "idle") connection.close("pressure");
    else connection.abort("pressure");
  }

  /** Cuts those that have lingered for long enough. */
  #hasten(now: number): void {
    let position = this.#closing.first;
    while (position !== null && now - position.since >= LINGER_WHEN_FULL_MS) {
      const { next, owner } = position;
      owner.abort("pressure");
      position = next;
    }
  }
}

/** Whether nothing can happen in this state until the client does something that it owes, or wants. */
function waitsForClient(state: State): boolean {
  switch (state) {
    case "proxy_header":
    case "handshake":
    case "idle":
    case "head":
      return true;
    default:
      return false;
  }
}
