/**
 * What the fields that steer the connection mean, one field line at a time: which field a name is,
 * and what its value adds to the facts of this head. No rule that looks at two fields together lives
 * here; those are in `framing.ts`.
 *
 * Values come trimmed of OWS and free of control characters.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Bytes } from "../ports.ts";
import {
  ascii,
  COMMA,
  DIGIT_0,
  isDigit,
  skipOws,
  SLASH,
  spells,
  tokenEnd,
  trimOws,
} from "./chars.ts";
import { codingsOf } from "./transfer_coding.ts";

/** A field that means nothing to the engine. */
export const FIELD_OTHER = 0;
export const FIELD_HOST = 1;
export const FIELD_CONNECTION = 2;
export const FIELD_CONTENT_LENGTH = 3;
export const FIELD_TRANSFER_ENCODING = 4;
export const FIELD_EXPECT = 5;
export const FIELD_UPGRADE = 6;

/** `Connection: close`. */
export const CLOSE = 1;
/** `Connection: keep-alive`. */
export const KEEP_ALIVE = 2;
/** `Connection: upgrade`. */
export const UPGRADE_OPTION = 4;
/** An Upgrade field, all of them well-formed so far. */
export const UPGRADE = 8;
export const BAD_UPGRADE = 16;
/** `Expect: 100-continue`. */
export const EXPECT_CONTINUE = 32;
export const EXPECT_UNKNOWN = 64;

/** 16 digits hold every safe integer; a longer number is padding or too large. */
const MAX_LENGTH_DIGITS = 16;

const LONGEST_NAME = 17;
/** The names above by their length, which no two share, and their first letters. */
const NAMES: readonly ({ readonly name: Uint8Array; readonly field: number } | undefined)[] =
  byLength([
    ["host", FIELD_HOST],
    ["expect", FIELD_EXPECT],
    ["upgrade", FIELD_UPGRADE],
    ["connection", FIELD_CONNECTION],
    ["content-length", FIELD_CONTENT_LENGTH],
    ["transfer-encoding", FIELD_TRANSFER_ENCODING],
  ]);
const INITIALS = Uint8Array.from(NAMES, (known) => known?.name[0] ?? 0);

const OPTION_CLOSE = ascii("close");
const OPTION_UPGRADE = ascii("upgrade");
const OPTION_KEEP_ALIVE = ascii("keep-alive");
const EXPECTATION = ascii("100-continue");
const HTTP2_CLEARTEXT = ascii("h2c");

function byLength(fields: readonly (readonly [string, number])[]) {
  const list = Array.from<{ name: Uint8Array; field: number } | undefined>({
    length: LONGEST_NAME + 1,
  });
  for (const [name, field] of fields) list[name.length] = { name: ascii(name), field };
  return list;
}

/** The facts of one head, reused for the next. */
export class FieldFacts {
  /** A set of the bits above. */
  seen = 0;
  /** -1 without Content-Length. */
  contentLength = -1;
  /** How far the list of transfer codings has been read: see `transfer_coding.ts`. */
  codings = 0;

  reset(): void {
    this.seen = 0;
    this.contentLength = -1;
    this.codings = 0;
  }

  copy({ seen, contentLength, codings }: FieldFacts): void {
    this.seen = seen;
    this.contentLength = contentLength;
    this.codings = codings;
  }
}

/**
 * Which of the fields above the name in [`from`, `to`) is; names have no case (RFC 9110 §5.1). Length
 * and initial tell nearly every other field apart without a further look.
 */
export function fieldOf(bytes: Bytes, from: number, to: number): number {
  const length = to - from;
  if (length > LONGEST_NAME || (bytes[from]! | 0x20) !== INITIALS[length]) return FIELD_OTHER;
  const known = NAMES[length]!;
  return spells(bytes, from, to, known.name) ? known.field : FIELD_OTHER;
}

/**
 * Adds one field line to the facts; Host is kept by the parser, which knows the offsets.
 *
 * @throws {ProtocolError} `bad_framing` for a Content-Length that is doubled or no exact number.
 */
