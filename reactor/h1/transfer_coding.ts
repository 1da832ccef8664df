/**
 * The list of transfer codings, RFC 9112 §6.1 and §7, over as many field lines as carry it. Reading
 * is strict, because two recipients that disagree here disagree on where the request ends: an empty
 * list element, which RFC 9110 §5.6.1.2 would have ignored, makes the list malformed too.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";
import {
  ascii,
  BACKSLASH,
  COMMA,
  DQUOTE,
  EQUALS,
  SEMICOLON,
  skipOws,
  spells,
  tokenEnd,
} from "./chars.ts";

/** A Transfer-Encoding field is there. */
export const CODINGS_SEEN = 1;
/** The last coding so far is `chunked`. */
export const CODINGS_CHUNKED = 2;
/** A coding other than `chunked` is in the list. */
export const CODINGS_UNKNOWN = 4;
/** The list breaks the grammar, or has something after `chunked`. */
export const CODINGS_MALFORMED = 8;

const NONE = -1;
const CHUNKED = ascii("chunked");

/** The state of the list, a set of the bits above, after one more field value. */
export function codingsOf(state: number, bytes: Bytes, from: number, to: number): number {
  state |= CODINGS_SEEN;
  let at = from;
  for (;;) {
    const nameEnd = tokenEnd(bytes, at, to);
    const end = nameEnd === at ? NONE : parametersEnd(bytes, nameEnd, to);
    // Nothing may follow `chunked`, not even another `chunked` (§6.1).
    if (end === NONE || (state & CODINGS_CHUNKED) !== 0) return state | CODINGS_MALFORMED;
    if (!spells(bytes, at, nameEnd, CHUNKED)) state |= CODINGS_UNKNOWN;
    else if (end === nameEnd) state |= CODINGS_CHUNKED;
    else return state | CODINGS_MALFORMED; // §7: chunked has no parameters
    at = skipOws(bytes, end, to);
    if (at === to) return state;
    if (bytes[at] !== COMMA) return state | CODINGS_MALFORMED;
    at = skipOws(bytes, at + 1, to);
  }
}

/** The end of *( OWS ";" OWS token BWS "=" BWS ( token / quoted-string ) ), or {@linkcode NONE}. */
function parametersEnd(bytes: Bytes, from: number, to: number): number {
  let end = from;
  for (;;) {
    const at = skipOws(bytes, end, to);
    if (at === to || bytes[at] !== SEMICOLON) return end;
    end = parameterEnd(bytes, skipOws(bytes, at + 1, to), to);
    if (end === NONE) return NONE;
  }
}

function parameterEnd(bytes: Bytes, from: number, to: number): number {
  const nameEnd = tokenEnd(bytes, from, to);
  const equals = skipOws(bytes, nameEnd, to);
  if (nameEnd === from || equals === to || bytes[equals] !== EQUALS) return NONE;
  const value = skipOws(bytes, equals + 1, to);
  if (value < to && bytes[value] === DQUOTE) return quotedEnd(bytes, value + 1, to);
  const valueEnd = tokenEnd(bytes, value, to);
  return valueEnd === value ? NONE : valueEnd;
}

function quotedEnd(bytes: Bytes, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] === DQUOTE) return at + 1;
    if (bytes[at] === BACKSLASH) at++;
  }
  return NONE;
}
