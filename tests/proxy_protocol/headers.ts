/**
 * Makes PROXY headers for tests, byte for byte as the specification draws them, also wrong ones.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** The fixed beginning of version 2. */
export const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

/** What a header of version 2 holds; by default PROXY, TCP over IPv4, without fields. */
export interface BinaryHeader {
  /** Version and command. */
  readonly command?: number;
  readonly family?: number;
  readonly addresses?: readonly number[];
  readonly tlvs?: readonly (readonly [type: number, value: readonly number[]])[];
  /** In the place of the true length. */
  readonly length?: number;
}

/** 192.0.2.7:4711 to 198.51.100.1:443. */
export const V4_ADDRESSES = [192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 0x01, 0xbb];

/** [2001:db8::7]:4711 to [2001:db8::1]:443. */
export const V6_ADDRESSES = [
  ...[0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 7],
  ...[0x20, 0x01, 0x0d, 0xb8, ...zeros(11), 1],
  ...[0x12, 0x67, 0x01, 0xbb],
];

/** A header of version 2, one character a byte. */
export function binary(header: BinaryHeader = {}): string {
  const { command = 0x21, family = 0x11, addresses = V4_ADDRESSES, tlvs = [] } = header;
  const fields = tlvs.flatMap(([type, value]) => [type, ...two(value.length), ...value]);
  const body = [...addresses, ...fields];
  return SIGNATURE + text([command, family, ...two(header.length ?? body.length), ...body]);
}

/** So many zeros. */
export function zeros(count: number): number[] {
  return new Array(count).fill(0);
}

function two(number: number): [number, number] {
  return [number >> 8, number & 255];
}

/** One character a byte. */
export function text(bytes: readonly number[] | Bytes): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
