/**
 * Reading answers off the wire: as much of HTTP/1.1 as a load generator needs. Pure; used by the probe that
 * checks a peer before a run, and by the driver when an answer is not the one it expects.
 *
 * @module
 */

/** A whole answer at the start of some bytes. */
export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Head and body as they lie on the wire. */
  readonly length: number;
}

/** Bytes that are no HTTP answer. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
}

const decoder = new TextDecoder("latin1");

/** Reads the answer at the start of `bytes`, or `null` while it is incomplete. @throws {BadAnswer} */
export function maybeAnswer(bytes: Uint8Array): Answer | null {
  const bodyStart = endOfHead(bytes);
  if (bodyStart < 0) return null;
  const head = decoder.decode(bytes.subarray(0, bodyStart));
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? NaN);
  if (Number.isNaN(status)) throw new BadAnswer(`Answer begins with "${head.slice(0, 40)}"`);
  const body = /^transfer-encoding:\s*chunked\s*$/im.test(head)
    ? maybeChunked(bytes, bodyStart)
    : maybeLength(bytes, { bodyStart, head });
  return body === null ? null : { status, ...body };
}

type Body = Pick<Answer, "body" | "length">;

function maybeLength(
  bytes: Uint8Array,
  options: { readonly bodyStart: number; readonly head: string },
): Body | null {
  const { bodyStart, head } = options;
  const value = /^content-length:\s*(\d+)\s*$/im.exec(head)?.[1];
  if (value === undefined) throw new BadAnswer("Answer has no length");
  const end = bodyStart + Number(value);
  return bytes.length < end ? null : { body: bytes.slice(bodyStart, end), length: end };
}

function maybeChunked(bytes: Uint8Array, bodyStart: number): Body | null {
  const pieces: Uint8Array[] = [];
  let at = bodyStart;
  for (;;) {
    const lineEnd = bytes.indexOf(10, at);
    if (lineEnd < 0) return null;
    const size = parseInt(decoder.decode(bytes.subarray(at, lineEnd)), 16);
    if (Number.isNaN(size)) throw new BadAnswer("Chunk has no size");
    const end = lineEnd + 1 + size;
    // One line end follows each chunk; after the last chunk it stands in place of trailers.
    if (bytes.length < end + 2) return null;
    if (size === 0) return { body: joined(pieces), length: end + 2 };
    pieces.push(bytes.subarray(lineEnd + 1, end));
    at = end + 2;
  }
}

function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return -1;
}

/** The pieces joined in order. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
