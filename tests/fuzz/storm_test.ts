/**
 * Invariant: whatever clients, handlers and deadlines do in whatever order, no answer goes to
 * another request, no body is taken for a request, nothing throws where it may not, and nothing is
 * left. With other numbers: `deno task test tests/fuzz/storm_test.ts -- --storms=100000 --seed=1`.
 *
 * @module
 */

import { numberArg } from "../lifecycle/child.ts";
import { Dice } from "../order/dice.ts";
import { assert } from "../support/assert.ts";
import { Storm } from "./storm.ts";

const STORMS = numberArg("storms", 1_000);
const SEED = numberArg("seed", crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1);

Deno.test(`${STORMS} storms leave nothing behind, and no answer goes to the wrong request`, async () => {
  console.log(`  -- --seed=${SEED}`);
  const sum = { requests: 0, calls: 0, answers: 0 };
  for (let count = 0; count < STORMS; count++) {
    try {
      const { requests, calls, answers } = await new Storm(new Dice(SEED + count)).run();
      sum.requests += requests;
      sum.calls += calls;
      sum.answers += answers;
    } catch (error) {
      throw new Error(`-- --storms=1 --seed=${SEED + count}`, { cause: error });
    }
  }
  console.log(`  ${sum.requests} requests, ${sum.calls} calls, ${sum.answers} answers`);
  assert(sum.answers > STORMS, "Hardly anything was answered");
});
