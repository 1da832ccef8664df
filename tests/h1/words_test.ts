/** Words against the bytes they are made of: every byte in every place, beside the neighbours that borrow or carry. */

import { assertEquals } from "@std/assert";
import { isPrintable, WORD_BYTES, wordsOf } from "../../reactor/h1/words.ts";

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
