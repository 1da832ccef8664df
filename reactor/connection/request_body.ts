/**
 * The body of one request: pulled from the connection's inbox by whoever wants it, decoded on the way.
 * What nobody pulls stays in the inbox and, when that is full, in the kernel: so a slow reader slows its
 * client down.
 *
 * Lives here: who reads it, and what a read gets. Not here: sockets, deadlines (the connection keeps
 * them), and how a body is framed (`body_decoder.ts`).
 *
 * @module
 */

import { BodyError, type ProtocolError } from "../errors.ts";
import type { RequestBody } from "../exchange.ts";
import type { Inbox } from "../memory/inbox.ts";
import { Pieces } from "../memory/pieces.ts";
import type { Bytes, Codec } from "../ports.ts";
import { type BodyDecoder, bodyTooLarge, ChunkedBody, SizedBody } from "./body_decoder.ts";
import { RetainedBytes } from "./retained_bytes.ts";

/** What a body needs of its connection. */
export interface BodyHost {
  readonly inbox: Inbox;
  readonly context: { readonly ports: { readonly codec: Codec } };
  /** The body's bytes are wanted now: a `100 (Continue)` may be due, the minimum rate runs. */
  onBodyWanted(): void;
  /** Bytes of the body left the inbox. */
  onBodyTaken(): void;
  /** Nobody wants what is left. */
  onBodyDropped(): void;
  /** The last byte has arrived. */
  onBodyComplete(): void;
  /** The body broke the protocol or a limit: the connection cannot be used again. */
  onBodyBroken(error: BodyError): void;
  /** Carries out what has become pending; called at the end of what the application calls. */
  settle(): void;
}

/** How much of it is accepted, in bytes; 0 is no limit. */
export interface BodyLimits {
  readonly bodyBytes: number;
  readonly bufferedBodyBytes: number;
}

/**
 * A body of up to so many bytes that nobody has read when its answer is given is kept as a string, because
 * an array is dearer to make and hardly any such body is ever read (docs/performance.md, "What paid").
 */
const MOST_KEPT_AS_TEXT = 1_024;

/** What can still be had of the body. */
type Supply =
  /** All that has arrived, and what will. */
  | { readonly kind: "open" }
  /** What has arrived; then the error, because nothing more will. */
  | { readonly kind: "truncated"; readonly error: BodyError }
  /** What was retained; then the error. */
  | { readonly kind: "failed"; readonly error: BodyError }
  /** Nothing: its reader gave the rest up, and sees an end. */
  | { readonly kind: "cancelled" }
  /** Nothing: the engine threw the rest away, and a reader gets the error. */
  | { readonly kind: "discarded"; readonly error: BodyError };

const OPEN: Supply = { kind: "open" };
const CANCELLED: Supply = { kind: "cancelled" };

/** A read that waits for bytes. */
interface Waiter {
  resolve(piece: Bytes | null): void;
  reject(error: BodyError): void;
}

/** The body of the request that its connection is handling, or has answered. */
export class LiveBody implements RequestBody {
  readonly length: number | null;
  readonly #host: BodyHost;
  readonly #limits: BodyLimits;
  readonly #decoder: BodyDecoder;
  /** The decoder of a body with a length; `null` for one in chunks. */
  readonly #sized: SizedBody | null;
  #supply: Supply = OPEN;
  #reader: "none" | "piecewise" | "collecting" = "none";
  #waiter: Waiter | null = null;
  #retained: RetainedBytes | null = null;
  /** Made when the trailers are asked for before they are here. */
  #trailers: PromiseWithResolvers<readonly string[]> | null = null;

  /** `length` is `null` for a body in chunks. */
  constructor(host: BodyHost, options: { length: number | null; limits: BodyLimits }) {
    const { length, limits } = options;
    this.length = length;
    this.#host = host;
    this.#limits = limits;
    this.#sized = length === null ? null : new SizedBody(length);
    this.#decoder = this.#sized ?? new ChunkedBody(limits.bodyBytes);
  }

  /** Whether the last byte has been decoded. */
  get complete(): boolean {
    return this.#decoder.complete;
  }

  /** Whether anybody has begun to read it. */
  get begun(): boolean {
    return this.#reader !== "none";
  }

  get isHere(): boolean {
    return !this.begun && this.#restIsHere;
  }

  /** Whether a read is under way. */
  get reading(): boolean {
    return this.#waiter !== null || this.#reader === "collecting";
  }

  /** Whether somebody has begun to read it, and has neither reached its end nor given up. */
  get owned(): boolean {
    const { kind } = this.#supply;
    return this.begun && !this.complete && (kind === "open" || kind === "truncated");
  }

