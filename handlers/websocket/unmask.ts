/**
 * Masking of payloads (RFC 6455 §5.3), four bytes at a time: `ws` by itself goes byte by byte, unless it
 * has an addon in machine code.
 *
 * @module
 */

const word = new Uint8Array(4);
const wordAsNumber = new Int32Array(word.buffer);

/** Unmasks `bytes` in place; `mask` has four bytes. */
export function unmask(bytes: Uint8Array, mask: Uint8Array): void {
  const { buffer, byteOffset, length } = bytes;
  let at = 0;
  for (; at < length && ((byteOffset + at) & 3) !== 0; at++) bytes[at]! ^= mask[at & 3]!;
  const words = (length - at) >> 2;
  if (words > 0) {
    for (let i = 0; i < 4; i++) word[i] = mask[(at + i) & 3]!;
    const key = wordAsNumber[0]!;
    const numbers = new Int32Array(buffer, byteOffset + at, words);
    for (let i = 0; i < words; i++) numbers[i]! ^= key;
    at += words * 4;
  }
  for (; at < length; at++) bytes[at]! ^= mask[at & 3]!;
}

/** Masks the first `length` bytes of `source` into `output` at `offset`; a server never does. */
export function maskInto(
  ...[source, mask, output, offset, length]: [
    source: Uint8Array,
    mask: Uint8Array,
    output: Uint8Array,
    offset: number,
    length: number,
  ]
): void {
  const target = output.subarray(offset, offset + length);
  target.set(source.subarray(0, length));
  unmask(target, mask);
}
