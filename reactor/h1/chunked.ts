/**
 * Decodes the chunked transfer coding, RFC 9112 §7.1, as named steps of one byte each; only body bytes
 * are passed over whole, so a piece of them costs the same whatever its size.
 *
 * The decoder takes in every byte it is shown and keeps none, so that the caller may reuse its buffer
 * after each call. It is strict, because a recipient that reads these lines in another way would find
 * another request after them: no whitespace ahead of a chunk size or a CRLF, no bare CR or LF, extensions
 * and trailer fields in their grammar, which has whitespace beside ";" and "=" alone (RFC 9110 §5.6.3 wants
 * that taken). Extensions are read safely and dropped (§7.1.1); trailers are kept apart from the head's
 * fields, for whoever asks for them (§7.1.2).
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import type { Bytes } from "../ports.ts";
import {
  BACKSLASH,
  CLASS,
  COLON,
  CR,
  DQUOTE,
  EQUALS,
  FIELD,
  hexValue,
  isOws,
  LF,
  SEMICOLON,
  TOKEN,
} from "./chars.ts";

/** What {@linkcode ChunkedDecoder.next} found. */
export const ChunkStep = {
  /** All bytes were taken in; show it what comes after them. */
  MORE: 0,
  /** Body bytes, from `dataStart` to `dataEnd`. */
  DATA: 1,
  /** The body is complete; `position` is where the next request begins. */
  DONE: 2,
} as const;

/** One of the values of {@linkcode ChunkStep}. */
export type ChunkStep = typeof ChunkStep[keyof typeof ChunkStep];

/** Bounds of what a chunked body carries besides its bytes; exactly at the bound is still taken. */
export interface ChunkLimits {
  /**
   * One chunk's size and extensions in bytes, without the CRLF; Go's bound.
   *
   * @default {4096}
   */
  readonly lineBytes?: number;
  /**
   * All trailer field lines in bytes, each with its CRLF.
   *
   * @default {8192}
   */
  readonly trailerBytes?: number;
  /**
   * Trailer field lines.
   *
   * @default {100}
   */
  readonly trailerCount?: number;
}

/** 14 digits hold every safe integer; the rest is room for leading zeros, which some senders pad with. */
const MAX_SIZE_DIGITS = 16;
/** So that size * 16 + 15 is still exact. */
const MAX_SIZE_BEFORE_DIGIT = Math.floor((Number.MAX_SAFE_INTEGER - 15) / 16);

/**
 * How many bytes of extensions a body may hold beyond what its chunks earn, 16 and twice their size
 * each. Go bounds the same way (CVE-2023-39326): signed chunks of a long upload pass, while a body of
 * hardly anything but extensions ends early.
 */
const MAX_EXCESS_BYTES = 16_384;
const EARNED_BY_CHUNK = 16;
const EARNED_BY_BYTE = 2;

// The steps of a chunk's first line come first: up to LINE_LAST, bytes count against `lineBytes`.
const SIZE_START = 0;
const SIZE = 1;
const EXT_NAME_START = 2;
const EXT_NAME = 3;
const EXT_VALUE_START = 4;
const EXT_TOKEN = 5;
const EXT_QUOTED = 6;
const EXT_ESCAPED = 7;
const EXT_QUOTED_END = 8;
/** After whitespace that has to be followed by another extension, or by the value of this one. */
const EXT_SPACE = 9;
const EXT_NAME_SPACE = 10;
const LINE_LAST = EXT_NAME_SPACE;
const SIZE_LF = 11;
const DATA = 12;
const DATA_CR = 13;
const DATA_LF = 14;
const TRAILER_START = 15;
const TRAILER_NAME = 16;
const TRAILER_VALUE = 17;
const TRAILER_LF = 18;
const TRAILER_LAST = TRAILER_LF;
const END_LF = 19;
const DONE = 20;

