/**
 * TLS over any `Conn`: the runtime's TLS encrypts and decrypts (by `node:tls`), and all else stays the
 * engine's: accepting, time-outs, the PROXY header before it, closing. So a handshake that is given up frees
 * its descriptor at once, which `Deno.listenTls` does not do (Deno 2.9.6).
 *
 * @module
 */

import type { Address, Bytes, ClientCertificate, Conn, ProxyHeader } from "../../reactor/ports.ts";
import { Ciphertext } from "./ciphertext.ts";
import {
  alertFor,
  beginsLikeHttp,
  beginsLikeTls,
  CERTIFICATE_REFUSED,
  HTTP_TO_TLS,
} from "./refusals.ts";
import { recordLayerOf } from "./socket_internals.ts";
import type { Terminator } from "./terminator.ts";

type TLSSocket = import("node:tls").TLSSocket;

/** Holds a usual ClientHello, also with a key share that resists quantum computers. */
const HELLO_BYTES = 2_048;

/** The most that a client may send before its handshake is over: several long chains of certificates. */
const HANDSHAKE_BYTES = 131_072;

/** What is read and thrown away after a refusal, so that the client gets it rather than a reset. */
const REFUSED_BYTES = 65_536;

/** The plain text of one record: what is written at once. */
const RECORD_BYTES = 16_384;

/** Where the connection is. */
type Phase =
  /** Before the handshake. */
  | "new"
  | "handshake"
  | "open"
  /** The client has ended its stream. */
  | "ended"
  /** It failed or was closed. */
  | "over";

/** Somebody who waits for plain text. */
interface Reader {
  readonly into: Bytes;
  resolve(count: number | null): void;
  reject(error: unknown): void;
}

/** Somebody who waits until the network has taken what was written. */
interface Writer {
  readonly count: number;
  /** Its bytes have been taken when so many encrypted ones have. */
  readonly goal: number;
  resolve(count: number): void;
  reject(error: unknown): void;
}

/** One connection through TLS. */
export class TlsConn implements Conn {
  /** Only where the connection below begins with a PROXY header. */
  readonly readProxyHeader?: () => Promise<void>;
  readonly #conn: Conn;
  readonly #terminator: Terminator;
  #phase: Phase = "new";
  #socket: TLSSocket | null = null;
  #ciphertext: Ciphertext | null = null;
  /** Plain text that nobody has read yet. */
  #rest: Bytes[] = [];
  #reader: Reader | null = null;
  #writer: Writer | null = null;
  #error: unknown = null;
  /** Whether a close_notify has been asked for. */
  #saysGoodbye = false;
  #secured: { resolve(): void; reject(error: unknown): void } | null = null;
  #clientCertificate: ClientCertificate | null = null;

  constructor(conn: Conn, terminator: Terminator) {
    this.#conn = conn;
    this.#terminator = terminator;
    if (conn.readProxyHeader !== undefined) this.readProxyHeader = () => conn.readProxyHeader!();
  }

  get localAddr(): Address {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.#conn.remoteAddr;
  }

  get proxyHeader(): ProxyHeader | null {
    return this.#conn.proxyHeader ?? null;
  }

  get clientCertificate(): ClientCertificate | null {
    return this.#clientCertificate;
  }

