/**
 * permessage-deflate (RFC 7692) with bounded memory. Both sides begin each message with an empty window, so
 * each is one call of zlib's, and no state is kept between two. The offers are read by `ws`; its own streams
 * are not used, because one that is closed early throws where nobody can catch it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Deflate, DeflateDone, Framing } from "./framing.ts";

const NAME = "permessage-deflate";

/** Below this, compression saves less than it costs; `ws` has the same. */
export const LEAST_COMPRESSED_BYTES = 1024;

/**
 * zlib takes 2^(bits + 2) + 2^(level + 9) bytes to compress: 32 KiB with these, where its defaults take
 * 256 KiB.
 */
const WINDOW_BITS = 12;
const MEMORY_LEVEL = 5;

/** §7.2.2: what the sender has left out. */
const TAIL = Uint8Array.of(0, 0, 0xff, 0xff);

/** What was agreed on with a client. */
export interface Agreement {
  readonly deflate: Deflate;
  /** The value of `Sec-WebSocket-Extensions` in the answer. */
  readonly field: string;
}

/** Accepts the client's offer; `null` if it makes none that is acceptable. */
export async function agreeOnDeflate(
  framing: Framing,
  { offer, maxMessageBytes }: { offer: string | null; maxMessageBytes: number },
): Promise<Agreement | null> {
  if (offer === null) return null;
  const negotiation = new framing.PerMessageDeflate({
    isServer: true,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: WINDOW_BITS,
  });
  try {
    const offers = framing.extension.parse(offer);
    if (offers[NAME] === undefined) return null;
    negotiation.accept(offers[NAME]);
    const field = framing.extension.format({ [NAME]: [negotiation.params] });
    return { deflate: new MessageDeflate(await import("node:zlib"), maxMessageBytes), field };
  } catch {
    // RFC 7692 §5.1: an offer that is malformed or cannot be met is declined.
    return null;
  }
}

/** Loaded for the first socket that compresses. */
type Zlib = Pick<typeof import("node:zlib"), "constants" | "deflateRaw" | "inflateRaw">;

/** Compresses and decompresses the messages of one socket; one of each at a time. */
class MessageDeflate implements Deflate {
  /** Which messages are compressed is not left to `ws`. */
  readonly params = {};
  readonly #zlib: Zlib;
  readonly #maxBytes: number;
  /** The fragments of the message that is incomplete. */
  #fragments: Buffer[] = [];

  constructor(zlib: Zlib, maxBytes: number) {
    this.#zlib = zlib;
    this.#maxBytes = maxBytes;
  }

  decompress(data: Buffer, fin: boolean, done: DeflateDone): void {
    this.#fragments.push(data);
    if (!fin) return done(null, Buffer.alloc(0));
    const whole = Buffer.concat([...this.#fragments, TAIL]);
    this.#fragments = [];
    const { inflateRaw, constants } = this.#zlib;
    const limit = this.#maxBytes === 0 ? {} : { maxOutputLength: this.#maxBytes };
    inflateRaw(whole, { finishFlush: constants.Z_SYNC_FLUSH, ...limit }, (error, bytes) => {
      if (error === null) return done(null, bytes);
      done("code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? tooLong() : error);
    });
  }

  compress(data: Buffer | string, _fin: true, done: DeflateDone): void {
    const { deflateRaw, constants } = this.#zlib;
    const options = {
      finishFlush: constants.Z_SYNC_FLUSH,
      windowBits: WINDOW_BITS,
      memLevel: MEMORY_LEVEL,
    };
    deflateRaw(data, options, (error, bytes) => {
      // It fails only for want of memory: the message is not sent, and none after it.
      if (error === null) done(null, bytes.subarray(0, bytes.length - TAIL.length));
    });
  }
}

/** As `ws` says it of a message that is not compressed. */
function tooLong(): Error {
  const error = new RangeError("Max payload size exceeded");
  return Object.assign(error, { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" });
}
