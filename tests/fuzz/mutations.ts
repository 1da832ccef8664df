/**
 * Small damage to bytes, most of it at joints: where one thing ends and another begins.
 *
 * @module
 */

import fc from "fast-check";

/** One change of the bytes; harmless where it does not apply. */
export interface Mutation {
  readonly kind: keyof typeof KINDS;
  /** Where: an index, modulo the number of bytes or of joints. */
  readonly at: number;
  readonly atJoint: boolean;
  /** How far from there, how many, or which byte. */
  readonly amount: number;
  readonly token: string;
}

/** What has confused parsers before. */
const TOKENS = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  '"',
  "\\",
  "=",
  "#",
  "?",
  "%",
  "@",
  "\x0b",
  "\x0c",
  "\x7f",
  "\x85",
  "\xa0",
  "\xff",
  "0",
  "-1",
  "+1",
  "0x5",
  "1_0",
  "5, 5",
  "FFFFFFFFFFFFFFFF",
  "0\r\n\r\n",
  "5\r\nhello\r\n",
  "HTTP/1.0",
  "HTTP/1.1",
  "HTTP/1.2",
  "HTTP/2.0",
  "HTTP/0.9",
  "Host: x\r\n",
  "Host:\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "Content-Length:\r\n",
  "Content_Length: 3\r\n",
  "content-length : 3\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: chunked, chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: identity\r\n",
  "Transfer-Encoding: xchunked\r\n",
  "Transfer-Encoding:\r\n",
  "Transfer-Encoding: \x0bchunked\r\n",
  "Transfer-Encoding\t: chunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive\r\n",
  "Connection: keep-alive, close\r\n",
  "Connection: Upgrade\r\nUpgrade: h2c\r\n",
  "Connection: Transfer-Encoding\r\n",
  "Expect: 100-continue\r\n",
  "Expect: more\r\n",
  " folded\r\n",
  "\tfolded\r\n",
  "X\r\n",
  ": x\r\n",
  "chunked",
  "close",
  "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET http://[::1 HTTP/1.1\r\nHost: h\r\n\r\n",
  "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

type Change = (bytes: string, at: number, mutation: Mutation) => string;

function lineAround(bytes: string, at: number): { from: number; to: number } {
  const from = at === 0 ? 0 : bytes.lastIndexOf("\n", at - 1) + 1;
  const end = bytes.indexOf("\n", at);
  return { from, to: end === -1 ? bytes.length : end + 1 };
}

function splice(bytes: string, from: number, { to = from, put = "" }): string {
  return bytes.slice(0, from) + put + bytes.slice(to);
}

function replaceNext(bytes: string, from: number, [what, by]: readonly [string, string]): string {
  const at = bytes.indexOf(what, from);
  return at === -1 ? bytes : splice(bytes, at, { to: at + what.length, put: by });
}

const KINDS = {
  flip: (bytes, at, { amount }) =>
    splice(bytes, at, { to: at + 1, put: String.fromCharCode(amount) }),
  flipBit: (bytes, at, { amount }) => {
    const byte = bytes.charCodeAt(at) || 0;
    return splice(bytes, at, { to: at + 1, put: String.fromCharCode(byte ^ (1 << (amount % 8))) });
  },
  remove: (bytes, at, { amount }) => splice(bytes, at, { to: at + 1 + amount % 8 }),
  insert: (bytes, at, { token }) => splice(bytes, at, { put: token }),
  insertLine: (bytes, at, { token }) => splice(bytes, lineAround(bytes, at).to, { put: token }),
  repeatLine: (bytes, at) => {
    const { from, to } = lineAround(bytes, at);
    return splice(bytes, to, { put: bytes.slice(from, to) });
  },
  removeLine: (bytes, at) => splice(bytes, lineAround(bytes, at).from, lineAround(bytes, at)),
  repeat: (bytes, at, { amount }) =>
    splice(bytes, at, { put: bytes.slice(at, at + 1 + amount % 40) }),
  truncate: (bytes, at) => bytes.slice(0, at),
  bareLf: (bytes, at) => replaceNext(bytes, at, ["\r\n", "\n"]),
  bareCr: (bytes, at) => replaceNext(bytes, at, ["\r\n", "\r"]),
  lineEndTurned: (bytes, at) => replaceNext(bytes, at, ["\r\n", "\n\r"]),
  crCrLf: (bytes, at) => replaceNext(bytes, at, ["\r\n", "\r\r\n"]),
  noLineEnd: (bytes, at) => replaceNext(bytes, at, ["\r\n", ""]),
  fold: (bytes, at) => replaceNext(bytes, at, ["\r\n", "\r\n "]),
} as const satisfies Record<string, Change>;

/** The places where one thing ends and another begins. */
function jointsOf(bytes: string): number[] {
  return [...bytes.matchAll(/[\r\n:, ;=/]/g)].map(({ index }) => index);
}

function placeOf(bytes: string, { at, atJoint, amount }: Mutation): number {
  if (!atJoint) return at % (bytes.length + 1);
  const joints = jointsOf(bytes);
  if (joints.length === 0) return 0;
  return Math.min(joints[at % joints.length]! + amount % 2, bytes.length);
}

/** Makes the changes, one after the other. */
export function mutated(bytes: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((changed, mutation) => {
    const change: Change = KINDS[mutation.kind];
    return change(changed, placeOf(changed, mutation), mutation);
  }, bytes);
}

/** A change at random. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom(...Object.keys(KINDS) as (keyof typeof KINDS)[]),
  at: fc.nat(4_000),
  atJoint: fc.boolean(),
  amount: fc.nat(255),
  token: fc.constantFrom(...TOKENS),
});
