/**
 * A clock and a wire without a platform, for tests of the engine: time moves when a test says so, and a
 * peer sends, stalls, ends or breaks when a test says so. The fakes also keep the engine to the contract
 * of `ports.ts`: one read and one write at a time, nothing after a close, no byte changed while written.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type {
  AcceptFailure,
  Address,
  Bytes,
  Clock,
  Codec,
  Conn,
  Listener,
  StopTimer,
} from "../../reactor/ports.ts";

/** Lets everything happen that needs no time: microtasks only, so that no real timer is involved. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 60; i++) await undefined;
}

/** Fewer than {@linkcode settled} waits for, and more than accepting a connection takes. */
const POLL_MICROTASKS = 20;

interface Timer {
  at: number;
  readonly everyMs: number;
  readonly call: () => void;
  readonly hold: boolean;
}

/** Time that stands still between calls of `advance`. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();
  /** Whether sockets are polled without time passing, once what is under way has settled a little. */
  pollsAlone = false;

  now(): number {
    return this.#now;
  }

  wallMs(): number {
    return Date.UTC(2030, 0, 1) + this.#now;
  }

  after(ms: number, call: () => void, options?: { readonly hold?: boolean }): StopTimer {
    return this.#add({ at: this.#now + ms, everyMs: 0, call, hold: options?.hold ?? false });
  }

  afterPoll(call: () => void): StopTimer {
    if (!this.pollsAlone) return this.after(0, call);
    let stopped = false;
    const poll = async () => {
      for (let i = 0; i < POLL_MICROTASKS; i++) await undefined;
      if (!stopped) call();
    };
    poll();
    return () => {
      stopped = true;
    };
  }

  every(ms: number, call: () => void): StopTimer {
    return this.#add({ at: this.#now + ms, everyMs: ms, call, hold: false });
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Whether a timer keeps the process alive. */
  get holds(): boolean {
    return [...this.#timers].some((timer) => timer.hold);
  }

  /** Moves on by `ms`, firing each timer at its time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (let due = this.#next(end); due !== null; due = this.#next(end)) {
      this.#now = Math.max(this.#now, due.at);
      this.#fire(due);
      await settled();
    }
    this.#now = end;
    await settled();
  }

  /** The process stands still for `ms`: a repeating timer fires once when it is over, as setInterval does. */
  stall(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at = Math.max(timer.at, this.#now);
  }

  #add(timer: Timer): StopTimer {
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  #next(end: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === null || timer.at < first.at)) first = timer;
    }
    return first;
  }

  #fire(timer: Timer): void {
    if (timer.everyMs === 0) this.#timers.delete(timer);
    else timer.at = this.#now + timer.everyMs;
    timer.call();
  }
}

const encoder = new TextEncoder();

/** Text as the engine needs it, the plain way. */
export const CODEC: Codec = {
  utf8Into(text, into, at) {
    const { read, written } = encoder.encodeInto(text, into.subarray(at));
    return read === text.length ? written : -1;
  },
  utf8: (text) => encoder.encode(text),
  latin1: (bytes, from, to) => fromLatin1(bytes.subarray(from, to)),
};

