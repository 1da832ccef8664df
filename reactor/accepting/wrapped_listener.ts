/**
 * A listener whose connections are those of another one with something around them, such as TLS. What wraps
 * them is loaded when the first one is waited for.
 *
 * @module
 */

import type { AcceptFailure, Address, Conn, Listener } from "../ports.ts";

/** Puts something around a connection, or leaves it as it is. */
export type WrapConn = (conn: Conn) => Conn;

/** See the head of this file. */
export class WrappedListener implements Listener {
  readonly #listener: Listener;
  readonly #load: () => Promise<WrapConn>;

  constructor(listener: Listener, load: () => Promise<WrapConn>) {
    this.#listener = listener;
    this.#load = load;
  }

  get addr(): Address {
    return this.#listener.addr;
  }

  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    const conns = this.#listener[Symbol.asyncIterator]();
    const loading = this.#load();
    return {
      next: async () => {
        const wrap = await loading;
        const result = await conns.next();
        return result.done ? result : { done: false, value: wrap(result.value) };
      },
    };
  }

  classify(error: unknown): AcceptFailure {
    return this.#listener.classify(error);
  }

  close(): void {
    this.#listener.close();
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}
