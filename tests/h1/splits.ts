/**
 * Feeds the same bytes to a parser in every way in which a network may deliver them: whole, byte by
 * byte, split at every position, and each of these with other bytes after them. What a parser makes
 * of them must not depend on it.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** One way of delivery. */
export interface Feeding {
  /** For the message of a failure. */
  readonly name: string;
  readonly bytes: Bytes;
  /** How many of the bytes have arrived, after each piece. */
  readonly ends: readonly number[];
}

/** What may follow: another request, and bytes that are none. */
const AFTER = ["GET /after HTTP/1.1\r\nHost: after\r\n\r\n", "\xff\0\r\n\n"];

/** One byte a character. */
export function latin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** One character a byte. */
export function textOf(bytes: Bytes, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

/** All at once. */
export function whole(raw: string): Feeding {
  const bytes = latin1(raw);
  return { name: "whole", bytes, ends: [bytes.length] };
}

/** All ways of delivery; for an input that ends the parsing, not `alone`, also with bytes after it. */
export function feedings(raw: string, options: { readonly alone?: boolean } = {}): Feeding[] {
  const tails = options.alone === true ? [""] : ["", ...AFTER];
  return tails.flatMap((tail, index) => {
    const bytes = latin1(raw + tail);
    const suffix = tail === "" ? "" : ` with bytes after it (${index})`;
    return [
      { name: "whole" + suffix, bytes, ends: [bytes.length] },
      { name: "byte by byte" + suffix, bytes, ends: upTo(bytes.length) },
      ...upTo(raw.length - 1).map((at) => (
        { name: `split at ${at}` + suffix, bytes, ends: [at, bytes.length] }
      )),
    ];
  });
}

function upTo(last: number): number[] {
  return Array.from({ length: Math.max(last, 0) }, (_, index) => index + 1);
}

/** The same bytes, counting how often one of them is read. */
export function counting(bytes: Bytes): { readonly bytes: Bytes; reads: number } {
  const counter = {
    reads: 0,
    bytes: new Proxy(bytes, {
      get(target, key) {
        if (typeof key === "string" && key >= "0" && key < ":") counter.reads++;
        const value: unknown = Reflect.get(target, key);
        // Methods get the bytes themselves: a copy does not count as a read.
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  };
  return counter;
}
