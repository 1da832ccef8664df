import { countHeadEnds } from "../../reactor/h1/pipeline.ts";
import { assertEquals } from "../support/assert.ts";
import { latin1 } from "../support/wire.ts";

const END = "\r\n\r\n";

const COUNTS: readonly (readonly [text: string, count: number])[] = [
  ["", 0],
  ["a", 0],
  [END, 1],
  [`a${END}`, 1],
  [`a${END}b${END}c`, 2],
  [END + END, 3],
  ["\r\n\r", 0],
  ["\n\r\n", 0],
  ["\n\n\n\n", 0],
  ["\r\n\n\n", 0],
  ["a\n\r\n", 0],
  ["\ra\r\n", 0],
  ["\r\na\n", 0],
  ["\r\n\ra", 0],
  ["a\r\na\r\n\r\n", 1],
];

for (const [text, count] of COUNTS) {
  Deno.test(`countHeadEnds() of ${JSON.stringify(text)} is ${count}`, () => {
    assertEquals(countHeadEnds(latin1(text), 0, text.length), count);
    // What stands around it does not count.
    const around = latin1(END.slice(0, 3) + END + text + END + END.slice(1));
    const from = 3 + END.length;
    assertEquals(countHeadEnds(around, from, from + text.length), count);
  });
}
