/**
 * Ten thousand streams at random, half of them the same in each run. The long run: `deno task fuzz`.
 *
 * @module
 */

import { campaign, verdictLines } from "./campaign.ts";
import { NodeOracle } from "./node_oracle.ts";
import { assert } from "../support/assert.ts";

const STREAMS = 5_000;
const FIXED_SEED = 20_220_606;
const FRESH_SEED = crypto.getRandomValues(new Uint32Array(1))[0]! & 0x7fff_ffff;

for (
  const [kind, seed] of [["the usual seed", FIXED_SEED], ["a fresh seed", FRESH_SEED]] as const
) {
  Deno.test(`Weir and Node make the same of ${STREAMS} streams from ${kind}`, async () => {
    console.log(`  deno task fuzz --seed ${seed}`);
    await using node = new NodeOracle();
    const tally = await campaign({ seed, node, goesOn: ({ streams }) => streams < STREAMS });
    console.log(verdictLines(tally).join("\n"));
    assert(tally.requests > STREAMS, `Only ${tally.requests} requests`);
    assert(tally.verdicts.get("same")! > STREAMS / 2, "The readings hardly ever agree");
  });
}
