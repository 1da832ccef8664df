/**
 * The encrypted side of a TLS connection: a Duplex for the runtime's TLS, whose bytes come from a `Conn` and
 * go to it; after the handshake they go past the Duplex, where the runtime lets them. Nothing is read from
 * the network before somebody wants plain text, so that TCP holds back a client that sends more than is used.
 *
 * @module
 */

import type { Bytes, Conn } from "../../reactor/ports.ts";
import type { RecordLayer } from "./socket_internals.ts";

type Duplex = import("node:stream").Duplex;

/** What a connection waits on while it is idle: holds a usual request. */
const SMALL = 1_024;

/** A record of TLS and its overhead (RFC 8446 §5.2), for a client that sends more. */
const LARGE = 16_384 + 256 + 5;

/** What hears of the bytes. */
export interface CiphertextEvents {
  /** Whether plain text is wanted that what has arrived did not give. */
  wants(): boolean;
  /** The network has taken more of what was written. */
  onTaken(): void;
  /** The network failed. */
  onBroken(error: unknown): void;
}

/** What it is made of. */
export interface CiphertextInit {
  readonly conn: Conn;
  readonly events: CiphertextEvents;
  /** The class of `node:stream`. */
  readonly Duplex: new (options: import("node:stream").DuplexOptions) => Duplex;
}

/** The encrypted bytes of one connection, in both directions; it never closes the `Conn`. */
export class Ciphertext {
  /** What the runtime's TLS reads and writes. */
  readonly duplex: Duplex;
  readonly #conn: Conn;
  readonly #events: CiphertextEvents;
  #buffer: Bytes = new Uint8Array(SMALL);
  #feeding = false;
  #fed: Promise<void> | null = null;
  /** `null` for as long as the streams are in use. */
  #records: RecordLayer | null = null;
  #flushing: Promise<void> | null = null;
  /** What goes past the streams just now. */
  #giving: Promise<void> | null = null;
  /** Whether there is output that the flush under way has not taken. */
  #owes = false;
  /** Bytes read from the network so far. */
  arrived = 0;
  /** Bytes that the network has taken so far. */
  taken = 0;

  constructor({ conn, events, Duplex }: CiphertextInit) {
    this.#conn = conn;
    this.#events = events;
    this.duplex = new Duplex({
      read() {},
      write: (bytes, _, done) => void this.#write(bytes, done),
      final: (done) => void this.#end(done),
    });
    // What fails here is told to the events.
    this.duplex.on("error", () => {});
  }

  /** Whether the streams hold nothing that is to be sent. */
  get flushed(): boolean {
    return this.duplex.writableLength === 0;
  }

  /** Whether the streams hold nothing, so that bytes may go past them. */
  get isIdle(): boolean {
    return this.flushed && this.duplex.readableLength === 0;
  }

  /** Whether bytes go past the streams. */
  get isDirect(): boolean {
    return this.#records !== null;
  }

  /** Has all bytes from now on go past the streams, which hold nothing. */
  goDirect(records: RecordLayer): void {
    this.#records = records;
  }

  /** Hands over bytes that were read before there was any TLS. */
  push(bytes: Bytes): void {
    this.arrived += bytes.length;
    if (this.#records === null) this.duplex.push(bytes);
    // Else there may be an answer of the protocol: an alert, or new keys. With plain text it can wait for ours.
    else if (!this.#records.decrypt(bytes)) this.#flush().catch(() => {});
  }

  /** Encrypts, past the streams; resolves when the network has taken it. */
  send(bytes: Bytes): Promise<void> {
    this.#records!.encrypt(bytes);
    return this.#flush();
  }

  /** Sends whatever is ready, past the streams. */
  #flush(): Promise<void> {
    this.#owes = true;
    return this.#flushing ??= this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    try {
      while (this.#owes) {
        this.#owes = false;
        const bytes = this.#records!.takeOutput();
        // What the streams still hold was encrypted earlier and goes first.
        if (this.flushed) await (this.#giving = this.#give(bytes));
        else await this.#giveToStream(bytes);
      }
    } catch (error) {
      this.#events.onBroken(error);
      throw error;
    } finally {
      this.#flushing = this.#giving = null;
    }
  }

  #giveToStream(bytes: Bytes): Promise<void> {
    return new Promise((resolve, reject) => {
      this.duplex.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  async #give(bytes: Bytes): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const count = await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
      at += count;
      this.taken += count;
    }
  }

  /** Reads from the network for as long as plain text is wanted; resolves when it is not. */
  feed(): Promise<void> {
    if (this.#feeding) return this.#fed!;
    this.#feeding = true;
    return this.#fed = this.#feed();
  }

  async #feed(): Promise<void> {
    try {
      while (this.#events.wants()) {
        const count = await this.#conn.read(this.#buffer);
        if (count === null) {
          this.duplex.push(null);
          break;
        }
        this.#pushRead(count);
      }
    } catch (error) {
      this.#events.onBroken(error);
    } finally {
      this.#feeding = false;
    }
  }

  #pushRead(count: number): void {
    const buffer = this.#buffer;
    const full = count === buffer.length;
    this.push(count === buffer.length ? buffer : buffer.subarray(0, count));
    // What was not decrypted on the spot still refers to the buffer.
    if (this.duplex.readableLength > 0 || full !== (buffer.length === LARGE)) {
      this.#buffer = new Uint8Array(full ? LARGE : SMALL);
    }
  }

  async #write(bytes: Bytes, done: (error?: Error) => void): Promise<void> {
    try {
      if (this.#giving !== null) await this.#giving;
      await this.#give(bytes);
    } catch (error) {
      this.#events.onBroken(error);
      return done(error as Error);
    }
    done();
    this.#events.onTaken();
  }

  async #end(done: (error?: Error) => void): Promise<void> {
    try {
      await this.#conn.closeWrite();
      done();
    } catch (error) {
      this.#events.onBroken(error);
      done(error as Error);
    }
  }
}
