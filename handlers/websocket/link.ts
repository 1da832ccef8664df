/**
 * The protocol's side of a socket (RFC 6455 §5 to §7): what comes from the connection is taken apart into
 * messages, what the program sends is put into frames, and the closing handshake is kept to.
 *
 * Memory is bounded on both sides. Bytes are read only when those before them have been taken apart, so a
 * client that sends faster is held back by TCP; the one message that is incomplete has a limit. What waits
 * for a slow client has one as well, and of the pongs that are owed to it only the last is kept (§5.5.3).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { TakenConn } from "../../reactor/exchange.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { type Agreement, LEAST_COMPRESSED_BYTES } from "./deflate.ts";
import {
  closeCodeOf,
  type Framing,
  letGoOfRead,
  type Receiver,
  type Sender,
  type SendOptions,
} from "./framing.ts";
import type { SocketOptions } from "./options.ts";
import { FrameOutput } from "./output.ts";
import { SocketTimers, type TimedLink } from "./socket_timers.ts";
import type { SocketTally } from "./tally.ts";

/** Where a link is in its life. */
export type LinkPhase =
  /** The 101 has not been sent. */
  | "connecting"
  /** Messages go both ways. */
  | "open"
  /** The program, the server or a deadline has ended it: the client's Close frame is awaited. */
  | "closing"
  /** Nothing more is taken apart: the last frames go out, and the connection ends. */
  | "ending"
  /** It is over. */
  | "closed";

/** How a link has ended. */
export interface LinkEnd {
  /** The code of the client's Close frame, or that of the one sent when the link failed; 1006 for none. */
  readonly code: number;
  readonly reason: string;
  /** Whether the closing handshake was completed. */
  readonly wasClean: boolean;
}

/** What hears of what happens on a link. */
export interface LinkEvents {
  /** `extensions` as in the answer's field; empty for none. */
  opened(extensions: string): void;
  /** A message; bytes are the receiver's own. */
  received(data: string | ArrayBuffer): void;
  /** The link has failed; `ended` follows. */
  failed(error: Error): void;
  ended(end: LinkEnd): void;
}

/** What a link needs once the connection is its own. */
export interface LinkParts {
  readonly conn: TakenConn;
  readonly framing: Framing;
  readonly agreement: Agreement | null;
  /** Counts the messages. */
  readonly tally: SocketTally;
}

/** A Close frame that is to be sent; without a code it is empty. */
interface CloseFrame {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;
const ABNORMAL_END: LinkEnd = { code: 1006, reason: "", wasClean: false };

/** The most fragments of one message: those of 4 MiB in pieces of 64 bytes, as Autobahn sends it, twice. */
const MOST_FRAGMENTS = 131_072;

/**
 * The most pieces in which one frame may arrive, at least, and for how many bytes of `maxMessageBytes` one
 * more is allowed: each piece takes some 200 bytes of memory more than it brings.
 */
const LEAST_PIECES = 16_384;
const BYTES_A_PIECE = 256;

/** The most bytes that are read and thrown away after a failure, so that the client gets its Close frame. */
const MOST_DISCARDED = 1024 * 1024;

const TEXT: SendOptions = { binary: false, compress: false, fin: true, mask: false };
const BINARY: SendOptions = { ...TEXT, binary: true };
const DEFLATED_TEXT: SendOptions = { ...TEXT, compress: true };
const DEFLATED_BINARY: SendOptions = { ...BINARY, compress: true };

const NONE: Bytes = new Uint8Array(0);
const NOBODY: LinkEvents = { opened() {}, received() {}, failed() {}, ended() {} };

/** One WebSocket, without its interface to the program. */
export class Link implements TimedLink {
  events: LinkEvents = NOBODY;
  readonly #options: SocketOptions;
  #phase: LinkPhase = "connecting";
  /** What the program has asked for before there was a connection. */
  #early: CloseFrame | null = null;
  #conn: TakenConn | null = null;
  #receiver: Receiver | null = null;
  #sender: Sender | null = null;
  #output: FrameOutput | null = null;
  #compresses = false;
  #tally: SocketTally | null = null;
  #timers: SocketTimers | null = null;
  /** How it ends, as far as is known. */
  #ending: LinkEnd = ABNORMAL_END;
  #reading: Promise<void> | null = null;
  /** Messages that wait for a Blob or for zlib, and their bytes. */
  #slow = 0;
  #slowBytes = 0;
  /** How many bytes had gone out when the client was last asked whether it is there. */
  #takenAtPing = 0;
  /** The ping to be answered when the write under way is over. */
  #owedPong: Bytes | null = null;
  /** Bytes that came after the last that was taken apart. */
  #discarded = 0;
  #takesApart = false;
  #onTakenApart: (() => void) | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  get phase(): LinkPhase {
    return this.#phase === "connecting" && this.#early !== null ? "closing" : this.#phase;
  }

