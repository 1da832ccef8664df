/**
 * Several ranges as multipart/byteranges (RFC 9110 §14.6): the texts between the parts, and the length of
 * the whole. Pure.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import { type ByteRange, lengthOf } from "./ranges.ts";

/** What a body consists of: bytes that are here, and ranges of the file. */
export type BodyPart = Bytes | ByteRange;

/** A body of several parts. */
export interface Multipart {
  readonly contentType: string;
  /** In bytes. */
  readonly length: number;
  readonly parts: readonly BodyPart[];
}

/** A body with `ranges` of a file of `size` bytes and the given content type. */
export function multipart(ranges: readonly ByteRange[], file: {
  readonly size: number;
  readonly contentType: string;
}): Multipart {
  const boundary = randomBoundary();
  const parts: BodyPart[] = [];
  ranges.forEach((range, at) => {
    const head = `${at === 0 ? "" : "\r\n"}--${boundary}\r\n` +
      `Content-Type: ${file.contentType}\r\n` +
      `Content-Range: ${contentRange(range, file.size)}\r\n\r\n`;
    parts.push(encode(head), range);
  });
  parts.push(encode(`\r\n--${boundary}--\r\n`));
  const length = parts.reduce((sum, part) => sum + sizeOfPart(part), 0);
  return { contentType: `multipart/byteranges; boundary=${boundary}`, length, parts };
}

/** The value of Content-Range. */
export function contentRange({ first, last }: ByteRange, size: number): string {
  return `bytes ${first}-${last}/${size}`;
}

function sizeOfPart(part: BodyPart): number {
  return part instanceof Uint8Array ? part.length : lengthOf(part);
}

function encode(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Random, so that no file can hold it on purpose. */
function randomBoundary(): string {
  return `weir-${crypto.getRandomValues(new Uint8Array(18)).toHex()}`;
}