  async handshake(): Promise<void> {
    const buffer: Bytes = new Uint8Array(HELLO_BYTES);
    const count = await this.#conn.read(buffer);
    if (count === null) throw new Error("The connection ended before a handshake");
    const hello = buffer.subarray(0, count);
    if (!beginsLikeTls(hello)) {
      if (beginsLikeHttp(hello)) await refuse(this.#conn, HTTP_TO_TLS);
      throw new Error("The client does not speak TLS");
    }
    try {
      await this.#secure(hello);
    } catch (error) {
      if (this.#isUntouched) await refuse(this.#beneath(), alertFor(error, hello));
      throw error;
    }
    try {
      this.#clientCertificate = this.#terminator.clientOf(this.#socket!);
    } catch (error) {
      await refuse(this, CERTIFICATE_REFUSED);
      throw error;
    }
  }

  read(into: Bytes): Promise<number | null> {
    if (this.#rest.length > 0) return Promise.resolve(this.#take(into));
    if (this.#phase === "ended") return Promise.resolve(null);
    if (this.#phase === "over") return Promise.reject(this.#error);
    this.#leaveStreams();
    return new Promise((resolve, reject) => {
      this.#reader = { into, resolve, reject };
      this.#ciphertext!.feed();
    });
  }

  write(bytes: Bytes): Promise<number> {
    if (this.#phase === "over") return Promise.reject(this.#error);
    const piece = bytes.length > RECORD_BYTES ? bytes.subarray(0, RECORD_BYTES) : bytes;
    if (this.#leaveStreams()) return this.#send(piece);
    return new Promise((resolve, reject) => {
      const count = piece.length;
      const goal = this.#ciphertext!.taken + count;
      this.#writer = { count, goal, resolve, reject };
      this.#socket!.write(piece);
    });
  }

  closeWrite(): Promise<void> {
    if (this.#phase === "over") return Promise.reject(this.#error);
    this.#saysGoodbye = true;
    return new Promise((resolve, reject) => {
      const { duplex } = this.#ciphertext!;
      duplex.once("finish", resolve).once("close", () => reject(this.#error));
      this.#socket!.end();
    });
  }

  close(): void {
    this.#fail(new Error("The connection was closed"));
    if (!this.#saysGoodbye) return this.#close();
    // In the same turn the runtime gives the close_notify to the network, which takes it or does not.
    setImmediate(() => {
      try {
        this.#close();
      } catch {
        // The connection below is closed already.
      }
    });
  }

  #close(): void {
    this.#socket?.destroy();
    this.#conn.close();
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }

  /** Has bytes go past the streams as soon as these hold nothing; whether they do. */
  #leaveStreams(): boolean {
    const ciphertext = this.#ciphertext!;
    if (ciphertext.isDirect) return true;
    if (!ciphertext.isIdle || this.#socket!.readableLength > 0) return false;
    const records = recordLayerOf(this.#socket!, {
      onPlaintext: (bytes) => this.#onPlaintext(bytes),
      onEnd: () => this.#onEnd(),
    });
    if (records !== null) ciphertext.goDirect(records);
    return records !== null;
  }

  async #send(piece: Bytes): Promise<number> {
    await this.#ciphertext!.send(piece);
    return piece.length;
  }

  /** Whether nothing has been sent yet, so that whatever is sent now is not encrypted. */
  get #isUntouched(): boolean {
    const ciphertext = this.#ciphertext!;
    return ciphertext.taken === 0 && ciphertext.flushed;
  }

  /** The connection below, which may have a read pending from the handshake. */
  #beneath(): Talk {
    const conn = this.#conn;
    return {
      write: (bytes) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      read: async (into) => {
        await this.#ciphertext!.feed();
        return conn.read(into);
      },
    };
  }

  #secure(hello: Bytes): Promise<void> {
    this.#phase = "handshake";
    const { Duplex } = this.#terminator;
    const ciphertext = new Ciphertext({ conn: this.#conn, events: this, Duplex });
    const socket = this.#terminator.open(ciphertext.duplex);
    this.#ciphertext = ciphertext;
    this.#socket = socket;
    socket.on("data", (bytes: Bytes) => this.#onPlaintext(bytes));
    socket.on("end", () => this.#onEnd());
    for (const event of ["error", "_tlsError"]) {
      socket.on(event, (error: unknown) => this.#fail(error));
    }
    socket.on("close", () => this.#fail(new Error("TLS has ended")));
    const secured = new Promise<void>((resolve, reject) => this.#secured = { resolve, reject });
    socket.once("secure", () => this.#onSecure());
    // Not before the socket has started by itself: a ClientHello that fails as it starts makes it throw
    // where nobody can catch that, and the process would end (Deno 2.9.6).
    setImmediate(() => {
      ciphertext.push(hello);
      ciphertext.feed();
    });
    return secured;
  }

  // What the encrypted side asks and tells.

  wants(): boolean {
    if (this.#phase !== "handshake") return this.#reader !== null;
    if (this.#ciphertext!.arrived <= HANDSHAKE_BYTES) return true;
    this.#fail(new Error("The handshake is too long"));
    return false;
  }

  onTaken(): void {
    const writer = this.#writer;
    const ciphertext = this.#ciphertext!;
    // The encrypted bytes are more than the plain ones: headers and authentication tags.
    if (writer === null || ciphertext.taken <= writer.goal || !ciphertext.flushed) return;
    this.#writer = null;
    writer.resolve(writer.count);
  }

  onBroken(error: unknown): void {
    this.#fail(error);
  }

  // What the runtime's TLS tells.

  #onSecure(): void {
    this.#phase = "open";
    const secured = this.#secured!;
    this.#secured = null;
    secured.resolve();
  }

  #onPlaintext(bytes: Bytes): void {
    this.#rest.push(bytes);
    const reader = this.#reader;
    if (reader === null) return;
    this.#reader = null;
    reader.resolve(this.#take(reader.into));
  }

  #onEnd(): void {
    if (this.#phase === "handshake") {
      return this.#fail(new Error("The connection ended in its handshake"));
    }
    if (this.#phase !== "open") return;
    this.#phase = "ended";
    this.#reader?.resolve(null);
    this.#reader = null;
  }

  #fail(error: unknown): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#error = error;
    for (const waiting of [this.#secured, this.#reader, this.#writer]) waiting?.reject(error);
    this.#secured = this.#reader = this.#writer = null;
  }

  /** Moves plain text into `into`. */
  #take(into: Bytes): number {
    const first = this.#rest[0]!;
    if (first.length <= into.length) {
      into.set(first);
      this.#rest.shift();
      return first.length;
    }
    into.set(first.subarray(0, into.length));
    this.#rest[0] = first.subarray(into.length);
    return into.length;
  }
}

/** What it takes to say something. */
type Talk = Pick<Conn, "read" | "write" | "closeWrite">;

/** Sends the last words, and reads on for a while so that they arrive. */
async function refuse(conn: Talk, words: Bytes): Promise<void> {
  try {
    for (let at = 0; at < words.length;) at += await conn.write(words.subarray(at));
    await conn.closeWrite();
    const buffer: Bytes = new Uint8Array(HELLO_BYTES);
    for (let left = REFUSED_BYTES; left > 0;) {
      const count = await conn.read(buffer);
      if (count === null) break;
      left -= count;
    }
  } catch {
    // The client is gone: there is nobody to tell.
  }
}
