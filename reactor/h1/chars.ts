/**
 * Bytes of HTTP/1.1 by class, as RFC 9110 §5.6 and RFC 3986 name them. Only single bytes and short
 * ranges of bytes are judged here; what they mean is for the other files.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const DQUOTE = 0x22;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const HYPHEN = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const DIGIT_0 = 0x30;
export const DIGIT_9 = 0x39;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION = 0x3f;
export const HASH = 0x23;
export const BRACKET_OPEN = 0x5b;
export const BACKSLASH = 0x5c;
export const BRACKET_CLOSE = 0x5d;

/** `tchar`, RFC 9110 §5.6.2. */
export const TOKEN = 1;
/** What a request target may hold here: the visible ASCII bytes, RFC 9112 §3.2 (no raw space, control or non-ASCII byte). */
export const TARGET = 2;
/** `field-vchar`, SP or HTAB, RFC 9110 §5.5: visible ASCII and obs-text, never a control character. */
export const FIELD = 4;
/** `unreserved` or `sub-delims`, RFC 3986 §2: what a reg-name holds besides percent-encoding. */
export const REG_NAME = 8;

/** The classes of each byte, as a set of the bits above: one small table stays in the cache. */
export const CLASS: Uint8Array = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (chars: string, bit: number) => {
    for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)]! |= bit;
  };
  const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  mark(alphanumeric + "!#$%&'*+-.^_`|~", TOKEN);
  mark(alphanumeric + "-._~!$&'()*+,;=", REG_NAME);
  for (let c = 0x21; c <= 0x7e; c++) table[c]! |= TARGET | FIELD;
  for (let c = 0x80; c <= 0xff; c++) table[c]! |= FIELD;
  table[SP]! |= FIELD;
  table[HTAB]! |= FIELD;
  return table;
}

/** OWS, RFC 9110 §5.6.3. */
export function isOws(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

export function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - DIGIT_0;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The first offset at or after `from` that is no OWS, at most `to`. */
export function skipOws(bytes: Bytes, from: number, to: number): number {
  while (from < to && isOws(bytes[from]!)) from++;
  return from;
}

/** The end of [`from`, `to`) without the OWS at its end. */
export function trimOws(bytes: Bytes, from: number, to: number): number {
  while (to > from && isOws(bytes[to - 1]!)) to--;
  return to;
}

/** The end of the token that begins at `from`; `from` itself when there is none. */
export function tokenEnd(bytes: Bytes, from: number, to: number): number {
  while (from < to && (CLASS[bytes[from]!]! & TOKEN) !== 0) from++;
  return from;
}

/** The first offset at or after `from` whose byte is neither `unreserved` nor `sub-delims`, at most `to`. */
export function regNameEnd(bytes: Bytes, from: number, to: number): number {
  while (from < to && (CLASS[bytes[from]!]! & REG_NAME) !== 0) from++;
  return from;
}

/** The bytes of a constant ASCII text, to compare with. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A few bytes as text, one character each; for long texts the platform has a faster way. */
export function shortText(bytes: Bytes, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

/**
 * Whether [`from`, `to`) spells `lower` in any case. The range must be free of control characters:
 * setting bit 5 then makes letters lower-case and takes no other byte to a letter, digit or "-".
 */
export function spells(bytes: Bytes, from: number, to: number, lower: Uint8Array): boolean {
  const length = lower.length;
  if (to - from !== length) return false;
  for (let i = 0; i < length; i++) {
    if ((bytes[from + i]! | 0x20) !== lower[i]!) return false;
  }
  return true;
}
