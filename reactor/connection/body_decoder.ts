/**
 * How a request's body comes out of the bytes that have arrived: by its length or by its chunks (RFC 9112
 * §6, §7.1). Takes bytes from the inbox and counts them; who reads the body is not known here.
 *
 * @module
 */

import { BodyError } from "../errors.ts";
import { ChunkedDecoder, ChunkStep } from "../h1/chunked.ts";
import type { Inbox } from "../memory/inbox.ts";
import { joined } from "../memory/pieces.ts";
import type { Bytes } from "../ports.ts";

/** What a reader gets of a body that is larger than `limit` bytes. */
export function bodyTooLarge(limit: number): BodyError {
  return new BodyError(
    "body_too_large",
    `Cannot read the body: it is larger than the limit of ${limit} bytes`,
  );
}

/** A body that is being received. */
export interface BodyDecoder {
  /** Whether its last byte has been taken. */
  readonly complete: boolean;
  /** Bytes taken so far, without the framing of chunks. */
  readonly received: number;
  /** Bytes to come, or `null` when only the end will tell. */
  readonly remaining: number | null;
  /** The trailer fields as name, value, name, value, …, once it is complete. */
  readonly trailers: readonly string[];
  /**
   * Takes what has arrived: the bytes, or `null` if there are none. If `discarding`, they are thrown away.
   *
   * @throws {ProtocolError} `bad_chunk` if the framing is broken.
   * @throws {BodyError} `body_too_large` if there is more than is allowed.
   */
  take(inbox: Inbox, discarding: boolean): Bytes | null;
}

const NO_FIELDS: readonly string[] = [];

/** Of a field line that the decoder has checked; what surrounds the value is whitespace (RFC 9110 §5.5). */
function nameAndValue(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
}

/** A body with a Content-Length. */
export class SizedBody implements BodyDecoder {
  readonly trailers: readonly string[] = NO_FIELDS;
  received = 0;
  remaining: number;

  constructor(length: number) {
    this.remaining = length;
  }

  get complete(): boolean {
    return this.remaining === 0;
  }

  take(inbox: Inbox, discarding: boolean): Bytes | null {
    const count = Math.min(this.remaining, inbox.size);
    if (count === 0) return null;
    this.count(count);
    if (!discarding) return inbox.take(count);
    inbox.consume(count);
    return null;
  }

  /** So many bytes were taken from the inbox by somebody else. */
  count(bytes: number): void {
    this.remaining -= bytes;
    this.received += bytes;
  }
}

/** A body in chunks. */
export class ChunkedBody implements BodyDecoder {
  readonly remaining = null;
  readonly #decoder = new ChunkedDecoder();
  readonly #mostBytes: number;
  complete = false;
  received = 0;

  /** `mostBytes` is how many are allowed; 0 is no limit. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get trailers(): readonly string[] {
    const lines = this.#decoder.trailerLines;
    return lines === "" ? NO_FIELDS : lines.slice(0, -2).split("\r\n").flatMap(nameAndValue);
  }

  take(inbox: Inbox, discarding: boolean): Bytes | null {
    const decoder = this.#decoder;
    const pieces: Bytes[] = [];
    let size = 0;
    while (inbox.size > 0) {
      const step = decoder.next(inbox.bytes, inbox.start, inbox.end);
      if (step !== ChunkStep.DATA) {
        inbox.consume(decoder.position - inbox.start);
        this.complete = step === ChunkStep.DONE;
        break;
      }
      const piece = this.#takeChunk(inbox);
      size += piece.length;
      this.#count(piece.length);
      if (!discarding) pieces.push(piece);
    }
    return size === 0 || discarding ? null : joined(pieces, size);
  }

  #count(bytes: number): void {
    this.received += bytes;
    if (this.#mostBytes > 0 && this.received > this.#mostBytes) {
      throw bodyTooLarge(this.#mostBytes);
    }
  }

  #takeChunk(inbox: Inbox): Bytes {
    const { dataStart, dataEnd, position } = this.#decoder;
    inbox.consume(dataStart - inbox.start);
    const piece = inbox.take(dataEnd - dataStart);
    inbox.consume(position - dataEnd);
    return piece;
  }
}
