/**
 * A listener without a network: one connection that sends one request and collects the answer.
 *
 * @module
 */

import type { AcceptFailure, Address, Bytes, Conn, Listener } from "../reactor/ports.ts";

const HERE: Address = { transport: "tcp", hostname: "127.0.0.1", port: 0 };
const PEER: Address = { transport: "tcp", hostname: "127.0.0.1", port: 1 };

/** See the head of this file. */
export class MemoryWire implements Listener, Conn {
  readonly addr = HERE;
  readonly localAddr = HERE;
  readonly remoteAddr = PEER;
  /** What was answered, one character a byte, once the server has ended its side. */
  readonly answer: Promise<string>;
  readonly #request: Bytes;
  readonly #closed = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #sent = false;
  #received = "";

  constructor(request: string) {
    this.#request = new TextEncoder().encode(request);
    this.answer = this.#ended.promise.then(() => this.#received);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Conn> {
    yield this;
    await this.#closed.promise;
  }

  classify(): AcceptFailure {
    return "closed";
  }

  async read(into: Bytes): Promise<number | null> {
    if (!this.#sent) {
      this.#sent = true;
      into.set(this.#request);
      return this.#request.length;
    }
    await this.#ended.promise;
    return null;
  }

  write(bytes: Bytes): Promise<number> {
    for (const byte of bytes) this.#received += String.fromCharCode(byte);
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    this.#ended.resolve();
    return Promise.resolve();
  }

  /** Of the connection and of the listener: both are at their end. */
  close(): void {
    this.#ended.resolve();
    this.#closed.resolve();
  }

  ref(): void {}

  unref(): void {}
}
