/**
 * Four bytes at a time: most of a head is field values, and most of those are plain ASCII, which the parser
 * passes over word by word. A word that is not all printable is looked at again byte by byte, so nothing is
 * decided here. What that saves is in docs/performance.md, "What paid".
 *
 * @module
 */

/** A buffer as the words in it. */
export type Words = DataView<ArrayBuffer>;

/** One view for each slab of buffers; module state, because it holds nothing but the place. */
const views = new WeakMap<ArrayBuffer, Words>();

/** How many bytes are in a word. */
export const WORD_BYTES = 4;

/** Reads words of a buffer, wherever they begin. */
export function wordsOf(buffer: ArrayBuffer): Words {
  let view = views.get(buffer);
  if (view === undefined) views.set(buffer, view = new DataView(buffer));
  return view;
}

/**
 * Whether all four bytes are printable ASCII, 0x20 to 0x7e. Each term sets the highest bit of a byte that is
 * not: of one below 0x20 the difference, of 0x7f the sum, of one above it the byte itself. A byte that is
 * printable borrows and carries nothing, so the lowest one that is not always shows.
 */
export function isPrintable(word: number): boolean {
  return (((word - 0x20202020) | (word + 0x01010101) | word) & 0x80808080) === 0;
}

/**
 * Whether the bytes at `at` are those of `own`; they must be there. Looks at all of them whatever differs, so
 * that its time tells nobody how much of another client's secret was guessed.
 */
export function sameBytes(words: Words, at: number, own: Words): boolean {
  const { byteLength } = own;
  let different = 0;
  let i = 0;
  for (const last = byteLength - WORD_BYTES; i <= last; i += WORD_BYTES) {
    different |= words.getInt32(at + i, true) ^ own.getInt32(i, true);
  }
  for (; i < byteLength; i++) different |= words.getInt8(at + i) ^ own.getInt8(i);
  return different === 0;
}

/** All bytes as text, one character each. */
export function textOf({ buffer }: Words): string {
  return Reflect.apply(String.fromCharCode, null, new Uint8Array(buffer));
}