/** One byte a character. */
export function latin1(text: string): Bytes {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** One character a byte. */
export function fromLatin1(bytes: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(bytes);
}

interface Pending<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

interface PendingRead extends Pending<number | null> {
  readonly into: Bytes;
}

interface PendingWrite extends Pending<number> {
  readonly bytes: Bytes;
  /** What `bytes` held when the write began. */
  readonly held: Bytes;
}

/** Options of {@linkcode FakeConn}. */
export interface FakeConnOptions {
  readonly hostname?: string;
  /** The connection is one of TLS: its handshake is over when `secure` is called. */
  readonly tls?: boolean;
}

/** Both ends of one connection: the engine's through `Conn`, the peer's through the rest. */
export class FakeConn implements Conn {
  readonly localAddr: Address = { transport: "tcp", hostname: "127.0.0.1", port: 80 };
  readonly remoteAddr: Address;
  handshake?: () => Promise<void>;
  /** What the peer has got. */
  output = "";
  /** Whether the peer has got the end of the stream. */
  finished = false;
  /** Whether the engine has closed it. */
  closed = false;
  held = true;
  /** The most bytes that one write takes; 0 stalls it. */
  takes = Infinity;
  /** Makes `closeWrite` fail. */
  refusesFin = false;
  /** Counts of the engine's operations. */
  reads = 0;
  writes = 0;
  #incoming: Bytes[] = [];
  #peerEnded = false;
  #broken = false;
  #read: PendingRead | null = null;
  #write: PendingWrite | null = null;
  #secured = Promise.withResolvers<void>();

  constructor({ hostname = "192.0.2.1", tls = false }: FakeConnOptions = {}) {
    this.remoteAddr = { transport: "tcp", hostname, port: 40_000 };
    if (tls) this.handshake = () => this.#secured.promise;
  }

  /** Whether the engine waits for bytes. */
  get reading(): boolean {
    return this.#read !== null;
  }

  /** Whether the engine waits for the peer to take bytes. */
  get writing(): boolean {
    return this.#write !== null;
  }

  /** Bytes that the peer has sent and the engine has not read. */
  get unread(): number {
    return this.#incoming.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** The peer sends bytes, each argument as one packet. */
  async send(...packets: readonly (string | Bytes)[]): Promise<void> {
    for (const packet of packets) {
      this.#incoming.push(typeof packet === "string" ? latin1(packet) : packet);
      this.#deliver();
      await settled();
    }
  }

  /** The same for one packet, without waiting for its effect. */
  offer(packet: Bytes): void {
    this.#incoming.push(packet);
    this.#deliver();
  }

  /** The peer ends its side of the stream. */
  async end(): Promise<void> {
    this.#peerEnded = true;
    this.#deliver();
    await settled();
  }

  /** The peer resets the connection. */
  async reset(): Promise<void> {
    this.#broken = true;
    this.#incoming = [];
    this.#settleBroken();
    await settled();
  }

  /** Writes take at most `bytes` from now on, beginning with the one that waits. */
  async take(bytes: number): Promise<void> {
    this.takes = bytes;
    this.#accept();
    await settled();
  }

  /** Takes `bytes` of what waits, and nothing more. */
  async takeOnce(bytes: number): Promise<void> {
    this.takes = bytes;
    this.#accept();
    this.takes = 0;
    await settled();
  }

  /** The TLS handshake is over, or failed. */
  async secure(error?: Error): Promise<void> {
    if (error === undefined) this.#secured.resolve();
    else this.#secured.reject(error);
    await settled();
  }

  read(into: Bytes): Promise<number | null> {
    if (this.#read !== null) throw new Error("Contract: two reads at once");
    if (into.length === 0) throw new Error("Contract: a read into no bytes");
    this.reads++;
    return new Promise((resolve, reject) => {
      this.#read = { into, resolve, reject };
      if (this.#broken || this.closed) this.#settleBroken();
      else this.#deliver();
    });
  }

  write(bytes: Bytes): Promise<number> {
    if (this.#write !== null) throw new Error("Contract: two writes at once");
    if (bytes.length === 0) throw new Error("Contract: a write of no bytes");
    if (this.finished) throw new Error("Contract: a write after the end of the stream");
    this.writes++;
    return new Promise((resolve, reject) => {
      this.#write = { bytes, held: bytes.slice(), resolve, reject };
      if (this.#broken || this.closed) this.#settleBroken();
      else this.#accept();
    });
  }

  closeWrite(): Promise<void> {
    if (this.refusesFin || this.#broken) return Promise.reject(new Error("Broken pipe"));
    if (this.#write !== null) throw new Error("Contract: the end of the stream before its bytes");
    this.finished = true;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    this.#settleBroken();
    this.#secured.reject(new Error("Closed"));
    ignoreRejection(this.#secured.promise);
  }

  ref(): void {
    this.held = true;
  }

  unref(): void {
    this.held = false;
  }

  #deliver(): void {
    const read = this.#read;
    if (read === null) return;
    const [packet] = this.#incoming;
    if (packet !== undefined) {
      this.#read = null;
      const count = Math.min(packet.length, read.into.length);
      read.into.set(packet.subarray(0, count));
      if (count === packet.length) this.#incoming.shift();
      else this.#incoming[0] = packet.subarray(count);
      read.resolve(count);
    } else if (this.#peerEnded) {
      this.#read = null;
      read.resolve(null);
    }
  }

  #accept(): void {
    const write = this.#write;
    if (write === null || this.takes === 0) return;
    this.#write = null;
    const count = Math.min(write.bytes.length, this.takes);
    const taken = fromLatin1(write.bytes.subarray(0, count));
    if (taken !== fromLatin1(write.held.subarray(0, count))) {
      return write.reject(new Error("Contract: bytes changed while they were written"));
    }
    this.output += taken;
    write.resolve(count);
  }

  #settleBroken(): void {
    const error = new Error(this.closed ? "Closed" : "Connection reset by peer");
    const read = this.#read;
    const write = this.#write;
    this.#read = null;
    this.#write = null;
    read?.reject(error);
    write?.reject(error);
  }
}

async function ignoreRejection(promise: Promise<void>): Promise<void> {
  try {
    await promise;
  } catch {
    // The handshake of a closed connection fails; nobody has to handle it.
  }
}

/** An accept that failed, and the kind that `classify` gives it. */
export class AcceptError extends Error {
  readonly kind: AcceptFailure;

  constructor(kind: AcceptFailure) {
    super(`Accept failed: ${kind}`);
    this.kind = kind;
  }
}

/** A listener whose connections and errors come from the test. */
export class FakeListener implements Listener {
  readonly addr: Address = { transport: "tcp", hostname: "127.0.0.1", port: 80 };
  closed = false;
  held = true;
  /** How often the engine asked for a connection. */
  accepts = 0;
  readonly #queue: (Conn | AcceptError)[] = [];
  #wake: (() => void) | null = null;

  /** Connections in the backlog that were not accepted. */
  get waiting(): number {
    return this.#queue.length;
  }

  offer(next: Conn | AcceptError): void {
    this.#queue.push(next);
    this.#wake?.();
  }

  classify(error: unknown): AcceptFailure {
    return error instanceof AcceptError ? error.kind : "fatal";
  }

  close(): void {
    this.closed = true;
    this.#wake?.();
  }

  ref(): void {
    this.held = true;
  }

  unref(): void {
    this.held = false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Conn> {
    while (true) {
      this.accepts++;
      while (this.#queue.length === 0 && !this.closed) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
      if (this.closed) return;
      const next = this.#queue.shift()!;
      if (next instanceof AcceptError) throw next;
      yield next;
    }
  }
}
