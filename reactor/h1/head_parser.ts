/**
 * The incremental parser of request heads: finds where each part ends, byte by byte, and hands the
 * part to whoever knows its meaning. It keeps offsets only, never bytes: the caller's buffer may move
 * between calls.
 *
 * One loop serves whole heads and heads in pieces alike, so that there is no second reading of the
 * grammar to drift. Each phase scans as far as its class of bytes goes; when the bytes end, phase and
 * offsets are kept and the next call goes on at that very byte, so a head costs the same in one piece
 * and in ten thousand. Every error depends on the bytes up to its own place alone, never on where the
 * pieces were cut.
 *
 * Strict where RFC 9112 §2.2 allows leniency: a line ends in CRLF, never in a bare CR or LF.
 *
 * @module
 */

import { type ProtocolCode, ProtocolError } from "../errors.ts";
import type { Bytes } from "../ports.ts";
import { isAuthority, isDoubtfulHost } from "./authority.ts";
import * as chars from "./chars.ts";
import type { KnownFields } from "./known_fields.ts";
import * as fields from "./fields.ts";
import { decideConnection, decideFraming } from "./framing.ts";
import { ParsedHead } from "./parsed_head.ts";
import { HeadMemory } from "./head_memory.ts";
import {
  authorityEnd,
  authorityStart,
  isVersionComplete,
  methodName,
  minorVersion,
  targetForm,
  VERSION_BYTES,
} from "./request_line.ts";
import * as words from "./words.ts";

/** What {@linkcode HeadParser.parse} returns when the head goes on after the bytes given. */
export const NEED_MORE = -1;

/** Bounds of a request head; exactly at the bound is still taken. */
export interface HeadLimits {
  /** The whole head in bytes: from its first byte, a skipped CRLF included, to its empty line. */
  readonly headBytes: number;
  /** Field lines. */
  readonly headerCount: number;
  /** The request target in bytes. */
  readonly targetBytes: number;
}

/** What a head is judged by. */
export interface HeadRules extends HeadLimits {
  /**
   * Whether a URL can be made of this text, as by WHATWG's URL parser: no application is to get a request
   * whose URL it cannot parse. Asked for unusual hosts and targets only.
   */
  readonly isUrl: (text: string) => boolean;
}

/** No registered method is longer than 17 bytes. */
const MAX_METHOD_BYTES = 32;

/** The first byte of a TLS handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 22;

// V8 folds constants of this module into the loop, but fetches imported ones at each use: naming them
// again here takes a tenth off a parse.
const { CLASS, COLON, CR, FIELD, LF, SP, TARGET, TOKEN } = chars;
const { FIELD_HOST, FIELD_OTHER } = fields;
const { isPrintable, WORD_BYTES } = words;

const NO_VIEW: words.Words = new DataView(new ArrayBuffer(0));

const START = 0;
const START_LF = 1;
const METHOD = 2;
const REQUEST_TARGET = 3;
const VERSION = 4;
const LINE = 5;
const NAME = 6;
const VALUE = 7;
const VALUE_LF = 8;
const END_LF = 9;

/** Parses the heads of one connection, one after the other. */
export class HeadParser {
  /** The last complete head; valid until the next call of {@linkcode HeadParser.parse}. */
  readonly head: ParsedHead = new ParsedHead();
  readonly #rules: HeadRules;
  readonly #memory: HeadMemory;
  readonly #facts = new fields.FieldFacts();
  #phase = START;
  /** The next byte to look at, and the first byte of the part being read; both from the head's start. */
  #at = 0;
  #mark = 0;
  #field = FIELD_OTHER;
  #count = 0;
  #view: words.Words = NO_VIEW;

  /** `memory` may be shared by parsers with the same rules. */
  constructor(rules: HeadRules, memory: HeadMemory = new HeadMemory()) {
    this.#rules = rules;
    this.#memory = memory;
  }

  /** Forgets a head that was begun. */
  reset(): void {
    this.#phase = START;
    this.#at = 0;
    this.#mark = 0;
    this.#field = FIELD_OTHER;
    this.#count = 0;
    this.#facts.reset();
  }

