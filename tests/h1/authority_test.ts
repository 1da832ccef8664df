/** What stands after the end of an authority is no part of it. */

import { isAuthority, isConnectAuthority } from "../../reactor/h1/authority.ts";
import { assertEquals } from "../support/assert.ts";
import { latin1 } from "../support/wire.ts";

const WITHIN: readonly (readonly [text: string, end: number, expected: boolean])[] = [
  ["a%41", 4, true],
  ["a%00", 4, true],
  ["a%41", 3, false],
  ["a%41", 2, false],
  ["[::1]", 5, true],
  ["[::1]", 4, false],
  ["[::12]:", 4, false],
  ["[::1]:80", 5, true],
  ["a:65535", 7, true],
  ["a:655350", 7, true],
  ["a:65536", 6, true],
  ["a:1x", 3, true],
];

for (const [text, end, expected] of WITHIN) {
  Deno.test(`isAuthority() of the first ${end} bytes of ${text} is ${expected}`, () => {
    assertEquals(isAuthority(latin1(`-${text}`), 1, 1 + end), expected);
  });
}

Deno.test("isConnectAuthority() of no bytes is false, whatever comes before them", () => {
  assertEquals(isConnectAuthority(latin1("80"), 2, 2), false);
});
