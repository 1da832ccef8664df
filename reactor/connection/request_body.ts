/**
 * The body of one request: pulled from the connection's inbox by whoever wants it, decoded on the way.
 * What nobody pulls stays in the inbox, and behind it in the kernel: that is the back-pressure.
 *
 * Lives here: what has arrived, what the reader asked for, the limits in bytes. Not here: sockets,
 * deadlines (the connection keeps them) and HTTP's grammar (`h1/chunked.ts`).
 *
 * @module
 */

import { BodyError, type ProtocolError } from "../errors.ts";
import type { RequestBody } from "../exchange.ts";
import { ChunkedDecoder, ChunkStep } from "../h1/chunked.ts";
import type { Inbox } from "../memory/inbox.ts";
import { latin1Bytes } from "../memory/latin1.ts";
import { joined, Pieces } from "../memory/pieces.ts";
import type { Bytes, Codec } from "../ports.ts";

/** What a body needs of its connection. */
export interface BodySource {
  readonly inbox: Inbox;
  readonly codec: Codec;
  /** The body's bytes are wanted now: a `100 (Continue)` may be due, the minimum rate runs. */
  bodyWanted(): void;
  /** Bytes of the body left the inbox. */
  bodyTaken(): void;
  /** Nobody wants what is left. */
  bodyDropped(): void;
  /** The last byte has arrived. */
  bodyComplete(): void;
  /** The body broke the protocol or a limit: the connection cannot be used again. */
  bodyBroken(error: BodyError): void;
}

/** How much of it is accepted, in bytes; 0 is no limit. */
export interface BodyLimits {
  readonly bodyBytes: number;
  readonly bufferedBodyBytes: number;
}

/**
 * A body up to this length that nobody has read when its answer is given is kept as a string, one character
 * a byte: an array costs 0.4 µs more, and hardly any such body is ever read.
 */
const MOST_KEPT_AS_TEXT = 1_024;

interface Waiter {
  resolve(piece: Bytes | null): void;
  reject(error: BodyError): void;
}

/** The body of the request that its connection is handling. */
export class LiveBody implements RequestBody {
  readonly length: number | null;
  readonly #source: BodySource;
  readonly #limits: BodyLimits;
  readonly #decoder: ChunkedDecoder | null;
  #remaining: number;
  #received = 0;
  #complete = false;
  #error: BodyError | null = null;
  #discarding = false;
  #begun = false;
  #settling = false;
  #collecting = false;
  /** What comes when all that had arrived is read. */
  #ending: BodyError | null = null;
  #waiter: Waiter | null = null;
  /** What had arrived when the answer was given, for whoever reads it later. */
  #kept: Bytes | string | null = null;

  constructor(
    source: BodySource,
    options: { length: number | null; limits: BodyLimits },
  ) {
    this.#source = source;
    this.#limits = options.limits;
    this.length = options.length;
    this.#remaining = options.length ?? 0;
    this.#decoder = options.length === null ? new ChunkedDecoder() : null;
  }

  /** Whether the last byte has been decoded. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether anybody has begun to read it. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether a read is under way. */
  get reading(): boolean {
    return this.#waiter !== null || this.#collecting;
  }

  /** Whether somebody has begun to read it, and has neither reached its end nor given up. */
  get owned(): boolean {
    return this.#begun && !this.#complete && !this.#discarding && this.#error === null;
  }

  /** How many of its bytes have left the inbox, without the framing of chunks. */
  get received(): number {
    return this.#received;
  }

  /** Whether any of it has arrived. */
  get arriving(): boolean {
    return this.#received > 0 || this.#source.inbox.size > 0;
  }

  /** Whether it cannot be read any more. */
  get failed(): boolean {
    return this.#error !== null;
  }

  /** How many bytes are to come, or `null` when only the end will tell. */
  get remaining(): number | null {
    return this.#decoder === null ? this.#remaining : null;
  }

