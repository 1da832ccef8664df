/**
 * The body of a lazily filled request: taken whole, past any stream, or as a stream that never looks
 * ahead. Which readers exist and what they decode to is not known here.
 *
 * @module
 */

import type { RequestBody } from "../../reactor/exchange.ts";
import type { Bytes } from "../../reactor/ports.ts";

const EMPTY: Bytes = new Uint8Array(0);

/** One request's body; `null` as its source is an empty one. */
export class IncomingBody {
  readonly #source: RequestBody | null;
  #stream: ReadableStream<Bytes> | null = null;
  #used = false;

  constructor(source: RequestBody | null) {
    this.#source = source;
  }

  /** Whether any of it was read or given up: what `bodyUsed` says. */
  get used(): boolean {
    return this.#used;
  }

  /** Whether somebody has it, or has had it: no second reader can. */
  get unusable(): boolean {
    return this.#used || (this.#stream !== null && this.#stream.locked);
  }

  /** Whether `take` gives all of it at once, and nobody has had its stream. */
  get isHere(): boolean {
    if (this.#used || this.#stream !== null) return false;
    return this.#source === null || this.#source.isHere;
  }

  /** The body as a byte stream; of a body that was taken, one that is closed and locked. */
  get stream(): ReadableStream<Bytes> {
    if (this.#stream === null) {
      this.#stream = this.#used ? spentStream() : this.#open();
    }
    return this.#stream;
  }

  /**
   * All of it; it counts as used from then on.
   *
   * @throws {TypeError} If it is used or locked.
   */
  take(): Bytes | Promise<Bytes> {
    this.#claim();
    return this.#source === null ? EMPTY : this.#source.readAll();
  }

  /**
   * The same as text, of which `decode` keeps no bytes.
   *
   * @throws {TypeError} If it is used or locked.
   */
  takeText(decode: (bytes: Bytes) => string): string | Promise<string> {
    this.#claim();
    return this.#source === null ? "" : this.#source.readText(decode);
  }

  #claim(): void {
    if (this.unusable) throw new TypeError("Body already consumed");
    this.#used = true;
    // A stream that was looked at but not read: `if (request.body) …` before `request.json()`.
    this.#stream?.getReader();
  }

  /** No look-ahead (high-water mark 0), so that the bytes of an unread body stay in the kernel. */
  #open(): ReadableStream<Bytes> {
    return new ReadableStream<Bytes>({
      type: "bytes",
      pull: (controller) => this.#pull(controller as ReadableByteStreamController),
      cancel: () => {
        this.#used = true;
        this.#source?.cancel();
      },
    }, { highWaterMark: 0 }) as ReadableStream<Bytes>;
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    this.#used = true;
    let piece = this.#source === null ? null : await this.#source.read();
    while (piece !== null && piece.byteLength === 0) piece = await this.#source!.read();
    if (piece !== null) {
      controller.enqueue(ownBytes(piece));
    } else {
      controller.close();
      // A waiting "byob" read is only answered by this, after the close.
      controller.byobRequest?.respond(0);
    }
  }
}

/** Bytes with a buffer to themselves: it can be transferred, and shows nothing of its neighbours. */
export function ownBytes(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function spentStream(): ReadableStream<Bytes> {
  const stream = new ReadableStream<Bytes>({ start: (controller) => controller.close() });
  stream.getReader();
  return stream;
}
