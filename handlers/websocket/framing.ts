/**
 * Frames on the wire, by npm's `ws`: its `Receiver` and `Sender`, without the socket around them. Loaded
 * when the first socket is opened. Chosen because it is the most used and best tested implementation
 * (Autobahn's cases are part of its tests), has no dependencies, and lets these two be driven alone. Here
 * are the parts of its interface that are used, and of its internals one.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import { maskInto, unmask } from "./unmask.ts";

/** Takes bytes apart into messages, pings, pongs and the peer's Close frame; checks every rule. */
export interface Receiver {
  /** Takes bytes; `done` is called when it can take more, or with what broke the protocol. */
  _write(bytes: Buffer, encoding: "buffer", done: (error?: Error | null) => void): void;
  on(event: "message", call: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "ping", call: (data: Buffer) => void): void;
  on(event: "conclude", call: (code: number, reason: Buffer) => void): void;
  /** The mask of the last frame; see {@linkcode letGoOfRead}. */
  _mask?: Uint8Array;
}

/** Where a {@linkcode Sender} puts its frames. */
export interface FrameSink {
  /** Whether nothing can be sent any more. */
  readonly destroyed: boolean;
  /** Between these two calls come the head of a frame and its payload. */
  cork(): void;
  uncork(): void;
  write(part: Buffer | string, done?: () => void): void;
}

/** How a message is sent. */
export interface SendOptions {
  readonly binary: boolean;
  readonly compress: boolean;
  readonly fin: true;
  readonly mask: false;
}

/** Puts messages and control frames into frames, in the order of the calls. */
export interface Sender {
  onerror: (error: Error) => void;
  send(data: string | Uint8Array | Blob, options: SendOptions, done?: () => void): void;
  ping(data: string, mask: false): void;
  pong(data: Uint8Array, mask: false): void;
  close(code: number | undefined, reason: string | undefined, mask: false): void;
}

/** Told of the result, or of what was wrong. */
export type DeflateDone = (error: Error | null, bytes?: Buffer) => void;

/** What compresses the messages of one connection, as `ws` calls it. */
export interface Deflate {
  /** What was agreed on, as far as `ws` is to decide by it. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Called for each fragment; the bytes of a message may all be given with its last. */
  decompress(data: Buffer, fin: boolean, done: DeflateDone): void;
  compress(data: Buffer | string, fin: true, done: DeflateDone): void;
}

/** Reads what a client offers. */
export interface DeflateNegotiation {
  readonly params: Readonly<Record<string, unknown>>;
  /** @throws {Error} If no offer can be met. */
  accept(offers: unknown): void;
}

/** The extensions in use on a connection, by name. */
export type Extensions = { readonly "permessage-deflate"?: Deflate };

/** What is used of `ws`. */
export interface Framing {
  readonly Receiver: new (options: ReceiverOptions) => Receiver;
  readonly Sender: new (sink: FrameSink, extensions: Extensions) => Sender;
  readonly PerMessageDeflate: new (
    options: Readonly<Record<string, unknown>>,
  ) => DeflateNegotiation;
  readonly extension: {
    /** @throws {SyntaxError} If the field is malformed. */
    parse(field: string): Record<string, unknown>;
    format(extensions: Readonly<Record<string, unknown>>): string;
  };
}

/** Options of a {@linkcode Receiver}. */
export interface ReceiverOptions {
  readonly isServer: true;
  readonly extensions: Extensions;
  readonly maxPayload: number;
  readonly maxBufferedChunks: number;
  readonly maxFragments: number;
}

/** Module state, because a module is loaded once. */
let loading: Promise<Framing> | null = null;

/** Loads `ws`, the first time. */
export function loadFraming(): Promise<Framing> {
  return loading ??= load();
}

async function load(): Promise<Framing> {
  const { default: http } = await import("node:http");
  const removeMasking = lendMasking(http as object);
  try {
    return await import("ws") as unknown as Framing;
  } catch (error) {
    // It may be there the next time.
    loading = null;
    throw error;
  } finally {
    removeMasking();
  }
}

/** What newer versions of Node have in `node:http`, and `ws` looks for there. */
interface Masking {
  websocketMask?: typeof maskInto;
  websocketUnmask?: typeof unmask;
}

/**
 * Where the runtime has no functions for masking, `ws` asks the environment whether it may look for an
 * addon, and a program without the permission to read it cannot load `ws` at all. So it finds these two,
 * which are there for as long as it loads.
 */
function lendMasking(http: object & Masking): () => void {
  if (http.websocketMask !== undefined) return () => {};
  http.websocketMask = maskInto;
  http.websocketUnmask = unmask;
  return () => {
    delete http.websocketMask;
    delete http.websocketUnmask;
  };
}

/** What a mask may hold on to: less than a copy of it takes. */
const MOST_KEPT_BYTES = 256;

/**
 * A receiver keeps the mask of the last frame, which is a view of all bytes that came in the same read. A copy of
 * its four bytes lets go of the others. This alone is of the internals of `ws`: without it, each idle socket
 * would hold up to 64 KiB. The copy is right whether or not the frame is complete.
 */
export function letGoOfRead(receiver: Receiver): void {
  const mask = receiver._mask;
  if (mask === undefined || mask.buffer.byteLength <= MOST_KEPT_BYTES) return;
  receiver._mask = new Uint8Array(mask);
}

/** The code with which the connection fails for an error of the receiver (RFC 6455 §7.4.1). */
export function closeCodeOf(error: Error): number {
  const code = "code" in error ? String(error.code) : "";
  switch (code) {
    case "WS_ERR_INVALID_UTF8":
      return 1007;
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
    case "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH":
      return 1009;
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
      return 1008;
    default:
      // The rest is of `ws`, or of zlib: compressed data that are none (RFC 7692 §7.2.2).
      return code.startsWith("WS_ERR_") ? 1002 : 1007;
  }
}
