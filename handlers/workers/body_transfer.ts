/**
 * A body on its way between two threads, either way: the reader asks for a piece, the owner of the
 * stream reads one and posts it. So at most one piece is read ahead, whichever side is slow, and
 * memory stays bounded. (A transferable stream holds back as well, but copies every piece.)
 *
 * A piece of {@linkcode TRANSFER_BYTES} or more is transferred: its maker loses the buffer.
 *
 * @module
 */

import { toWire, type WireError } from "./wire_error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * From this size on a buffer changes its owner instead of being copied, in bytes. Below it a copy costs
 * less than a transfer, and small buffers are the ones that programs send again and again.
 */
export const TRANSFER_BYTES = 16_384;

/** What the two ends of a body say; `pull` and `cancel` come from the reader. */
export type BodyMessage =
  | { readonly kind: "pull" }
  | { readonly kind: "cancel" }
  | { readonly kind: "piece"; readonly bytes: Bytes }
  | { readonly kind: "end" }
  | { readonly kind: "fail"; readonly error: WireError };

/** Posts a message to the other end. */
export type PostBody = (message: BodyMessage, transfer: ArrayBuffer[]) => void;

/** Bytes as they are posted: a buffer of their own, and that buffer if it is to be handed over. */
export function parcel(bytes: Bytes): { bytes: Bytes; transfer: ArrayBuffer[] } {
  const whole = bytes.byteLength === bytes.buffer.byteLength;
  if (whole && bytes.byteLength < TRANSFER_BYTES) return { bytes, transfer: [] };
  const own = whole ? bytes : bytes.slice();
  return { bytes: own, transfer: [own.buffer] };
}

/** The end that has the stream: reads a piece whenever the other end asks for one. */
export class BodySource {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #post: PostBody;
  readonly #ended = Promise.withResolvers<void>();
  #over = false;
  /** Why the stream could not be read; `undefined` while it can. */
  failure: unknown;

  /** Locks the stream; throws a TypeError if somebody else has. */
  constructor(stream: ReadableStream<unknown>, post: PostBody) {
    this.#reader = stream.getReader();
    this.#post = post;
  }

  /** Resolves when the stream has ended, failed or was cancelled. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Reads a piece and posts it. Never rejects. */
  async pull(): Promise<void> {
    try {
      const piece = await this.#next();
      if (this.#over) return;
      if (piece === null) return this.#finish({ kind: "end" });
      const { bytes, transfer } = parcel(piece);
      this.#post({ kind: "piece", bytes }, transfer);
    } catch (error) {
      if (this.#over) return;
      this.failure = error;
      this.#finish({ kind: "fail", error: toWire(error) });
      this.cancel();
    }
  }

  /** Lets go of the stream: nobody will read the rest. */
  cancel(): void {
    this.#over = true;
    this.#ended.resolve();
    this.#reader.cancel().catch(() => {});
  }

  async #next(): Promise<Bytes | null> {
    while (true) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      const piece = asBytes(value);
      if (piece.byteLength > 0) return piece;
    }
  }

  #finish(message: BodyMessage): void {
    this.#over = true;
    this.#post(message, []);
    this.#ended.resolve();
  }
}

function asBytes(value: unknown): Bytes {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError("Cannot send the body: a piece of its stream is not a Uint8Array");
  }
  if (value.buffer instanceof ArrayBuffer && value.buffer.detached) {
    throw new TypeError(
      "Cannot send the body: a piece of its stream was sent before, and its buffer is transferred",
    );
  }
  return value as Bytes;
}

/** The end that reads: a stream that asks the other end for each piece. */
export class BodySink {
  /** What comes in. */
  readonly stream: ReadableStream<Bytes>;
  readonly #post: PostBody;
  #controller!: ReadableStreamDefaultController<Bytes>;
  #arrived: (() => void) | null = null;
  #over = false;

  /** `onCancel` is called when the stream's reader gives up. */
  constructor(post: PostBody, onCancel: () => void = () => {}) {
    this.#post = post;
    this.stream = new ReadableStream<Bytes>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#arrived = resolve;
        post({ kind: "pull" }, []);
        return promise;
      },
      cancel: () => {
        this.#over = true;
        post({ kind: "cancel" }, []);
        onCancel();
      },
    }, { highWaterMark: 0 });
  }

  /** The next piece. */
  piece(bytes: Bytes): void {
    if (!this.#over) this.#controller.enqueue(bytes);
    this.#arrived?.();
  }

  /** There is no more. */
  end(): void {
    if (!this.#over) this.#controller.close();
    this.#over = true;
    this.#arrived?.();
  }

  /** The rest will not come. */
  fail(error: unknown): void {
    if (!this.#over) this.#controller.error(error);
    this.#over = true;
    this.#arrived?.();
  }

  /** The rest is not wanted, and its reader gets this error. */
  abort(error: unknown): void {
    if (!this.#over) this.#post({ kind: "cancel" }, []);
    this.fail(error);
  }
}
