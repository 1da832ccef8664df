/**
 * Strings that stand for bytes, each character for one.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** The bytes of a string whose characters are below 256. */
export function latin1Bytes(text: string): Bytes {
  const bytes: Bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
