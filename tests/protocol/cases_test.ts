/**
 * The tables of `cases.ts` on real sockets.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { DENO, WEIR } from "../support/servers.ts";
import { eachOf } from "../support/time.ts";
import { BAD_BODIES, BAD_HEADS, GOOD_CASES } from "./cases.ts";
import { type Manner, runBad, runGood } from "./run_case.ts";

for (const each of GOOD_CASES) {
  // The reference: Weir must serve what Deno.serve serves.
  Deno.test(`Deno.serve: ${each.name} is served`, () => runGood(DENO, each, "whole"));
  Deno.test(`weir: ${each.name} is served`, () => runGood(WEIR, each, "whole"));
}

for (const each of [...BAD_HEADS, ...BAD_BODIES]) {
  Deno.test(`weir: ${each.name} gives ${each.status}`, () => runBad(WEIR, each, "whole"));
}

/** Runs all cases of a table at once, as each mostly waits; returns those that fail. */
async function failuresOf<T extends { readonly name: string }>(
  cases: readonly T[],
  runCase: (each: T) => Promise<void>,
): Promise<string[]> {
  const failures: string[] = [];
  await eachOf(cases, async (each) => {
    try {
      await runCase(each);
    } catch (error) {
      failures.push(`${each.name}: ${Deno.inspect(error)}`);
    }
  });
  return failures;
}

for (const manner of ["byte by byte", "in two pieces"] satisfies Manner[]) {
  Deno.test(`weir: every good request, ${manner}, is served`, async () => {
    assertEquals(await failuresOf(GOOD_CASES, (each) => runGood(WEIR, each, manner)), []);
  });

  Deno.test(`weir: every bad head, ${manner}, is refused`, async () => {
    assertEquals(await failuresOf(BAD_HEADS, (each) => runBad(WEIR, each, manner)), []);
  });

  Deno.test(`weir: every bad body, ${manner}, is refused`, async () => {
    assertEquals(await failuresOf(BAD_BODIES, (each) => runBad(WEIR, each, manner)), []);
  });
}
