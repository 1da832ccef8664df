/**
 * IP addresses between text and bytes, each way in one spelling: four bytes for IPv4, sixteen for IPv6 as
 * RFC 5952 writes it. An IPv4 address that is mapped into IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address.
 * Strict, because two readers of one address must not come to two results: no octal, no missing part, no
 * zone. Pure.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** The longest IPv6 address in text, with an IPv4 address at its end. */
const MAX_TEXT = 45;

/** The address in `text`, four bytes or sixteen; `null` if it is none. */
export function parseIp(text: string): Bytes | null {
  if (text.length > MAX_TEXT) return null;
  if (!text.includes(":")) return parseV4(text);
  const groups = groupsOfV6(text);
  return groups === null ? null : unmapped(bytesOfGroups(groups));
}

/** The address in `bytes`, of which there are four or sixteen, in its one spelling. */
export function formatIp(bytes: Bytes): string {
  const short = unmapped(bytes);
  return short.length === 4 ? short.join(".") : formatV6(short);
}

/** The IPv4 address in a mapped one; any other as it is. */
export function unmapped(bytes: Bytes): Bytes {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return bytes;
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return bytes;
  return bytes.subarray(12);
}

const DIGIT_0 = 0x30;
const DOT = 0x2e;

/** Digit by digit: each request may ask for several. */
function parseV4(text: string): Bytes | null {
  const bytes = new Uint8Array(4);
  let at = 0;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(at++) !== DOT) return null;
    const from = at;
    let value = 0;
    for (; at - from < 3; at++) {
      const digit = text.charCodeAt(at) - DIGIT_0;
      // Past the end it is not a number.
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    // Some programs read a leading zero as octal.
    const octal = at - from > 1 && text.charCodeAt(from) === DIGIT_0;
    if (at === from || octal || value > 255) return null;
    bytes[part] = value;
  }
  return at === text.length ? bytes : null;
}

function groupsOfV6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [front = "", back] = halves;
  const first = groupsIn(front, { endsAddress: back === undefined });
  const last = back === undefined ? [] : groupsIn(back, { endsAddress: true });
  if (first === null || last === null) return null;
  const missing = 8 - first.length - last.length;
  // "::" stands for one group at least.
  if (back === undefined ? missing !== 0 : missing < 1) return null;
  return [...first, ...new Array<number>(missing).fill(0), ...last];
}

/** The groups of one side of "::"; the end of an address may be written as IPv4. */
function groupsIn(text: string, { endsAddress }: { endsAddress: boolean }): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (V6_GROUP.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const v4 = endsAddress && index === parts.length - 1 ? parseV4(part) : null;
    if (v4 === null) return null;
    groups.push(v4[0]! * 256 + v4[1]!, v4[2]! * 256 + v4[3]!);
  }
  return groups;
}

const V6_GROUP = /^[0-9a-f]{1,4}$/i;

function bytesOfGroups(groups: readonly number[]): Bytes {
  return new Uint8Array(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** RFC 5952 §4: no leading zeros, lower case, "::" for the first of the longest runs of zero groups. */
function formatV6(bytes: Bytes): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes[2 * at]! * 256 + bytes[2 * at + 1]!);
  const texts = groups.map((group) => group.toString(16));
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index + 1 - length, length };
  }
  return best;
}