/** Decodes one chunked body after the other. */
export class ChunkedDecoder {
  /** Where the body bytes of the last {@linkcode ChunkStep.DATA} begin. */
  dataStart = 0;
  /** The offset after them. */
  dataEnd = 0;
  /** The offset of the first byte that the last call left. */
  position = 0;
  /** The trailer field lines that were read, each with its CRLF, one character a byte. */
  trailerLines = "";

  readonly #lineLimit: number;
  readonly #trailerLimit: number;
  readonly #trailerCountLimit: number;
  #step = SIZE_START;
  /** The size read so far, then the bytes of the chunk that are still to come. */
  #left = 0;
  #digits = 0;
  #lineBytes = 0;
  #excess = 0;
  #trailerBytes = 0;
  #trailerCount = 0;

  constructor(limits: ChunkLimits = {}) {
    this.#lineLimit = limits.lineBytes ?? 4096;
    this.#trailerLimit = limits.trailerBytes ?? 8192;
    this.#trailerCountLimit = limits.trailerCount ?? 100;
  }

  /** Forgets a body that was begun or completed. */
  reset(): void {
    this.#step = SIZE_START;
    this.#left = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
    this.#excess = 0;
    this.#trailerBytes = 0;
    this.#trailerCount = 0;
    this.trailerLines = "";
  }

  /**
   * Examines the bytes from `from` to `to`, up to the end of a piece of the body. To be called again
   * from `position` until it returns something other than {@linkcode ChunkStep.DATA}.
   *
   * @throws {ProtocolError} `bad_chunk`, after which only {@linkcode ChunkedDecoder.reset} makes sense.
   */
  next(bytes: Bytes, from: number, to: number): ChunkStep {
    let at = from;
    while (at < to && this.#step !== DONE) {
      if (this.#step === DATA) return this.#data(at, to);
      const byte = bytes[at]!;
      const step = this.#take(byte);
      this.#count(this.#step, step, byte);
      this.#step = step;
      at++;
    }
    this.position = at;
    return this.#step === DONE ? ChunkStep.DONE : ChunkStep.MORE;
  }

  #data(from: number, to: number): ChunkStep {
    const size = Math.min(this.#left, to - from);
    this.#left -= size;
    if (this.#left === 0) this.#step = DATA_CR;
    this.dataStart = from;
    this.dataEnd = this.position = from + size;
    return ChunkStep.DATA;
  }

  /** Bounds the bytes of lines, of which the peer may send any number without sending any body. */
  #count(step: number, next: number, byte: number): void {
    if (step <= LINE_LAST) {
      if (next !== SIZE_LF && ++this.#lineBytes > this.#lineLimit) {
        refuse("chunk line, which is too long");
      }
    } else if (step >= TRAILER_START && step <= TRAILER_LAST) {
      if (next === END_LF) return;
      if (++this.#trailerBytes > this.#trailerLimit) refuse("trailer section, which is too large");
      this.trailerLines += String.fromCharCode(byte);
    }
  }

  /** The step after `byte`. */
  #take(byte: number): number {
    switch (this.#step) {
      case SIZE_START:
        return this.#digit(hexValue(byte));
      case SIZE:
        return hexValue(byte) === -1 ? extensionOrEnd(byte) : this.#digit(hexValue(byte));
      case EXT_NAME_START:
        if (isOws(byte)) return EXT_NAME_START;
        return isToken(byte) ? EXT_NAME : refuse("extension name");
      case EXT_NAME:
        return extensionName(byte);
      case EXT_VALUE_START:
        return extensionValueStart(byte);
      case EXT_TOKEN:
        return isToken(byte) ? EXT_TOKEN : extensionOrEnd(byte);
      case EXT_QUOTED:
        return extensionQuoted(byte);
      case EXT_ESCAPED:
        return isField(byte) ? EXT_QUOTED : refuse("quoted pair");
      case EXT_QUOTED_END:
        return extensionOrEnd(byte);
      case EXT_SPACE:
        return extensionAfterSpace(byte);
      case EXT_NAME_SPACE:
        return extensionAfterName(byte);
      case SIZE_LF:
        return byte === LF ? this.#endLine() : refuse("end of a chunk line");
      case DATA_CR:
        return byte === CR ? DATA_LF : refuse("end of a chunk");
      case DATA_LF:
        return byte === LF ? this.#beginLine() : refuse("end of a chunk");
      case TRAILER_START:
        return byte === CR ? END_LF : this.#beginTrailer(byte);
      case TRAILER_NAME:
        return trailerName(byte);
      case TRAILER_VALUE:
        return trailerValue(byte);
      case TRAILER_LF:
        return byte === LF ? TRAILER_START : refuse("end of a trailer field");
      default:
        return byte === LF ? DONE : refuse("end of the trailer section");
    }
  }

  #digit(value: number): number {
    if (value === -1 || ++this.#digits > MAX_SIZE_DIGITS || this.#left > MAX_SIZE_BEFORE_DIGIT) {
      refuse("chunk size");
    }
    this.#left = this.#left * 16 + value;
    return SIZE;
  }

