/**
 * The parts of a request line, RFC 9112 §3, each judged once its bytes are there: method names,
 * the form of the target, the version. Where one part ends is found by `head_parser.ts`.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Bytes } from "../ports.ts";
import { isAuthority, isConnectAuthority } from "./authority.ts";
import {
  ascii,
  ASTERISK,
  DIGIT_0,
  HASH,
  isDigit,
  QUESTION,
  shortText,
  SLASH,
  spells,
} from "./chars.ts";
import type { ParsedHead } from "./parsed_head.ts";

/** The bytes of `HTTP/1.1` and the CRLF after it. */
export const VERSION_BYTES = 10;

const MAJOR_AT = 5;
const MINOR_AT = 7;
/** `HTTP/d.d` CR LF; 0 stands for a digit. */
const VERSION_PATTERN = ascii("HTTP/\0.\0\r\n");
const VERSION_1_1 = ascii("HTTP/1.1\r\n");
const HTTP = ascii("http://");
const HTTPS = ascii("https://");

interface Method {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The methods of RFC 9110 §9 and PATCH (RFC 5789), by length: a known one costs no new string. */
const METHODS: readonly (readonly Method[])[] = methodsByLength(
  ["GET", "PUT", "POST", "HEAD", "PATCH", "TRACE", "DELETE", "OPTIONS", "CONNECT"],
);

function methodsByLength(names: readonly string[]): Method[][] {
  const lists: Method[][] = Array.from({ length: 8 }, () => []);
  for (const name of names) lists[name.length]!.push({ name, bytes: ascii(name) });
  return lists;
}

/** The method's name; methods are case-sensitive (RFC 9110 §9.1). */
export function methodName(bytes: Bytes, from: number, to: number): string {
  const length = to - from;
  if (length < METHODS.length) {
    const candidates = METHODS[length]!;
    for (let i = 0; i < candidates.length; i++) {
      if (isAt(bytes, from, candidates[i]!.bytes)) return candidates[i]!.name;
    }
  }
  return shortText(bytes, from, to);
}

/** Whether `wanted` stands at `from`, as far as there are bytes. */
function isAt(bytes: Bytes, from: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[from + i] !== wanted[i]) return false;
  }
  return true;
}

/**
 * Whether all of `HTTP/1.x` CRLF is in [`from`, `to`).
 *
 * @throws {ProtocolError} `bad_request_line` at the first byte that is wrong; `bad_version` for a
 * well-formed version that is neither 1.0 nor 1.1.
 */
export function isVersionComplete(bytes: Bytes, from: number, to: number): boolean {
  if (to - from >= VERSION_BYTES && isAt(bytes, from, VERSION_1_1)) return true;
  const count = to - from < VERSION_BYTES ? to - from : VERSION_BYTES;
  for (let i = 0; i < count; i++) {
    const byte = bytes[from + i]!;
    const wanted = VERSION_PATTERN[i]!;
    if (wanted === 0 ? !isDigit(byte) : byte !== wanted) {
      throw new ProtocolError("bad_request_line", "Cannot read the version in the request line");
    }
  }
  if (count < VERSION_BYTES) return false;
  // RFC 9110 §2.5 would have 1.2 taken as 1.1. No such version exists, so whoever sends one is
  // probing, and a proxy in front may frame it otherwise: refused with 505 (§15.6.6).
  if (bytes[from + MAJOR_AT] !== DIGIT_0 + 1 || bytes[from + MINOR_AT]! > DIGIT_0 + 1) {
    throw new ProtocolError(
      "bad_version",
      "Cannot serve a version other than HTTP/1.0 and HTTP/1.1",
    );
  }
  return true;
}

/** The minor version of a complete version. */
export function minorVersion(bytes: Bytes, from: number): 0 | 1 {
  return bytes[from + MINOR_AT] === DIGIT_0 ? 0 : 1;
}

/**
 * The form of a target of visible ASCII bytes, RFC 9112 §3.2.
 *
 * @throws {ProtocolError} `bad_target` when it has none of the four, or one that is not for this method.
 */
export function targetForm(
  bytes: Bytes,
  from: number,
  to: number,
  method: string,
): ParsedHead["targetForm"] {
  if (method === "CONNECT") {
    if (isConnectAuthority(bytes, from, to)) return "authority";
  } else if (bytes[from] === SLASH) {
    return "origin";
  } else if (bytes[from] === ASTERISK) {
    if (to - from === 1 && method === "OPTIONS") return "asterisk";
  } else if (isAbsolute(bytes, from, to)) {
    return "absolute";
  }
  throw new ProtocolError("bad_target", "Cannot take this request target for this method");
}

/** Only the schemes that an origin server here can have: anything else asks for a proxy (RFC 9110 §7.4). */
function isAbsolute(bytes: Bytes, from: number, to: number): boolean {
  const start = authorityStart(bytes, from, to);
  return start > from && isAuthority(bytes, start, authorityEnd(bytes, start, to));
}

/** Where the authority of a target begins: after the scheme of the absolute form. */
export function authorityStart(bytes: Bytes, from: number, to: number): number {
  return from + absolutePrefix(bytes, from, to);
}

/** Where the authority that begins at `start` ends. */
export function authorityEnd(bytes: Bytes, start: number, to: number): number {
  let end = start;
  while (end < to && !endsAuthority(bytes[end]!)) end++;
  return end;
}

function absolutePrefix(bytes: Bytes, from: number, to: number): number {
  if (to - from > 7 && spells(bytes, from, from + 7, HTTP)) return 7;
  if (to - from > 8 && spells(bytes, from, from + 8, HTTPS)) return 8;
  return 0;
}

function endsAuthority(byte: number): boolean {
  return byte === SLASH || byte === QUESTION || byte === HASH;
}
