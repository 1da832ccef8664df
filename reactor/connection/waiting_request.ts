/**
 * A request in the queue, as the program's lane function sees it: its head and its sender, and nothing by
 * which it could be answered.
 *
 * @module
 */

import type { Client, QueuedRequest, RequestView } from "../request_head.ts";

/** What it shows. */
interface Shown {
  readonly head: RequestView;
  readonly client: Client;
}

/** See the head of this file. */
export class WaitingRequest implements QueuedRequest {
  readonly #exchange: Shown;

  constructor(exchange: Shown) {
    this.#exchange = exchange;
  }

  get method(): string {
    return this.#exchange.head.method;
  }

  get target(): string {
    return this.#exchange.head.target;
  }

  get path(): string {
    return this.#exchange.head.path;
  }

  get client(): Client {
    return this.#exchange.client;
  }

  header(name: string): string | null {
    return this.#exchange.head.header(name);
  }
}