  /**
   * Goes on with the head that begins at `start`, in the bytes up to `end`. The bytes may have moved
   * since the last call, but must be the same from `start` on.
   *
   * Longer than the house's functions: the loop is the hottest code of the engine, and a call or a
   * field access for each byte costs more than the byte.
   *
   * @returns The offset after the head, or {@linkcode NEED_MORE}.
   * @throws {ProtocolError} After which only {@linkcode HeadParser.reset} makes sense. If the head has a length
   * then, all of it was read, and only what its parts mean together is refused.
   */
  parse(bytes: Bytes, start: number, end: number): number {
    const { headBytes, headerCount, targetBytes } = this.#rules;
    const limit = start + headBytes;
    const stop = end < limit ? end : limit;
    const view = this.#viewOf(bytes);
    const offset = bytes.byteOffset;
    const pastWords = stop - WORD_BYTES + 1;
    let phase = this.#phase;
    let at = start + this.#at;
    let mark = start + this.#mark;
    let field = this.#field;
    let count = this.#count;

    while (at < stop) {
      if (phase <= VERSION) {
        if (phase === START) {
          this.head.hostStart = this.head.hostEnd = -1;
          this.head.known = this.head.knownTarget = null;
          this.head.length = 0;
          mark = at;
          phase = METHOD;
          // RFC 9112 §2.2: one empty line ahead of the request line is ignored, no more.
          if (bytes[at] === CR) {
            phase = START_LF;
            if (++at === stop) break;
          }
        }

        if (phase === START_LF) {
          if (bytes[at] !== LF) {
            fail("bad_request_line", "Cannot take a bare CR before a request line");
          }
          mark = ++at;
          phase = METHOD;
        }

        if (phase === METHOD) {
          while (at < stop && (CLASS[bytes[at]!]! & TOKEN) !== 0) at++;
          if (at - mark > MAX_METHOD_BYTES) {
            // RFC 9112 §3: longer than any method that is known.
            fail("method_too_long", "Cannot take so long a method");
          }
          if (at === stop) break;
          if (bytes[at] !== SP || at === mark) badMethod(bytes[mark]!);
          this.head.method = methodName(bytes, mark, at);
          mark = ++at;
          phase = REQUEST_TARGET;
        }

        if (phase === REQUEST_TARGET) {
          while (at < stop && (CLASS[bytes[at]!]! & TARGET) !== 0) at++;
          if (at - mark > targetBytes) {
            fail("target_too_long", "Request target is too long");
          }
          if (at === stop) break;
          if (bytes[at] !== SP || at === mark) badTargetEnd(bytes[at]!);
          this.head.targetStart = mark - start;
          this.head.targetEnd = at - start;
          at++;
          phase = VERSION;
        }

        // Looks at up to ten bytes again in the next call, which stays a constant.
        if (!isVersionComplete(bytes, at, stop)) break;
        this.#endRequestLine(bytes, start, at);
        at += VERSION_BYTES;
        const known = this.#memory.fields.recall(view, offset + at, offset + stop);
        if (known !== null) {
          this.#recall(known, view, offset + start);
          return this.#complete(bytes, start, at + known.length);
        }
        phase = LINE;
        if (at === stop) break;
      }

      if (phase === LINE) {
        const byte = bytes[at]!;
        if (byte === CR) {
          phase = END_LF;
          if (++at === stop) break;
        } else {
          // Also refuses obs-fold (§5.2), an empty name and a bare LF.
          if ((CLASS[byte]! & TOKEN) === 0) fail("bad_field", "Cannot read a field name");
          if (++count > headerCount) {
            fail("too_many_fields", "Too many field lines");
          }
          mark = at++;
          phase = NAME;
        }
      }

      if (phase === NAME) {
        while (at < stop && (CLASS[bytes[at]!]! & TOKEN) !== 0) at++;
        if (at === stop) break;
        // Also refuses whitespace before the colon (§5.1).
        if (bytes[at] !== COLON) fail("bad_field", "Cannot read a field name");
        field = fields.fieldOf(bytes, mark, at);
        mark = ++at;
        phase = VALUE;
      }

      if (phase === VALUE) {
        while (at < pastWords && isPrintable(view.getInt32(offset + at, true))) at += WORD_BYTES;
        while (at < stop && (CLASS[bytes[at]!]! & FIELD) !== 0) at++;
        if (at === stop) break;
        if (bytes[at] !== CR) fail("bad_field", "Cannot take a control character in a field value");
        phase = VALUE_LF;
        if (++at === stop) break;
      }

      if (phase === VALUE_LF) {
        if (bytes[at] !== LF) fail("bad_field", "Cannot take a bare CR in a field line");
        if (field !== FIELD_OTHER) this.#endField(field, bytes, start, mark, at - 1);
        at++;
        phase = LINE;
        continue;
      }

      if (bytes[at] !== LF) fail("bad_field", "Cannot take a bare CR after the field lines");
      return this.#complete(bytes, start, at + 1);
    }

    if (stop === limit) fail("head_too_large", "Request head is too large");
    this.#phase = phase;
    this.#at = at - start;
    this.#mark = mark - start;
    this.#field = field;
    this.#count = count;
    return NEED_MORE;
  }