  /** How many of its bytes have left the inbox, without the framing of chunks. */
  get received(): number {
    return this.#decoder.received;
  }

  /** Whether any of it has arrived. */
  get arriving(): boolean {
    return this.received > 0 || this.#host.inbox.size > 0;
  }

  /** Whether it cannot be read any more. */
  get failed(): boolean {
    return this.#supply.kind === "failed";
  }

  /** How many bytes are to come, or `null` when only the end will tell. */
  get remaining(): number | null {
    return this.#decoder.remaining;
  }

  /** Whether the rest is being thrown away. */
  get discarding(): boolean {
    const { kind } = this.#supply;
    return kind === "cancelled" || kind === "discarded";
  }

  read(): Promise<Bytes | null> {
    const reading = this.#read();
    this.#host.settle();
    return reading;
  }

  #read(): Promise<Bytes | null> {
    if (this.#reader === "none") this.#reader = "piecewise";
    if (this.#waiter !== null) {
      return Promise.reject(
        new BodyError("body_used", "Cannot read the body: a read is under way"),
      );
    }
    const piece = this.#available();
    if (piece !== null) return Promise.resolve(piece);
    const supply = this.#supply;
    switch (supply.kind) {
      case "cancelled":
        return Promise.resolve(null);
      case "failed":
      case "discarded":
        return Promise.reject(supply.error);
      case "truncated":
        if (this.complete) return Promise.resolve(null);
        this.#reject(supply.error);
        return Promise.reject(supply.error);
      case "open":
        return this.complete ? Promise.resolve(null) : this.#wait();
    }
  }

