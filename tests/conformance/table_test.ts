/**
 * Runs the tables: each requirement on the fake wire, then on real sockets.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { failuresOnFakeWire, failuresOnSocket } from "./run.ts";
import { REQUIREMENTS } from "./table.ts";

for (const { section, level, rule, cases, options } of REQUIREMENTS) {
  Deno.test(`RFC ${section} ${level}: ${rule}`, async () => {
    assertEquals(await failuresOnFakeWire(cases, { options }), []);
    assertEquals(await failuresOnSocket(cases, { options }), []);
  });
}

const inputs = REQUIREMENTS.flatMap(({ cases }) => cases).length;

Deno.test(`conformance: ${REQUIREMENTS.length} requirements, ${inputs} inputs`, () => {
  // Counts that documents state: a table must not lose rows unnoticed.
  assert(REQUIREMENTS.length >= 120 && inputs >= 650);
});
