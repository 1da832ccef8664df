/**
 * The connections that are open, and the limits on how many there may be: in all, and from one client.
 *
 * @module
 */

import type { ConnectionInfo } from "../observer.ts";
import type { Limits } from "../options/settings.ts";
import type { Address } from "../ports.ts";
import { ClientCounts } from "./client_counts.ts";
import { LiveSet } from "./live_set.ts";
import type { Room } from "./room.ts";

/** Of the connections over the limit, so many parts of it at a time are told so; the rest is closed. */
const REFUSED_PART = 16;

/** A connection, as far as it is counted. */
export interface Counted {
  /** What others see of it. */
  readonly view: ConnectionInfo;
  /** Over a limit: it gets a 503 and nothing else. */
  readonly overLimit: boolean;
}

/** What becomes of a connection that has been accepted. */
export type AcceptDecision = "serve" | "refuse" | "close";

/** The connections of one reactor. */
export class Population<Connection extends Counted> {
  /** The live connections, for reading. */
  readonly views: ReadonlySet<ConnectionInfo>;
  readonly #limits: Limits;
  readonly #room: Room;
  readonly #set = new Set<Connection>();
  /** How many there are of each client, and each one's client; only where that is limited. */
  readonly #byClient: ClientCounts;
  readonly #clients = new Map<Connection, string>();
  #refused = 0;

  constructor(limits: Limits, room: Room) {
    this.#limits = limits;
    this.#room = room;
    const { connectionsPerAddress: most, ipv6Prefix } = limits;
    this.#byClient = new ClientCounts({ most, ipv6Prefix });
    this.views = new LiveSet(this.#set, ({ view }) => view);
  }

  /** How many there are. */
  get size(): number {
    return this.#set.size;
  }

  /** The same without those that are refused. */
  get served(): number {
    return this.#set.size - this.#refused;
  }

  /** Whether accepting has to wait; when told to refuse, it never has. */
  get isFull(): boolean {
    return this.#limits.overConnections === "wait" && this.#set.size >= this.#room.limit;
  }

  /** Calls with each of them; those that leave or come meanwhile are passed over or called with, as in a Set. */
  forEach(call: (connection: Connection) => void): void {
    this.#set.forEach((connection) => call(connection));
  }

  /** What is to become of a connection from this address; `null` while the address is not known. */
  judge(peer: Address | null): AcceptDecision {
    if (!this.#isOver(peer)) return "serve";
    return this.#refused < this.#room.limit / REFUSED_PART ? "refuse" : "close";
  }

  add(connection: Connection, peer: Address | null): void {
    this.#set.add(connection);
    if (connection.overLimit) this.#refused++;
    else if (peer !== null) this.#count(connection, peer);
  }

  /** The address of a connection is known now; returns whether there is room for one more from there. */
  identify(connection: Connection, peer: Address): boolean {
    if (connection.overLimit || this.#isCrowded(peer)) return false;
    this.#count(connection, peer);
    return true;
  }

  /** Does nothing for a connection that is not there. */
  remove(connection: Connection): void {
    if (!this.#set.delete(connection)) return;
    if (connection.overLimit) this.#refused--;
    const client = this.#clients.get(connection);
    if (client === undefined) return;
    this.#clients.delete(connection);
    this.#byClient.remove(client);
  }

  #count(connection: Connection, peer: Address): void {
    if (peer.transport !== "tcp" || this.#limits.connectionsPerAddress === 0) return;
    const client = this.#byClient.clientAt(peer.hostname);
    this.#clients.set(connection, client);
    this.#byClient.add(client);
  }

  #isOver(peer: Address | null): boolean {
    if (this.served >= this.#room.limit) return true;
    return peer !== null && this.#isCrowded(peer);
  }

  #isCrowded(peer: Address): boolean {
    const { connectionsPerAddress } = this.#limits;
    return connectionsPerAddress > 0 && peer.transport === "tcp" &&
      this.#byClient.isFull(this.#byClient.clientAt(peer.hostname));
  }
}
