/**
 * A listener whose connections begin with a PROXY header. Whether one does is decided by where it comes
 * from, before its first byte, and never by what it sends. What reads the header is loaded with the first
 * listener of this kind.
 *
 * @module
 */

import type { AcceptFailure, Address, Conn, Listener } from "../ports.ts";
import type { ProxiedConn } from "./proxied_conn.ts";

/** Which connections begin with a header. */
export interface ProxiedListenerInit {
  /** Whether this peer is a proxy, which sends a header. */
  readonly isProxy: (peer: Address) => boolean;
  /** What becomes of all others: closed, or served as they are. */
  readonly others: "refuse" | "plain";
}

/** See the head of this file. */
export class ProxiedListener implements Listener {
  readonly #listener: Listener;
  readonly #init: ProxiedListenerInit;

  constructor(listener: Listener, init: ProxiedListenerInit) {
    this.#listener = listener;
    this.#init = init;
  }

  get addr(): Address {
    return this.#listener.addr;
  }

  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    const conns = this.#listener[Symbol.asyncIterator]();
    const loading = import("./proxied_conn.ts");
    return {
      next: async () => {
        const { ProxiedConn } = await loading;
        const result = await conns.next();
        return result.done
          ? result
          : { done: false, value: this.#wrapped(result.value, ProxiedConn) };
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

  #wrapped(conn: Conn, Proxied: typeof ProxiedConn): Conn {
    const { isProxy, others } = this.#init;
    const allowed = isProxy(conn.remoteAddr);
    return allowed || others === "refuse" ? new Proxied(conn, { allowed }) : conn;
  }
}
