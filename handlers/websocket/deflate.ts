/**
 * permessage-deflate (RFC 7692) with bounded memory. Both sides start each message with an empty window, so
 * that none has to be kept; ours is small. What a message grows to is counted while it is decompressed.
 *
 * @module
 */

import type { Deflate, Framing } from "./framing.ts";

const NAME = "permessage-deflate";

/** Below this, compression saves less than it costs. `ws` has the same default. */
const THRESHOLD_BYTES = 1024;

/**
 * zlib takes 2^(bits + 2) + 2^(level + 9) bytes to compress: 32 KiB with these, where its defaults take
 * 256 KiB. To decompress takes 2^bits and 7 KiB.
 */
const WINDOW_BITS = 12;
const MEMORY_LEVEL = 5;

/** What was agreed on with a client. */
export interface Agreement {
  readonly deflate: Deflate;
  /** The value of `Sec-WebSocket-Extensions` in the answer. */
  readonly field: string;
}

/** Accepts the client's offer; `null` if it makes none that is acceptable. */
export function agreeOnDeflate(
  framing: Framing,
  { offer, maxMessageBytes }: { offer: string | null; maxMessageBytes: number },
): Agreement | null {
  if (offer === null) return null;
  const deflate = new framing.PerMessageDeflate({
    isServer: true,
    maxPayload: maxMessageBytes,
    threshold: THRESHOLD_BYTES,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: WINDOW_BITS,
    zlibDeflateOptions: { memLevel: MEMORY_LEVEL },
  });
  try {
    const offers = framing.extension.parse(offer);
    if (offers[NAME] === undefined) return null;
    deflate.accept(offers[NAME]);
    return { deflate, field: framing.extension.format({ [NAME]: [deflate.params] }) };
  } catch {
    // RFC 7692 §5.1: an offer that is malformed or cannot be met is declined.
    return null;
  }
}
