/**
 * Makes room for new connections when there are almost too many: of those that wait for their clients, the one
 * that has waited for longest is closed first. So a client that keeps idle connections, or sends heads that do
 * not end, keeps nobody out. Whatever has a request under way, or was taken over by its handler, is left alone.
 *
 * The order is brought up to date once a tick, for the connections that changed since the last one, so that a
 * request costs nothing here. A connection that has just changed is passed over until then.
 *
 * @module
 */

import type { CloseReason, State } from "../states.ts";
import type { Timed } from "../timing/heartbeat.ts";
import { type Place, PlaceList } from "./place.ts";
import type { Room } from "./room.ts";

/**
 * How long a connection has to have waited, in milliseconds, to give way on a full server with so few that no
 * places are kept free.
 */
const WAITED_WHEN_FULL_MS = 1_000;

/**
 * How long one that is closed may still linger, in milliseconds, while the server is full all the same: its client
 * has had the time to read its last answer.
 */
const LINGER_WHEN_FULL_MS = 100;

/** A connection, as far as it can make room. */
export interface Relieving extends Pick<Timed, "listed"> {
  /** Where it stands among those that wait, or among those that are closed. */
  readonly place: Place<Relieving>;
  readonly state: State;
  /** When it entered that state, in the reactor's milliseconds. */
  readonly since: number;
  close(reason: CloseReason): void;
  abort(reason: CloseReason): void;
}

/** See the head of this file. */
export class Relief {
  readonly #room: Room;
  readonly #served: () => number;
  /** Those that wait for their clients. */
  readonly #waiting = new PlaceList<Relieving>();
  /** Those that are closed to make room, and have not left yet. */
  readonly #closing = new PlaceList<Relieving>();

  /** `served` counts the connections that take room. */
  constructor(room: Room, served: () => number) {
    this.#room = room;
    this.#served = served;
  }

  /** The connection may have changed since the last tick. */
  place(connection: Relieving): void {
    const { place, since, state } = connection;
    if (place.list === this.#closing) return;
    if (!waitsForClient(state)) return place.leave();
    // It was looked at, and has not moved.
    if (place.list === this.#waiting && place.since === since) return;
    place.since = since;
    this.#waiting.add(place);
  }

  /** Closes as many as there are too many. */
  relieve(now: number): void {
    for (let over = this.#over(); over > 0; over--) {
      const longest = this.#longest();
      if (longest === null) return;
      this.#end(longest, now);
    }
  }

  /** The same once a tick; also where there are so few that no places are kept free. */
  onTick(now: number): void {
    this.relieve(now);
    if (this.#served() < this.#room.limit) return;
    if (this.#closing.size > 0) return this.#hasten(now);
    const longest = this.#longest();
    if (longest !== null && now - longest.since >= WAITED_WHEN_FULL_MS) this.#end(longest, now);
  }

  /** No descriptor is left, perhaps for reasons that are none of the server's: it gives back one at least. */
  exhausted(now: number): void {
    if (this.#over() > 0) return this.relieve(now);
    const longest = this.#longest();
    if (longest !== null) this.#end(longest, now);
  }

  #over(): number {
    return this.#served() - this.#room.mark - this.#closing.size;
  }

  /** Who has waited for longest; those that have changed meanwhile get another place at the next tick. */
  #longest(): Relieving | null {
    const list = this.#waiting;
    for (let place = list.first; place !== null; place = list.first) {
      if (!place.owner.listed) return place.owner;
      place.leave();
    }
    return null;
  }

  #end(connection: Relieving, now: number): void {
    const { place } = connection;
    place.since = now;
    this.#closing.add(place);
    if (connection.state === "idle") connection.close("pressure");
    else connection.abort("pressure");
  }

  /** Cuts those that have lingered for long enough. */
  #hasten(now: number): void {
    let place = this.#closing.first;
    while (place !== null && now - place.since >= LINGER_WHEN_FULL_MS) {
      const { next, owner } = place;
      owner.abort("pressure");
      place = next;
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
