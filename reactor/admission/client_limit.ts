/**
 * The limit on the requests that one client has under way at once. A request is under way from its head until
 * its answer is complete and its handler has settled, whichever comes last; one that has become a connection
 * of another protocol, until that ends. So a client that resets its requests does not get new handlers for them
 * while the old ones are still at work.
 *
 * @module
 */

import { type ClientBounds, ClientCounts } from "../accepting/client_counts.ts";
import type { Clock } from "../ports.ts";
import { type Abandonable, Abandoned, type Abandonment } from "./abandoned.ts";

/** The requests under way of all clients. */
export class ClientLimit {
  readonly #counts: ClientCounts;
  readonly #abandoned: Abandoned;

  constructor(clock: Pick<Clock, "now" | "after">, bounds: ClientBounds) {
    this.#counts = new ClientCounts(bounds);
    this.#abandoned = new Abandoned(clock);
  }

  /** How many clients have a request under way. */
  get clients(): number {
    return this.#counts.size;
  }

  /** Counts a request of the client at this address; `null` if that has as many under way as it may. */
  enter(address: string): ClientShare | null {
    const client = this.#counts.clientAt(address);
    if (this.#counts.isFull(client)) return null;
    this.#counts.add(client);
    return new ClientShare({
      abandoned: this.#abandoned,
      onOver: () => this.#counts.remove(client),
    });
  }

  /** Stops its timer when the reactor ends, and counts the handlers no longer that were told to stop. */
  stop(): void {
    this.#abandoned.stop();
  }
}

/** What a share is made of. */
interface ShareInit {
  readonly abandoned: Abandoned;
  /** Called once. */
  readonly onOver: () => void;
}

/** What a request is still counted for. */
type Awaited = "both" | "answer" | "handler" | "nothing";

/** One request, as far as it is counted for its client. */
export class ClientShare implements Abandonable {
  readonly #init: ShareInit;
  #awaited: Awaited = "both";
  #abandonment: Abandonment | null = null;

  constructor(init: ShareInit) {
    this.#init = init;
  }

  /** The answer is complete, or never will be. */
  answered(): void {
    if (this.#awaited === "both") this.#awaited = "handler";
    else if (this.#awaited === "answer") this.#end();
  }

  /** The handler has settled, or will never be called. */
  settled(): void {
    if (this.#awaited === "both") this.#awaited = "answer";
    else if (this.#awaited === "handler") this.#end();
  }

  /** The handler was told to stop. */
  aborted(): void {
    if (this.#awaited !== "both" && this.#awaited !== "handler") return;
    this.#abandonment ??= this.#init.abandoned.add(this);
  }

  giveUp(): void {
    this.answered();
    this.settled();
  }

  #end(): void {
    this.#awaited = "nothing";
    if (this.#abandonment !== null) this.#init.abandoned.remove(this.#abandonment);
    this.#init.onOver();
  }
}
