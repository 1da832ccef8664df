/**
 * A WebSocket client of raw bytes for tests: frames are built as told, right or wrong, and what the server
 * sends is taken apart by the letter of RFC 6455 §5.2.
 *
 * @module
 */

import { head } from "../support/requests.ts";
import { type Bytes, concat } from "../support/response.ts";
import type { Running } from "../support/servers.ts";
import { fromLatin1, latin1, type WireClient } from "../support/wire.ts";

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** The key and its answer of RFC 6455 §1.3. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** How a frame is built; the defaults make a right one. */
export interface FrameOptions {
  /** @default {true} */
  readonly fin?: boolean;
  /** RSV1 to RSV3 as bits of the first byte. @default {0} */
  readonly rsv?: number;
  /** Four bytes; `null` for a frame without a mask. @default {1, 2, 3, 4} */
  readonly mask?: readonly number[] | null;
  /** How many bytes the length takes: 7 bits, or two or eight bytes more. @default {as few as possible} */
  readonly lengthBytes?: 0 | 2 | 8;
  /** What the length says. @default {the payload's length} */
  readonly length?: number;
}

/** A frame of a client. A string is one character a byte. */
export function frame(opcode: number, payload: string | Bytes = "", options: FrameOptions = {}) {
  const { fin = true, rsv = 0, mask = [1, 2, 3, 4] } = options;
  const bytes = typeof payload === "string" ? latin1(payload) : payload;
  const { length = bytes.length } = options;
  const { lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8 } = options;
  const short = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  const masked = mask === null ? bytes : bytes.map((byte, at) => byte ^ mask[at % 4]!);
  return concat([
    Uint8Array.of((fin ? 0x80 : 0) | rsv | opcode, (mask === null ? 0 : 0x80) | short),
    bigEndian(length, lengthBytes),
    Uint8Array.from(mask ?? []),
    masked,
  ]);
}

function bigEndian(value: number, bytes: number): Bytes {
  return Uint8Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)));
}

/** A Close frame with a code, or without anything. */
export function close(code?: number, reason: string | Bytes = ""): Bytes {
  if (code === undefined) return frame(CLOSE);
  const text = typeof reason === "string" ? latin1(reason) : reason;
  return frame(CLOSE, concat([Uint8Array.of(code >> 8, code & 0xff), text]));
}

/** A frame that the server has sent. */
export interface ServerFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly payload: Bytes;
}

/** Takes all frames apart; throws for what a server may not send. */
export function framesOf(bytes: Bytes): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    const [first, second] = [view.getUint8(0), view.getUint8(1)];
    if (second >= 0x80) throw new Error("A server's frame has a mask");
    const extra = second === 126 ? 2 : second === 127 ? 8 : 0;
    const length = extra === 2
      ? view.getUint16(2)
      : extra === 8
      ? Number(view.getBigUint64(2))
      : second;
    if ((extra === 2 && length < 126) || (extra === 8 && length < 65_536)) {
      throw new Error("A server's length is not minimal");
    }
    const from = at + 2 + extra;
    if (from + length > bytes.length) throw new Error("A server's frame is cut short");
    frames.push({
      opcode: first & 0x0f,
      fin: first >= 0x80,
      rsv: first & 0x70,
      payload: bytes.subarray(from, from + length),
    });
    at = from + length;
  }
  return frames;
}

/** A frame as a short line: `text:abc`, `close:1002`. */
export function lineOf({ opcode, fin, rsv, payload }: ServerFrame): string {
  const name = ["cont", "text", "binary"][opcode] ?? ["close", "ping", "pong"][opcode - 8] ??
    opcode;
  const flags = `${fin ? "" : "!"}${rsv === 0 ? "" : `+${rsv}`}`;
  if (opcode !== CLOSE || payload.length < 2) return `${name}${flags}:${fromLatin1(payload)}`;
  const reason = fromLatin1(payload.subarray(2));
  return `close:${payload[0]! * 256 + payload[1]!}${reason === "" ? "" : ` ${reason}`}`;
}

/** The fields of a right handshake, in the order of the RFC's example. */
export const FIELDS: readonly string[] = [
  "Host: h",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${KEY}`,
  "Sec-WebSocket-Version: 13",
];

/** A right handshake, with `more` fields. */
export function handshake(more: readonly string[] = [], target = "/"): string {
  return head(`GET ${target} HTTP/1.1`, ...FIELDS, ...more);
}

/** A client whose handshake is done; nothing was sent after it. */
export async function opened(
  server: Running,
  more: readonly string[] = [],
  target = "/",
): Promise<WireClient> {
  const client = await server.connect();
  try {
    await client.send(handshake(more, target));
    const { status } = await client.response();
    if (status !== 101) throw new Error(`The handshake was answered with ${status}`);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Reads one frame. */
export async function nextFrame(client: WireClient): Promise<ServerFrame> {
  const start = await client.exactly(2);
  const short = start[1]! & 0x7f;
  const extra = short < 126 ? 0 : short === 126 ? 2 : 8;
  const length = await client.exactly(extra);
  const count = extra === 0 ? short : length.reduce((sum, byte) => sum * 256 + byte, 0);
  return framesOf(concat([start, length, await client.exactly(count)]))[0]!;
}
