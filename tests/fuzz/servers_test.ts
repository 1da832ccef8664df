/**
 * A few hundred streams, the same in each run, to Weir and to the servers that are installed; and the
 * example of each disagreement. A hundred thousand to all of them: `deno task fuzz:servers`.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { DISAGREEMENTS } from "./disagreements.ts";
import { AT_HAND, FETCHED, Oracles } from "./oracles/all.ts";
import { compareServers, comparisonLines, misreadExamples } from "./servers.ts";

const STREAMS = 400;
const SEED = 20_220_606;

Deno.test(`Weir takes none of ${STREAMS} streams that another server refuses, but for a known reason`, async () => {
  await using oracles = await Oracles.start(AT_HAND);
  const comparisons = await compareServers(oracles.all, { seed: SEED, streams: STREAMS });
  console.log(comparisonLines(comparisons).join("\n"));
  assertEquals(comparisons.faults, []);
  for (const [server, verdicts] of comparisons.verdicts) {
    const agreed = verdicts.get("same") ?? 0;
    assert(agreed > STREAMS / 3, `${server} read only ${agreed} streams as Weir did`);
  }
});

Deno.test("each disagreement has an example on which the two part for its reason", async () => {
  await using oracles = await Oracles.start(AT_HAND);
  assertEquals(await misreadExamples(oracles.all), []);
});

Deno.test("each disagreement names servers that there are, and no two have one name", () => {
  const known = [...AT_HAND, ...FETCHED].map(({ name }) => name);
  const named = DISAGREEMENTS.flatMap(({ servers }) => servers);
  assertEquals(named.filter((server) => !known.includes(server)), []);
  assertEquals(new Set(DISAGREEMENTS.map(({ name }) => name)).size, DISAGREEMENTS.length);
});