  readAll(): Bytes | Promise<Bytes> {
    if (this.#reader === "none") this.#reader = "piecewise";
    if (!this.#restIsHere) return this.#collect();
    const bytes = this.#available()!;
    this.#host.settle();
    return bytes;
  }

  readText(decode: (bytes: Bytes) => string): string | Promise<string> {
    if (this.#reader === "none") this.#reader = "piecewise";
    if (!this.#restIsHere) return this.#decodeAll(decode);
    const text = this.#decodeHere(decode);
    this.#host.settle();
    return text;
  }

  trailers(): Promise<readonly string[]> {
    if (this.complete || this.#sized !== null) return Promise.resolve(this.#decoder.trailers);
    const error = this.#endsEarly;
    if (error !== null) return Promise.reject(error);
    this.#trailers ??= Promise.withResolvers();
    return this.#trailers.promise;
  }

  cancel(): void {
    this.giveUp();
    this.#host.settle();
  }

  /** The rest is not wanted: later reads see an end. */
  giveUp(): void {
    if (!this.failed) this.#supply = CANCELLED;
    this.#retained = null;
    this.#resolve(null);
    this.#host.onBodyDropped();
  }

  /** New bytes are in the inbox: hands them to whoever waits; returns how many those were. */
  arrived(): number {
    if (this.#waiter === null) return 0;
    const piece = this.#available();
    if (piece !== null) this.#resolve(piece);
    else if (this.complete) this.#resolve(null);
    return piece?.length ?? 0;
  }

  /** Throws away what has arrived of it, and all that will; returns the number of bytes. */
  discard(): number {
    const supply = this.#supply;
    if (supply.kind === "open") {
      const error = new BodyError("aborted", "Cannot read the body: it was discarded unread");
      this.#supply = { kind: "discarded", error };
    } else if (supply.kind === "truncated") {
      this.#supply = { kind: "discarded", error: supply.error };
    }
    const { inbox } = this.#host;
    const before = inbox.size;
    this.#take();
    return before - inbox.size;
  }

  /**
   * Its answer is given: keeps what has arrived, so that it stays readable though the connection goes on,
   * and returns whether that is all of it. Of a body with a length all is kept, or nothing.
   */
  retain(): boolean {
    if (this.complete) return true;
    if (this.failed || this.#waiter !== null) return false;
    const { inbox } = this.#host;
    const sized = this.#sized;
    if (sized !== null && inbox.size < sized.remaining) return false;
    if (sized !== null && sized.remaining <= MOST_KEPT_AS_TEXT && !this.discarding) {
      this.#retainText(sized);
    } else {
      // It is too late to answer for a body that turns out to be broken.
      const bytes = this.#take({ quietly: true });
      if (bytes !== null) this.#retain(bytes);
    }
    return this.complete;
  }

  /** No more will arrive: what is here stays readable, then comes the error. */
  truncate(error: BodyError): void {
    if (this.complete || this.#supply.kind !== "open") return;
    this.#supply = { kind: "truncated", error };
    this.#reject(error);
  }

  /** The connection goes its own way: keeps what has arrived for whoever reads it later. */
  detach(error: BodyError): void {
    this.retain();
    this.truncate(error);
    if (!this.complete) this.#trailers?.reject(error);
  }

  /** It cannot be read any more, but for what was retained. */
  fail(error: BodyError): void {
    if (this.complete || this.failed) return;
    this.#supply = { kind: "failed", error };
    this.#reject(error);
  }

  /** Why its end cannot come any more; `null` while it can: what is here may still hold it. */
  get #endsEarly(): BodyError | null {
    const supply = this.#supply;
    if (supply.kind === "failed") return supply.error;
    return supply.kind === "truncated" && this.#host.inbox.size === 0 ? supply.error : null;
  }

  /** Whether its announced length alone says that it is too large to be collected. */
  get #oversized(): boolean {
    const limit = this.#limits.bufferedBodyBytes;
    return limit > 0 && this.length !== null && this.length > limit;
  }

  /** Whether all that is left of a body with a length lies in the inbox, and may be had in one piece. */
  get #restIsHere(): boolean {
    const sized = this.#sized;
    if (sized === null || sized.complete || this.#retained !== null || this.#oversized) {
      return false;
    }
    const { kind } = this.#supply;
    return (kind === "open" || kind === "truncated") && this.#host.inbox.size >= sized.remaining;
  }

  /** Decodes the bytes where they lie, before they are used up: a copy would be dearer. */
  #decodeHere(decode: (bytes: Bytes) => string): string {
    const { inbox } = this.#host;
    const sized = this.#sized!;
    const text = decode(inbox.bytes.subarray(inbox.start, inbox.start + sized.remaining));
    this.#useUp(sized);
    return text;
  }

  #retainText(sized: SizedBody): void {
    const { context, inbox } = this.#host;
    const { start } = inbox;
    this.#retained = new RetainedBytes(
      context.ports.codec.latin1(inbox.bytes, start, start + sized.remaining),
    );
    this.#useUp(sized);
  }

  #retain(bytes: Bytes): void {
    if (this.#retained === null) this.#retained = new RetainedBytes(bytes);
    else this.#retained.add(bytes);
  }

  /** The rest of a body with a length has been read where it lies. */
  #useUp(sized: SizedBody): void {
    const count = sized.remaining;
    sized.count(count);
    this.#host.inbox.consume(count);
    this.#host.onBodyTaken();
    this.#host.onBodyComplete();
  }

  async #decodeAll(decode: (bytes: Bytes) => string): Promise<string> {
    return decode(await this.#collect());
  }

  async #collect(): Promise<Bytes> {
    const limit = this.#limits.bufferedBodyBytes;
    if (this.#oversized) throw this.#givenUp(limit);
    this.#reader = "collecting";
    const pieces = new Pieces();
    for (let piece = await this.read(); piece !== null; piece = await this.read()) {
      if (limit > 0 && pieces.size + piece.length > limit) throw this.#givenUp(limit);
      pieces.add(piece);
    }
    return pieces.joined();
  }

  #wait(): Promise<Bytes | null> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#host.onBodyWanted();
    });
  }

  /** What can be had at once, or `null`. */
  #available(): Bytes | null {
    const retained = this.#retained?.take() ?? null;
    this.#retained = null;
    if (retained !== null) return retained;
    return this.discarding ? null : this.#take();
  }

  /** Takes what has arrived out of the inbox; `quietly`: the connection is not told if it is broken. */
  #take({ quietly }: { readonly quietly: boolean } = LOUDLY): Bytes | null {
    const { inbox } = this.#host;
    if (this.complete || this.failed || inbox.size === 0) return null;
    let piece: Bytes | null;
    try {
      piece = this.#decoder.take(inbox, this.discarding);
    } catch (error) {
      this.#break(error, quietly);
      return null;
    }
    this.#host.onBodyTaken();
    if (this.complete) {
      this.#trailers?.resolve(this.#decoder.trailers);
      this.#host.onBodyComplete();
    }
    return piece;
  }

  #break(error: unknown, quietly: boolean): void {
    const broken = error instanceof BodyError
      ? error
      : new BodyError("bad_chunk", (error as ProtocolError).message, { cause: error });
    this.#supply = { kind: "failed", error: broken };
    if (!quietly) this.#host.onBodyBroken(broken);
    this.#reject(broken);
  }

  #resolve(piece: Bytes | null): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.resolve(piece);
  }

  #reject(error: BodyError): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.reject(error);
    if (this.#endsEarly !== null) this.#trailers?.reject(error);
  }

  /** The rest is not collected: there is more than `limit` bytes. */
  #givenUp(limit: number): BodyError {
    const error = bodyTooLarge(limit);
    this.fail(error);
    return error;
  }
}

const LOUDLY = { quietly: false };
