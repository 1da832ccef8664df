/**
 * CRC-32C (RFC 3720 §12.1), the checksum of the PROXY protocol. Bit by bit: a header has some fifty bytes,
 * and hardly any has a checksum. Pure.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

/** The polynomial of Castagnoli, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** The checksum of `bytes`, 0 to 2³² - 1. */
export function crc32c(bytes: Bytes): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}