export function noteField(
  facts: FieldFacts,
  field: number,
  bytes: Bytes,
  from: number,
  to: number,
): void {
  switch (field) {
    case FIELD_CONNECTION:
      // Nearly always the only option.
      facts.seen |= spells(bytes, from, to, OPTION_KEEP_ALIVE)
        ? KEEP_ALIVE
        : anyOf(connectionOption, bytes, from, to);
      break;
    case FIELD_CONTENT_LENGTH:
      // Even two equal ones: RFC 9112 §6.3 lets a recipient refuse them, and it is the safe choice.
      if (facts.contentLength !== -1) badLength();
      facts.contentLength = lengthOf(bytes, from, to);
      break;
    case FIELD_TRANSFER_ENCODING:
      facts.codings = codingsOf(facts.codings, bytes, from, to);
      break;
    case FIELD_EXPECT:
      facts.seen |= anyOf(expectation, bytes, from, to);
      break;
    case FIELD_UPGRADE:
      facts.seen |= anyOf(protocol, bytes, from, to);
      break;
  }
}

/** Content-Length = 1*DIGIT, RFC 9110 §8.6: no sign, no list, nothing that a double cannot hold exactly. */
function lengthOf(bytes: Bytes, from: number, to: number): number {
  if (to === from || to - from > MAX_LENGTH_DIGITS) badLength();
  let length = 0;
  for (let at = from; at < to; at++) {
    if (!isDigit(bytes[at]!)) badLength();
    length = length * 10 + (bytes[at]! - DIGIT_0);
  }
  if (length > Number.MAX_SAFE_INTEGER) badLength();
  return length;
}

function badLength(): never {
  throw new ProtocolError(
    "bad_framing",
    "Cannot take Content-Length: not one exact number of bytes",
  );
}

/** What all elements of a list mean together; empty ones mean nothing (RFC 9110 §5.6.1.2). */
function anyOf(
  meaning: (bytes: Bytes, from: number, to: number) => number,
  bytes: Bytes,
  from: number,
  to: number,
): number {
  let meanings = 0;
  while (from < to) {
    let end = from;
    while (end < to && bytes[end] !== COMMA) end++;
    const start = skipOws(bytes, from, end);
    if (start < end) meanings |= meaning(bytes, start, trimOws(bytes, start, end));
    from = end + 1;
  }
  return meanings;
}

/** RFC 9110 §10.1.1. */
function expectation(bytes: Bytes, from: number, to: number): number {
  return spells(bytes, from, to, EXPECTATION) ? EXPECT_CONTINUE : EXPECT_UNKNOWN;
}

/** RFC 9110 §7.6.1. Options that the engine does not know mean nothing. */
function connectionOption(bytes: Bytes, from: number, to: number): number {
  switch (to - from) {
    case OPTION_CLOSE.length:
      return spells(bytes, from, to, OPTION_CLOSE) ? CLOSE : 0;
    case OPTION_UPGRADE.length:
      return spells(bytes, from, to, OPTION_UPGRADE) ? UPGRADE_OPTION : 0;
    case OPTION_KEEP_ALIVE.length:
      return spells(bytes, from, to, OPTION_KEEP_ALIVE) ? KEEP_ALIVE : 0;
    default:
      return 0;
  }
}

/**
 * Upgrade = #( token [ "/" token ] ), RFC 9110 §7.8. An offer of h2c means nothing: RFC 9113 §3.1 has done
 * away with it, but some clients (Java's) make it with every request, bodies or not.
 */
function protocol(bytes: Bytes, from: number, to: number): number {
  const nameEnd = tokenEnd(bytes, from, to);
  if (nameEnd === from) return BAD_UPGRADE;
  if (nameEnd === to) return spells(bytes, from, to, HTTP2_CLEARTEXT) ? 0 : UPGRADE;
  const versionEnd = tokenEnd(bytes, nameEnd + 1, to);
  const sound = bytes[nameEnd] === SLASH && versionEnd > nameEnd + 1 && versionEnd === to;
  return sound ? UPGRADE : BAD_UPGRADE;
}
