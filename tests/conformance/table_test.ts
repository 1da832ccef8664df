/**
 * Runs the tables: each requirement on the fake wire, then on real sockets.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { failuresOnFakeWire, failuresOnSocket } from "./run.ts";
import { REQUIREMENTS } from "./table.ts";

for (const { section, level, rule, cases, options } of REQUIREMENTS) {
  Deno.test(`RFC ${section} ${level}: ${rule}`, async () => {
    assertEquals(await failuresOnFakeWire(cases, { options }), []);
    assertEquals(await failuresOnSocket(cases, { options }), []);
  });
}