  read(): Promise<Bytes | null> {
    this.#begun = true;
    if (this.#waiter !== null) {
      return Promise.reject(
        new BodyError("body_used", "Cannot read the body: a read is under way"),
      );
    }
    const piece = this.#now();
    if (piece !== null) return Promise.resolve(piece);
    if (this.#error !== null) return Promise.reject(this.#error);
    const lacking = !this.#complete || this.#discarding;
    if (this.#ending !== null && lacking) return Promise.reject(this.#ending);
    if (this.#complete || this.#discarding) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#source.bodyWanted();
    });
  }

  readAll(): Bytes | Promise<Bytes> {
    this.#begun = true;
    return this.#isHere() ? this.#now()! : this.#collect();
  }

  readText(decode: (bytes: Bytes) => string): string | Promise<string> {
    this.#begun = true;
    return this.#isHere() ? this.#decodeHere(decode) : this.#decodeAll(decode);
  }

  cancel(): void {
    this.#discarding = true;
    this.#kept = null;
    this.#settle(null);
    this.#source.bodyDropped();
  }

  /** New bytes are in the inbox: hands them to whoever waits; returns how many those were. */
  arrived(): number {
    if (this.#waiter === null) return 0;
    const piece = this.#now();
    if (piece !== null) this.#settle(piece);
    else if (this.#complete) this.#settle(null);
    return piece?.length ?? 0;
  }

  /** Whether the rest is being thrown away. */
  get discarding(): boolean {
    return this.#discarding;
  }

  /** Throws away what has arrived of it; returns the number of bytes. */
  discard(): number {
    const before = this.#source.inbox.size;
    // What its reader gave up ends for it, what was taken from it does not.
    if (!this.#discarding) {
      this.#ending ??= new BodyError("aborted", "Cannot read the body: it was discarded unread");
    }
    this.#discarding = true;
    this.#take();
    return before - this.#source.inbox.size;
  }

  /**
   * The answer is on its way: keeps what has arrived if that is all of it, so that it stays readable,
   * and tells whether the next request begins right behind.
   */
  keepRest(): boolean {
    if (this.#complete) return true;
    if (this.#error !== null || this.#waiter !== null) return false;
    const remaining = this.remaining;
    if (remaining !== null && this.#source.inbox.size < remaining) return false;
    if (remaining !== null && remaining <= MOST_KEPT_AS_TEXT && !this.#discarding) {
      this.#keepText(remaining);
      return true;
    }
    this.#settling = true;
    const rest = this.#take();
    this.#settling = false;
    if (!this.#discarding) this.#kept = rest;
    return this.#complete;
  }

  /** No more will arrive: what is here stays readable, behind it comes the error. */
  sourceEnded(error: BodyError): void {
    if (this.#complete || this.#error !== null) return;
    this.#ending = error;
    this.#reject(error);
  }

  /** The connection goes its own way: keeps what has arrived for whoever reads it later. */
  detach(error: BodyError): void {
    this.keepRest();
    this.sourceEnded(error);
  }

  /** No more will come. */
  fail(error: BodyError): void {
    if (this.#complete || this.#error !== null) return;
    this.#error = error;
    this.#reject(error);
  }

  /** Whether its announced length alone says that it is too large to be gathered. */
  get #oversized(): boolean {
    const limit = this.#limits.bufferedBodyBytes;
    return limit > 0 && this.length !== null && this.length > limit;
  }

  /** Whether all that is left of a body with a length lies in the inbox, and may be had in one piece. */
  #isHere(): boolean {
    return this.#decoder === null && this.#kept === null && !this.#discarding && !this.#oversized &&
      !this.#complete && this.#error === null && this.#source.inbox.size >= this.#remaining;
  }

  /** Before anybody hears that the bytes are used up. (A copy of 100 bytes would cost 0.4 µs.) */
  #decodeHere(decode: (bytes: Bytes) => string): string {
    const { inbox } = this.#source;
    const count = this.#remaining;
    const text = decode(inbox.bytes.subarray(inbox.start, inbox.start + count));
    this.#usedUp(count);
    return text;
  }

  #keepText(count: number): void {
    const { inbox, codec } = this.#source;
    this.#kept = codec.latin1(inbox.bytes, inbox.start, inbox.start + count);
    this.#usedUp(count);
  }

  /** The rest of a body with a length has left the inbox. */
  #usedUp(count: number): void {
    this.#countSized(count);
    this.#source.inbox.consume(count);
    this.#source.bodyTaken();
    this.#source.bodyComplete();
  }

  async #decodeAll(decode: (bytes: Bytes) => string): Promise<string> {
    return decode(await this.#collect());
  }

  async #collect(): Promise<Bytes> {
    const limit = this.#limits.bufferedBodyBytes;
    if (this.#oversized) throw this.#given(this.#tooLarge(limit));
    this.#collecting = true;
    const pieces = new Pieces();
    for (let piece = await this.read(); piece !== null; piece = await this.read()) {
      if (limit > 0 && pieces.size + piece.length > limit) throw this.#given(this.#tooLarge(limit));
      pieces.add(piece);
    }
    return pieces.joined();
  }

  /** What can be had at once, or `null`. */
  #now(): Bytes | null {
    if (this.#kept === null) return this.#discarding ? null : this.#take();
    const kept = this.#kept;
    this.#kept = null;
    return typeof kept === "string" ? latin1Bytes(kept) : kept;
  }

  #take(): Bytes | null {
    if (this.#complete || this.#error !== null || this.#source.inbox.size === 0) return null;
    const piece = this.#decoder === null ? this.#takeSized() : this.#takeChunked(this.#decoder);
    if (this.#error !== null) return null;
    this.#source.bodyTaken();
    if (this.#complete) this.#source.bodyComplete();
    return piece;
  }

  #takeSized(): Bytes | null {
    const { inbox } = this.#source;
    const count = Math.min(this.#remaining, inbox.size);
    if (count === 0) return null;
    this.#countSized(count);
    if (this.#discarding) {
      inbox.consume(count);
      return null;
    }
    return inbox.take(count);
  }

  #countSized(count: number): void {
    this.#remaining -= count;
    this.#received += count;
    this.#complete = this.#remaining === 0;
  }

  #takeChunked(decoder: ChunkedDecoder): Bytes | null {
    const { inbox } = this.#source;
    const pieces: Bytes[] = [];
    let size = 0;
    try {
      while (inbox.size > 0) {
        const step = decoder.next(inbox.bytes, inbox.start, inbox.end);
        if (step !== ChunkStep.DATA) {
          inbox.consume(decoder.position - inbox.start);
          this.#complete = step === ChunkStep.DONE;
          break;
        }
        const piece = this.#takeChunk(decoder);
        size += piece.length;
        this.#count(piece.length);
        if (!this.#discarding) pieces.push(piece);
      }
    } catch (error) {
      this.#break(error);
      return null;
    }
    return size === 0 || this.#discarding ? null : joined(pieces, size);
  }

  #takeChunk(decoder: ChunkedDecoder): Bytes {
    const { inbox } = this.#source;
    const count = decoder.dataEnd - decoder.dataStart;
    const behind = decoder.position - decoder.dataEnd;
    inbox.consume(decoder.dataStart - inbox.start);
    const piece = inbox.take(count);
    inbox.consume(behind);
    return piece;
  }

  #count(bytes: number): void {
    this.#received += bytes;
    const limit = this.#limits.bodyBytes;
    if (limit > 0 && this.#received > limit) throw this.#tooLarge(limit);
  }

  #break(error: unknown): void {
    const broken = error instanceof BodyError
      ? error
      : new BodyError("bad_chunk", (error as ProtocolError).message, { cause: error });
    this.#error = broken;
    // While an answer is being given it is too late to give another.
    if (!this.#settling) this.#source.bodyBroken(broken);
    this.#reject(broken);
  }

  #settle(piece: Bytes | null): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.resolve(piece);
  }

  #reject(error: BodyError): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.reject(error);
  }

  /** Gives the rest up because of an error. */
  #given(up: BodyError): BodyError {
    this.fail(up);
    return up;
  }

  #tooLarge(limit: number): BodyError {
    return new BodyError(
      "body_too_large",
      `Cannot read the body: it is larger than the limit of ${limit} bytes`,
    );
  }
}
