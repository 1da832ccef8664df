/**
 * A listener whose connections speak TLS; it accepts them from one whose connections do not.
 *
 * @module
 */

import type { AcceptFailure, Address, Conn, Listener } from "../../reactor/ports.ts";
import type { Terminator } from "./terminator.ts";
import { TlsConn } from "./tls_conn.ts";

/** Puts TLS on every connection of another listener. */
export class TlsListener implements Listener {
  readonly #listener: Listener;
  readonly #terminator: Terminator;

  constructor(listener: Listener, terminator: Terminator) {
    this.#listener = listener;
    this.#terminator = terminator;
  }

  get addr(): Address {
    return this.#listener.addr;
  }

  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    const conns = this.#listener[Symbol.asyncIterator]();
    return {
      next: async () => {
        const result = await conns.next();
        return result.done
          ? result
          : { done: false, value: new TlsConn(result.value, this.#terminator) };
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