  /** Bytes of messages that the kernel has not taken yet. */
  get bufferedAmount(): number {
    return this.#slowBytes + (this.#output?.waiting ?? 0);
  }

  /** Begins: the 101 is on its way. Goes on by itself to the link's end. */
  run({ conn, framing, agreement, tally }: LinkParts): void {
    this.#conn = conn;
    this.#tally = tally;
    const deflate = agreement?.deflate ?? null;
    this.#compresses = deflate !== null;
    this.#output = new FrameOutput(conn, () => this.#payPong());
    const extensions = deflate === null ? {} : { "permessage-deflate": deflate };
    this.#sender = new framing.Sender(this.#output, extensions);
    this.#sender.onerror = (error) => this.#fail(INTERNAL_ERROR, error);
    this.#receiver = this.#newReceiver(framing, extensions);
    this.#timers = new SocketTimers(this, this.#options);
    this.#phase = "open";
    conn.onAsked = () => this.close({ code: GOING_AWAY });
    if (this.#early !== null) this.close(this.#early);
    else this.events.opened(agreement?.field ?? "");
    if (conn.asked !== null) this.close({ code: GOING_AWAY });
    this.#reading = this.#read(conn);
  }

  /** There will be no connection. */
  abandon(error: Error): void {
    if (this.#phase !== "connecting") return;
    this.#phase = "closed";
    if (this.#early === null) this.events.failed(error);
    this.events.ended(this.#ending);
  }

  /** Sends a message; what comes too late is not sent. */
  send(data: string | Uint8Array | Blob): void {
    if (this.#phase !== "open") return;
    if (!this.#hasRoom(data)) {
      if (this.#options.onBufferFull === "close") this.#closeFull();
      return;
    }
    const size = sizeOf(data);
    this.#tally!.messagesOut++;
    this.#tally!.bytesOut += size;
    const compress = this.#compresses && size >= LEAST_COMPRESSED_BYTES;
    if (compress || this.#slow > 0 || data instanceof Blob) this.#sendSlowly(data, compress);
    else this.#sender!.send(data, typeof data === "string" ? TEXT : BINARY);
  }

  /** Begins the closing handshake. */
  close(frame: CloseFrame): void {
    if (this.#phase === "connecting") this.#early ??= frame;
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    this.#sendClose(frame);
    this.#timers!.closing(this.#options.closeMs);
  }

  // What the timers call (TimedLink).

  onQuiet(): void {
    this.#takenAtPing = this.#output!.taken;
    this.#sender!.ping("", false);
  }

  onSilent(): void {
    const { waiting, taken } = this.#output!;
    // The ping is behind other bytes, of which the client's kernel takes some: it is slow, but there.
    if (waiting > 0 && taken > this.#takenAtPing) return;
    this.#fail(GOING_AWAY, new Error("No response from ping frame."));
  }

  onLifeOver(): void {
    this.close({ code: GOING_AWAY });
  }

  onCloseOverdue(): void {
    this.#end();
  }

  // What comes in.

  /** Never rejects. */
  async #read(conn: TakenConn): Promise<void> {
    try {
      for (let bytes = await conn.take(); bytes !== null; bytes = await conn.take()) {
        const taking = this.#onBytes(bytes);
        // The loop keeps its variables while it waits: an idle socket would hold what came last.
        bytes = NONE;
        if (taking !== undefined) await taking;
      }
      this.#onPeerEnd();
    } catch (error) {
      // Nothing above throws but by a defect, which costs this socket and no other.
      this.#fail(INTERNAL_ERROR, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Resolves when more may be read. */
  #onBytes(bytes: Bytes): Promise<void> | void {
    if (this.#phase === "open" || this.#phase === "closing") {
      this.#timers!.heard();
      this.#takeApart(bytes);
      if (this.#takesApart) return this.#takenApart();
    } else {
      this.#discarded += bytes.length;
      if (this.#discarded > MOST_DISCARDED) this.onCloseOverdue();
    }
  }

  #newReceiver(framing: Framing, extensions: object): Receiver {
    const { maxMessageBytes } = this.#options;
    const receiver = new framing.Receiver({
      isServer: true,
      extensions,
      maxPayload: maxMessageBytes,
      maxFragments: MOST_FRAGMENTS,
      maxBufferedChunks: maxMessageBytes === 0
        ? 0
        : Math.max(LEAST_PIECES, Math.ceil(maxMessageBytes / BYTES_A_PIECE)),
    });
    receiver.on("message", (data, isBinary) => this.#onMessage(data, isBinary));
    receiver.on("ping", (data) => this.#onPing(data));
    receiver.on("conclude", (code, reason) => this.#onClose(code, reason.toString()));
    return receiver;
  }

  #takeApart({ buffer, byteOffset, length }: Bytes): void {
    this.#takesApart = true;
    this.#output!.hold();
    this.#receiver!._write(Buffer.from(buffer, byteOffset, length), "buffer", this.#tookApart);
    this.#output!.release();
  }

  readonly #tookApart = (error?: Error | null): void => {
    this.#takesApart = false;
    letGoOfRead(this.#receiver!);
    if (error) this.#fail(closeCodeOf(error), error);
    const call = this.#onTakenApart;
    this.#onTakenApart = null;
    call?.();
  };

  /** Resolves when zlib is done with what was read. */
  #takenApart(): Promise<void> {
    return new Promise((resolve) => this.#onTakenApart = resolve);
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#phase !== "open") return;
    this.#tally!.messagesIn++;
    this.#tally!.bytesIn += data.length;
    this.events.received(isBinary ? ownBuffer(data) : data.toString());
  }

  #onPing(data: Buffer): void {
    if (this.#phase !== "open") return;
    if (this.#output!.writing) this.#owedPong = new Uint8Array(data);
    else this.#sender!.pong(data, false);
  }

  #payPong(): void {
    const data = this.#owedPong;
    this.#owedPong = null;
    if (data !== null && this.#phase === "open") this.#sender!.pong(data, false);
  }

  /** The client's Close frame. */
  #onClose(code: number, reason: string): void {
    // RFC 6455 §5.5.1: the answer is what was received, as Deno has it. 1005 stands for none (§7.1.5).
    if (this.#phase === "open") this.#sendClose(code === 1005 ? {} : { code, reason });
    else if (this.#phase !== "closing") return;
    this.#beginEnd({ code, reason, wasClean: true });
    this.#endInStages();
  }

  #onPeerEnd(): void {
    // What is ending goes on to its end.
    if (this.#phase !== "open" && this.#phase !== "closing") return;
    const wasOpen = this.#phase === "open";
    this.#phase = "ending";
    if (wasOpen) this.events.failed(new Error("The connection ended without a Close frame"));
    this.#end();
  }

  // What goes out.

  #hasRoom(data: string | Uint8Array | Blob): boolean {
    const { maxBufferedBytes } = this.#options;
    const waiting = this.bufferedAmount;
    return waiting === 0 || waiting + sizeOf(data) <= maxBufferedBytes;
  }

  #closeFull(): void {
    this.events.failed(new Error("The client is too slow: the output buffer is full"));
    this.close({ code: POLICY_VIOLATION, reason: "Too slow" });
  }

  /** A message that is not put into a frame at once, and all that come after it. */
  #sendSlowly(data: string | Uint8Array | Blob, compress: boolean): void {
    const isText = typeof data === "string";
    const size = sizeOf(data);
    this.#slow++;
    this.#slowBytes += size;
    // The program may change its bytes as soon as `send` has returned.
    const own = data instanceof Uint8Array ? data.slice() : data;
    const options = compress ? isText ? DEFLATED_TEXT : DEFLATED_BINARY : isText ? TEXT : BINARY;
    this.#sender!.send(own, options, () => {
      this.#slow--;
      this.#slowBytes -= size;
    });
  }

  #sendClose({ code, reason }: CloseFrame): void {
    this.#sender!.close(code, reason, false);
  }

  // The end.

  /** Fails the connection (RFC 6455 §7.1.7): says why, and leaves the client the time to read it. */
  #fail(code: number, error: Error): void {
    if (this.#phase !== "open" && this.#phase !== "closing") return;
    const reason = code === GOING_AWAY ? error.message : "";
    if (this.#phase === "open") this.#sendClose({ code, reason });
    this.#beginEnd({ code, reason, wasClean: false });
    this.events.failed(error);
    this.#endInStages();
  }

  /** Nothing more is taken apart or sent. What the last frames still need is bounded in time. */
  #beginEnd(end: LinkEnd): void {
    this.#phase = "ending";
    this.#ending = end;
    this.#timers!.closing(this.#options.closeMs);
  }

  /**
   * The server ends the connection first (§7.1.1), its own side of it: the client may still be sending, and
   * a close with unread bytes would be a reset, which can overtake the Close frame.
   */
  async #endInStages(): Promise<void> {
    await this.#output!.empty();
    try {
      await this.#conn!.closeWrite();
    } catch {
      // The connection is gone, and the reading ends as well.
    }
    await this.#reading;
    this.#end();
  }

  #end(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#timers!.end();
    this.#output!.stop();
    this.#conn!.close();
    this.events.ended(this.#ending);
  }
}

/** The bytes in a buffer to themselves: those of the socket are shared by all messages of one read. */
function ownBuffer({ buffer, byteOffset, length }: Buffer): ArrayBuffer {
  return (buffer as ArrayBuffer).slice(byteOffset, byteOffset + length);
}

function sizeOf(data: string | Uint8Array | Blob): number {
  if (typeof data === "string") return Buffer.byteLength(data);
  return data instanceof Blob ? data.size : data.length;
}
