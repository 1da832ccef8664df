/**
 * How often each client has tried a wrong token, so that nobody can try many. A try is counted before its
 * token is compared: otherwise many could be under way at once.
 *
 * @module
 */

import { ClientCounts } from "../../reactor/accepting/client_counts.ts";
import type { Clock } from "../../reactor/ports.ts";
import { forgetOldest } from "../oldest.ts";

/** Wrong tokens that a client may send within {@linkcode TRIES_MS}. */
export const MOST_TRIES = 10;

/** From a client's first wrong token until it may send as many again, in milliseconds. */
export const TRIES_MS = 60_000;

/** Clients that are remembered; the one whose first try is longest ago is forgotten first. */
export const MOST_TRYING = 1_000;

/** What is remembered of a client. */
interface Tried {
  readonly sinceMs: number;
  count: number;
}

/** The tries of all clients, in bounded space. */
export class Tries {
  readonly #clock: Pick<Clock, "now">;
  readonly #clients = new ClientCounts({ most: MOST_TRIES, ipv6Prefix: 64 });
  /** In the order of their first tries. */
  readonly #tried = new Map<string, Tried>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Counts a try of the client at `address`; if it has none left, how many milliseconds it has to wait, else 0. */
  begin(address: string): number {
    const client = this.#clients.clientAt(address);
    const [nowMs, before] = [this.#clock.now(), this.#tried.get(client)];
    if (before === undefined || nowMs - before.sinceMs >= TRIES_MS) {
      this.#tried.delete(client);
      this.#tried.set(client, { sinceMs: nowMs, count: 1 });
      forgetOldest(this.#tried, MOST_TRYING);
      return 0;
    }
    if (before.count >= MOST_TRIES) return before.sinceMs + TRIES_MS - nowMs;
    before.count++;
    return 0;
  }

  /** The token of a try was the right one: it does not count. */
  forgive(address: string): void {
    const client = this.#clients.clientAt(address);
    const tried = this.#tried.get(client);
    if (tried === undefined) return;
    tried.count--;
    if (tried.count <= 0) this.#tried.delete(client);
  }
}
