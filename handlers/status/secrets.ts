/**
 * What nobody can guess, and how it is compared.
 *
 * @module
 */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

/** 128 bits that nobody can guess. */
export function randomText(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}

/** Compares in a time that reveals nothing about either. */
export async function isSame(one: string, other: string): Promise<boolean> {
  return timingSafeEqual(await digest(one), await digest(other));
}

/** The SHA-256 of a text: what can be looked up without a time that reveals something about the text. */
export async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
