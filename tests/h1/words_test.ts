/** Words against the bytes they are made of: every byte in every place, beside the neighbours that borrow or carry. */

import { assertEquals } from "@std/assert";
import { isPrintable, sameBytes, textOf, WORD_BYTES, wordsOf } from "../../reactor/h1/words.ts";

const EDGES = [0x00, 0x1f, 0x20, 0x21, 0x7e, 0x7f, 0x80, 0x9f, 0xa0, 0xff];

Deno.test("a word is printable when all of its bytes are", () => {
  const bytes = new Uint8Array(WORD_BYTES);
  const words = wordsOf(bytes.buffer);
  for (let place = 0; place < WORD_BYTES; place++) {
    for (let byte = 0; byte < 256; byte++) {
      for (const left of EDGES) {
        for (const right of EDGES) {
          bytes.fill(right).fill(left, 0, place);
          bytes[place] = byte;
          const expected = bytes.every((each) => each >= 0x20 && each <= 0x7e);
          assertEquals(isPrintable(words.getInt32(0, true)), expected, `${bytes}`);
        }
      }
    }
  }
});

Deno.test("a buffer has one view, wherever it is looked at", () => {
  const { buffer } = new Uint8Array(16);
  assertEquals(wordsOf(buffer) === wordsOf(buffer), true);
});

Deno.test("bytes are the same when none differs, whatever their number and place", () => {
  for (let length = 0; length <= 3 * WORD_BYTES; length++) {
    const own = Uint8Array.from({ length }, (_, i) => i * 23);
    for (let at = 0; at < WORD_BYTES + 1; at++) {
      const there = new Uint8Array(at + length + WORD_BYTES).fill(0xa5);
      there.set(own, at);
      const [words, ownWords] = [wordsOf(there.buffer), wordsOf(own.buffer)];
      assertEquals(sameBytes(words, at, ownWords), true);
      for (let place = 0; place < length; place++) {
        for (const bit of [0x01, 0x80]) {
          there[at + place]! ^= bit;
          assertEquals(sameBytes(words, at, ownWords), false, `${at} ${length} ${place}`);
          there[at + place]! ^= bit;
        }
      }
    }
  }
});

Deno.test("differences that cancel each other out still differ", () => {
  const own = new Uint8Array(3 * WORD_BYTES);
  const there = new Uint8Array(3 * WORD_BYTES);
  for (const places of [[0, 4], [0, 4, 8], [8, 9]]) {
    there.fill(0);
    for (const place of places) there[place] = 0xff;
    assertEquals(sameBytes(wordsOf(there.buffer), 0, wordsOf(own.buffer)), false, `${places}`);
  }
});

Deno.test("text has one character for each byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assertEquals(textOf(wordsOf(bytes.buffer)).split("").map((char) => char.charCodeAt(0)), [
    ...bytes,
  ]);
});
