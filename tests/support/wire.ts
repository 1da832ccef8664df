/**
 * A raw TCP client for tests: sends bytes as told, whole or in pieces, reads answers by exact framing, and
 * tells a clean end of stream from a reset. It never repairs what it is given.
 *
 * @module
 */

import {
  type Bytes,
  type ByteSource,
  concat,
  readResponse,
  type WireResponse,
} from "./response.ts";
import { pause, within } from "./time.ts";

/** How the server's side of a connection ended: FIN, or RST with whatever that destroyed. */
export type StreamEnd = "clean" | "reset";

/** All that was left on a connection, and how it ended. */
export interface Remains {
  readonly bytes: Bytes;
  readonly text: string;
  readonly end: StreamEnd;
}

/** Bytes of a string, one a character, so that tests can write any byte as `\xNN`. */
export function latin1(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A string of bytes, one character a byte. */
export function fromLatin1(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

function toBytes(data: string | Bytes): Bytes {
  return typeof data === "string" ? latin1(data) : data;
}

function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
}

/** One connection to the server under test. */
export class WireClient implements Disposable, ByteSource {
  readonly #conn: Deno.TcpConn;
  readonly #into = new Uint8Array(65_536);
  #pieces: Bytes[] = [];
  #buffered: Bytes = new Uint8Array();
  #end: StreamEnd | undefined;
  #received = 0;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    // Nagle would glue together the pieces that a test sends apart.
    conn.setNoDelay(true);
  }

  static async connect(port: number, hostname = "127.0.0.1"): Promise<WireClient> {
    return new WireClient(await Deno.connect({ port, hostname }));
  }

  /** How many bytes have come so far. */
  get received(): number {
    return this.#received;
  }

  /** The connection's own address. */
  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr as Deno.NetAddr;
  }

  /** Writes everything. */
  async send(data: string | Bytes): Promise<void> {
    const bytes = toBytes(data);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Writes everything, or as much as the server takes before it closes. */
  async sendWhileOpen(data: string | Bytes): Promise<void> {
    try {
      await this.send(data);
    } catch (error) {
      if (!isReset(error)) throw error;
    }
  }

  /** Writes `data` in pieces that end at the offsets `cuts`, with a turn of the event loop between them. */
  async sendInPieces(data: string | Bytes, cuts: Iterable<number>): Promise<void> {
    const bytes = toBytes(data);
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (from > 0) await pause(0);
      await this.sendWhileOpen(bytes.subarray(from, cut));
      from = cut;
    }
  }

  /** Writes one byte at a time. */
  async sendByteByByte(data: string | Bytes): Promise<void> {
    await this.sendInPieces(data, Array.from({ length: data.length - 1 }, (_, at) => at + 1));
  }

  /** Reads the next answer, which may be an interim one. */
  async response({ method = "GET" } = {}): Promise<WireResponse> {
    return await readResponse(this, method);
  }

  /** Sends a request and reads its answer. */
  async ask(request: string | Bytes, options?: { method?: string }): Promise<WireResponse> {
    const method = /^\S+/.exec(typeof request === "string" ? request : fromLatin1(request));
    await this.send(request);
    return await this.response({ method: options?.method ?? method?.[0] ?? "GET" });
  }

  /** Reads whatever one read of the socket gives, "" at the end. */
  async readOnce(): Promise<string> {
    if (this.#buffered.length + this.#pieces.length === 0) await this.#fill();
    this.#flatten();
    return fromLatin1(this.#take(this.#buffered.length));
  }

  /** Reads to the end of the stream, whatever kind of end that is. */
  async remains(): Promise<Remains> {
    while (await this.#fill());
    this.#flatten();
    const bytes = this.#take(this.#buffered.length);
    return { bytes, text: fromLatin1(bytes), end: this.#end! };
  }

  /** Ends the client's side of the stream and leaves reading open. */
  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite();
  }

  async line(): Promise<string> {
    for (let from = 0;;) {
      this.#flatten();
      const at = this.#buffered.indexOf(10, from);
      if (at > 0 && this.#buffered[at - 1] === 13) {
        return fromLatin1(this.#take(at + 1).subarray(0, -2));
      }
      if (at >= 0) throw new Error(`A bare LF in ${JSON.stringify(fromLatin1(this.#buffered))}`);
      from = this.#buffered.length;
      await this.#need("a line");
    }
  }

  async exactly(length: number): Promise<Bytes> {
    let have = this.#buffered.length;
    while (have < length) have += await this.#need(`${length} bytes`);
    this.#flatten();
    return this.#take(length);
  }

  async rest(): Promise<Bytes> {
    const { bytes, end } = await this.remains();
    if (end === "reset") throw new Error(`Reset after ${bytes.length} bytes`);
    return bytes;
  }

  /** Closes the connection; with unread bytes in the kernel that is a reset. */
  close(): void {
    try {
      this.#conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #need(what: string): Promise<number> {
    const got = await this.#fill();
    if (got === 0) {
      this.#flatten();
      const had = JSON.stringify(fromLatin1(this.#buffered).slice(-200));
      throw new Error(`Wanted ${what}, got a ${this.#end} end of stream after ${had}`);
    }
    return got;
  }

  async #fill(): Promise<number> {
    if (this.#end) return 0;
    try {
      const got = await within(this.#conn.read(this.#into), "a read from the server");
      if (got !== null) {
        this.#pieces.push(this.#into.slice(0, got));
        this.#received += got;
        return got;
      }
      this.#end = "clean";
    } catch (error) {
      if (!isReset(error)) throw error;
      this.#end = "reset";
    }
    return 0;
  }

  #flatten(): void {
    if (this.#pieces.length === 0) return;
    this.#buffered = concat([this.#buffered, ...this.#pieces]);
    this.#pieces = [];
  }

  #take(length: number): Bytes {
    const taken = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return taken;
  }
}
