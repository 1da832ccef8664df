/**
 * A fake wire for volume: every read finds bytes at once, every write is taken, nothing is kept.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import { FakeConn } from "../engine/fakes.ts";
import { type Call, Rig } from "../engine/rig.ts";

/** A client that sends one stream in reads of a given size, and then ends. */
export class Torrent extends FakeConn {
  readonly #bytes: Bytes;
  readonly #step: number;
  readonly #ended = Promise.withResolvers<void>();
  #at = 0;

  constructor(stream: Bytes, step: number) {
    super();
    this.#bytes = stream;
    this.#step = step;
  }

  /** Resolves when the engine has closed the connection. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Whether all of the stream has been read. */
  get drained(): boolean {
    return this.#at === this.#bytes.length;
  }

  override read(into: Bytes): Promise<number | null> {
    const count = Math.min(this.#step, into.length, this.#bytes.length - this.#at);
    if (count === 0) return Promise.resolve(null);
    into.set(this.#bytes.subarray(this.#at, this.#at + count));
    this.#at += count;
    return Promise.resolve(count);
  }

  override write(bytes: Bytes): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  override close(): void {
    this.closed = true;
    this.#ended.resolve();
  }
}

/** What the application does with a call on such a wire. */
export type Serve = (call: Call, wire: Torrent) => Promise<void> | void;

/** An engine without limits of size, on such wires. */
export class Weir {
  readonly #rig = new Rig({
    // So that the engine looks at paths.
    overrides: [{ path: "/x" }],
    limits: {
      headBytes: 1 << 24,
      headerCount: 1 << 24,
      targetBytes: 1 << 24,
      bufferedBodyBytes: 0,
    },
  });

  /** Sends one stream; returns the milliseconds that the engine took for it. */
  async time(stream: Bytes, options: { step: number; serve: Serve }): Promise<number> {
    const wire = new Torrent(stream, options.step);
    this.#rig.handle = (call) => {
      this.#rig.calls.length = 0;
      options.serve(call, wire);
    };
    const begin = performance.now();
    this.#rig.listener.offer(wire);
    await wire.ended;
    return performance.now() - begin;
  }
}