  #endLine(): number {
    this.#excess += this.#lineBytes - this.#digits - EARNED_BY_CHUNK - EARNED_BY_BYTE * this.#left;
    if (this.#excess < 0) this.#excess = 0;
    if (this.#excess > MAX_EXCESS_BYTES) refuse("extensions, which are too many");
    return this.#left === 0 ? TRAILER_START : DATA;
  }

  #beginLine(): number {
    this.#digits = 0;
    this.#lineBytes = 0;
    return SIZE_START;
  }

  #beginTrailer(byte: number): number {
    // Also refuses obs-fold, an empty name and a bare LF.
    if (!isToken(byte)) refuse("trailer field name");
    if (++this.#trailerCount > this.#trailerCountLimit) {
      refuse("trailer section, which has too many fields");
    }
    return TRAILER_NAME;
  }
}

function extensionOrEnd(byte: number): number {
  if (byte === CR) return SIZE_LF;
  if (byte === SEMICOLON) return EXT_NAME_START;
  return isOws(byte) ? EXT_SPACE : refuse("chunk line");
}

function extensionAfterSpace(byte: number): number {
  if (isOws(byte)) return EXT_SPACE;
  return byte === SEMICOLON ? EXT_NAME_START : refuse("chunk line");
}

function extensionName(byte: number): number {
  if (isToken(byte)) return EXT_NAME;
  if (isOws(byte)) return EXT_NAME_SPACE;
  return byte === EQUALS ? EXT_VALUE_START : extensionOrEnd(byte);
}

function extensionAfterName(byte: number): number {
  if (isOws(byte)) return EXT_NAME_SPACE;
  return byte === EQUALS ? EXT_VALUE_START : extensionAfterSpace(byte);
}

function extensionValueStart(byte: number): number {
  if (isOws(byte)) return EXT_VALUE_START;
  if (byte === DQUOTE) return EXT_QUOTED;
  return isToken(byte) ? EXT_TOKEN : refuse("extension value");
}

function extensionQuoted(byte: number): number {
  if (byte === DQUOTE) return EXT_QUOTED_END;
  if (byte === BACKSLASH) return EXT_ESCAPED;
  return isField(byte) ? EXT_QUOTED : refuse("quoted extension value");
}

function trailerName(byte: number): number {
  if (isToken(byte)) return TRAILER_NAME;
  return byte === COLON ? TRAILER_VALUE : refuse("trailer field name");
}

function trailerValue(byte: number): number {
  if (isField(byte)) return TRAILER_VALUE;
  return byte === CR ? TRAILER_LF : refuse("trailer field value");
}

function isToken(byte: number): boolean {
  return (CLASS[byte]! & TOKEN) !== 0;
}

function isField(byte: number): boolean {
  return (CLASS[byte]! & FIELD) !== 0;
}

function refuse(what: string): never {
  throw new ProtocolError("bad_chunk", `Cannot read the chunked body at its ${what}`);
}
