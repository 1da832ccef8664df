/** Single bytes and short ranges of bytes, at their edges. */

import { ascii, regNameEnd, skipOws, spells, tokenEnd, trimOws } from "../../reactor/h1/chars.ts";
import { assertEquals } from "../support/assert.ts";
import { latin1 } from "../support/wire.ts";

const RANGES = [
  ["tokenEnd", tokenEnd, "ab:c", 0, 1, 1],
  ["tokenEnd", tokenEnd, "ab:c", 0, 4, 2],
  ["tokenEnd", tokenEnd, "ab:c", 2, 4, 2],
  ["regNameEnd", regNameEnd, "ab:c", 0, 1, 1],
  ["regNameEnd", regNameEnd, "ab:c", 0, 4, 2],
  ["skipOws", skipOws, " \t a", 0, 4, 3],
  ["skipOws", skipOws, " \t a", 0, 2, 2],
  ["trimOws", trimOws, "a \t ", 0, 4, 1],
  ["trimOws", trimOws, "  ", 1, 2, 1],
] as const;

for (const [name, find, text, from, to, end] of RANGES) {
  Deno.test(`${name}() from ${from} to ${to} of ${JSON.stringify(text)} is ${end}`, () => {
    assertEquals(find(latin1(text), from, to), end);
  });
}

const SPELLINGS = [
  ["close", true],
  ["CLOSE", true],
  ["xlose", false],
  ["closx", false],
  ["clos", false],
  ["closes", false],
] as const;

for (const [text, expected] of SPELLINGS) {
  Deno.test(`spells() takes ${text} for close: ${expected}`, () => {
    const bytes = latin1(`-${text}-`);
    assertEquals(spells(bytes, 1, 1 + text.length, ascii("close")), expected);
  });
}