  /** Heads that follow each other mostly lie in the same slab. */
  #viewOf({ buffer }: Bytes): words.Words {
    return this.#view.buffer === buffer ? this.#view : this.#view = words.wordsOf(buffer);
  }

  #endRequestLine(bytes: Bytes, start: number, versionAt: number): void {
    const head = this.head;
    const targetStart = start + head.targetStart;
    head.minorVersion = minorVersion(bytes, versionAt);
    const targetEnd = start + head.targetEnd;
    head.targetForm = targetForm(bytes, targetStart, targetEnd, head.method);
    this.#checkUrl(head.targetForm, bytes, targetStart, targetEnd);
    head.fieldsStart = versionAt + VERSION_BYTES - start;
  }

  /** The path and query of a target are never what a URL cannot be made of, so other forms pass. */
  #checkUrl(form: ParsedHead["targetForm"], bytes: Bytes, from: number, to: number): void {
    if (form !== "absolute" && form !== "authority") return;
    const first = authorityStart(bytes, from, to);
    const last = authorityEnd(bytes, first, to);
    if (!this.#isUrlHost(bytes, first, last)) {
      fail("bad_target", "Cannot make a URL of this request target");
    }
  }

  /** Whether a URL can be made with this authority, which is well-formed. */
  #isUrlHost(bytes: Bytes, first: number, last: number): boolean {
    return !isDoubtfulHost(bytes, first, last) ||
      this.#rules.isUrl("http://" + chars.shortText(bytes, first, last));
  }

  #endField(field: number, bytes: Bytes, start: number, from: number, to: number): void {
    const first = chars.skipOws(bytes, from, to);
    const last = chars.trimOws(bytes, first, to);
    if (field !== FIELD_HOST) {
      fields.noteField(this.#facts, field, bytes, first, last);
      return;
    }
    // RFC 9112 §3.2: more than one Host, or an invalid one, gets 400; so does an empty one, which
    // would be right only for a target without authority.
    if (this.head.hostStart !== -1 || !isAuthority(bytes, first, last)) {
      fail("bad_host", "Cannot take the Host field: doubled or malformed");
    }
    if (!this.#isUrlHost(bytes, first, last)) {
      fail("bad_host", "Cannot make a URL with this Host");
    }
    this.head.hostStart = first - start;
    this.head.hostEnd = last - start;
  }

  /** The fields were read before, with an earlier head; the target, `from` the head's start on, may have been. */
  #recall(known: KnownFields, view: words.Words, from: number): void {
    const { head } = this;
    if (head.targetForm === "origin") {
      const { targets } = this.#memory;
      head.knownTarget = targets.recall(view, from + head.targetStart, from + head.targetEnd);
    }
    head.known = known;
    head.hostStart = head.fieldsStart + known.hostStart;
    head.hostEnd = head.fieldsStart + known.hostEnd;
    this.#facts.copy(known.facts);
  }

  /** The head ends before `end`, which this returns. */
  #complete(bytes: Bytes, start: number, end: number): number {
    const head = this.head;
    head.length = end - start;
    if (head.hostStart === -1 && head.minorVersion === 1) fail("bad_host", "Host is missing");
    decideFraming(head, this.#facts);
    decideConnection(head, this.#facts);
    if (head.known === null) this.#memory.fields.learn(bytes, start, head, this.#facts);
    this.reset();
    return end;
  }
}

function badMethod(first: number): never {
  if (first === TLS_HANDSHAKE) fail("tls_handshake", "Cannot take a TLS handshake on a plain port");
  fail("bad_request_line", "Cannot read the method");
}

function badTargetEnd(byte: number): never {
  if (byte === SP || byte === CR || byte === LF) {
    fail("bad_request_line", "Cannot read the request line");
  }
  fail("bad_target", "Cannot take a control or non-ASCII byte in the request target");
}

function fail(code: ProtocolCode, message: string): never {
  throw new ProtocolError(code, message);
}
