/**
 * Invariant: whatever observers, handlers and callbacks ask of the engine from inside its calls,
 * each connection and each exchange is reported in order and to its end, every slot comes back,
 * each thrown value is reported once and in the right place, the server goes on, and nothing is
 * left. A million: `deno task fuzz:reentrancy`; one again:
 * `deno test -P tests/fuzz/reentrancy_test.ts -- --cases=1 --seed=N`.
 *
 * @module
 */

import { numberArg } from "../lifecycle/child.ts";
import { Dice } from "../order/dice.ts";
import { assert } from "../support/assert.ts";
import { Uncaught } from "../support/uncaught.ts";
import { type Account, Reentrancy } from "./reentrancy.ts";

const CASES = numberArg("cases", 10_000);
const SEED = numberArg("seed", crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1);

/** One case, with the errors that the runtime reports only in its next turn. */
async function run(seed: number, uncaught: Uncaught): Promise<Account> {
  try {
    const account = await new Reentrancy(new Dice(seed), uncaught).run();
    await uncaught.turn();
    const [rejection] = uncaught.rejections;
    if (uncaught.rejections.length === 0) return account;
    throw new Error("A rejection that nobody handled", { cause: rejection });
  } catch (error) {
    await uncaught.turn();
    throw new Error(`-- --cases=1 --seed=${seed}`, { cause: error });
  } finally {
    uncaught.errors.length = 0;
  }
}

Deno.test(`${CASES} servers are called from inside their own calls, and keep their rules`, async () => {
  console.log(`  -- --seed=${SEED}`);
  using uncaught = new Uncaught();
  const sum = { calls: 0, answers: 0, deeds: 0 };
  for (let count = 0; count < CASES; count++) {
    const { calls, answers, deeds } = await run(SEED + count, uncaught);
    sum.calls += calls;
    sum.answers += answers;
    sum.deeds += deeds;
  }
  console.log(`  ${sum.calls} calls, ${sum.answers} answers, ${sum.deeds} deeds from within`);
  assert(CASES < 1_000 || sum.answers > CASES, "Hardly anything was answered");
});
