/**
 * Runs the corpus: each family whole, after another request, byte by byte and in random pieces,
 * then on real sockets.
 *
 * @module
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { failuresOnFakeWire, failuresOnSocket } from "../run.ts";
import { CORPUS } from "./corpus.ts";

for (const { name, cases } of CORPUS) {
  Deno.test(`smuggling: ${name}: ${cases.length} cases`, async () => {
    assertEquals(await failuresOnFakeWire(cases, { random: true }), []);
    assertEquals(await failuresOnSocket(cases), []);
  });
}

/** The same bytes to another handler are another case. */
const inputs = CORPUS.flatMap(({ cases }) =>
  cases.map(({ input, handler, name }) => JSON.stringify([input, handler && name]))
);

Deno.test(`smuggling: ${inputs.length} cases, no two alike`, () => {
  const seen = new Set<string>();
  const doubled = inputs.filter((input) => seen.size === seen.add(input).size);
  assertEquals(doubled, []);
  assert(inputs.length >= 300);
});
