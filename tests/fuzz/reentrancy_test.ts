/**
 * Invariant: whatever observers, handlers and callbacks call from wherever they are called, the engine has
 * no defect, every slot comes back, every connection ends with exactly one reason, and the server still
 * serves. A million: `deno task fuzz:reentrancy`; one again: `deno test -P
 * tests/fuzz/reentrancy_test.ts -- --cases=1 --seed=1`.
 *
 * @module
 */

import { numberArg } from "../lifecycle/child.ts";
import { Dice } from "../order/dice.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Uncaught } from "../support/uncaught.ts";
import { Frenzy } from "./reentrancy.ts";

const CASES = numberArg("cases", 10_000);
const SEED = numberArg("seed", crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1);

Deno.test(`${CASES} cases of calls from inside of calls end well`, async () => {
  console.log(`  -- --seed=${SEED}`);
  using uncaught = new Uncaught();
  const sum = { connections: 0, calls: 0, actions: 0, ended: 0 };
  for (let count = 0; count < CASES; count++) {
    try {
      const { connections, calls, actions, ended } = await new Frenzy(new Dice(SEED + count)).run();
      sum.connections += connections;
      sum.calls += calls;
      sum.actions += actions;
      if (ended) sum.ended++;
      if (count % 16 === 0 || CASES < 16) await uncaught.turn();
      assertEquals([uncaught.rejections, uncaught.errors], [[], []]);
    } catch (error) {
      throw new Error(`-- --cases=1 --seed=${SEED + count}`, { cause: error });
    }
  }
  console.log(`  ${sum.connections} connections, ${sum.calls} calls, ${sum.actions} actions`);
  assert(sum.calls > CASES && sum.actions > CASES, "Hardly anything happened");
  assert(sum.ended < CASES / 2, "Most servers were told to end");
});
