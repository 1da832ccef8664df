/**
 * Rounds by themselves: after a full turn, connections that were served wait for the others.
 *
 * @module
 */

import { FULL_TURN, Rounds } from "../../reactor/timing/rounds.ts";
import { assertEquals } from "../support/assert.ts";
import { settled } from "./fakes.ts";

/** A runtime that looks at its sockets when it is told to. */
class Runtime {
  #calls: (() => void)[] = [];

  afterPoll(call: () => void): () => void {
    this.#calls.push(call);
    return () => {};
  }

  /** How many wait for a look. */
  get pending(): number {
    return this.#calls.length;
  }

  async look(): Promise<void> {
    for (const call of this.#calls.splice(0)) call();
    await settled();
  }
}

/** `count` connections are served in one turn; those that are held back are in the result. */
async function turn(rounds: Rounds, count: number): Promise<string[]> {
  const begun: string[] = [];
  for (let i = 0; i < count; i++) rounds.served();
  await settled();
  for (let i = 0; rounds.holding && i < count; i++) {
    rounds.next().then(() => begun.push(`${i}`));
  }
  await settled();
  return begun;
}

function crowd(size: number): { rounds: Rounds; runtime: Runtime } {
  const runtime = new Runtime();
  return { runtime, rounds: new Rounds(runtime, { size }) };
}

Deno.test("Rounds do nothing while the connections cannot fill a turn", async () => {
  const { rounds, runtime } = crowd(FULL_TURN - 1);
  for (let i = 0; i < 3 * FULL_TURN; i++) rounds.served();
  await settled();
  assertEquals([rounds.holding, runtime.pending], [false, 0]);
});

Deno.test("Rounds do nothing while turns are not full", async () => {
  const { rounds, runtime } = crowd(1_000);
  for (let turns = 0; turns < 5; turns++) await turn(rounds, FULL_TURN - 1);
  assertEquals([rounds.holding, runtime.pending], [false, 0]);
});

Deno.test("a full turn holds back until one that is not full", async () => {
  const { rounds, runtime } = crowd(1_000);
  const first = await turn(rounds, FULL_TURN);
  const second = await turn(rounds, FULL_TURN);
  assertEquals([rounds.holding, first.length, second.length], [true, 0, 0]);
  await turn(rounds, 5);
  assertEquals([first.length, second.length], [FULL_TURN, FULL_TURN]);
  for (let looks = 0; looks < 3; looks++) await runtime.look();
  assertEquals(runtime.pending, 0);
});

Deno.test("a round of full turns alone ends with a look at the sockets that finds nothing", async () => {
  const { rounds, runtime } = crowd(1_000);
  const held = await turn(rounds, FULL_TURN);
  assertEquals(held.length, 0);
  await runtime.look();
  assertEquals(held.length, FULL_TURN);
  await runtime.look();
  assertEquals(runtime.pending, 0);
});

Deno.test("turns that follow keep a round from ending", async () => {
  const { rounds, runtime } = crowd(1_000);
  const held = await turn(rounds, FULL_TURN);
  for (let turns = 0; turns < 5; turns++) {
    await turn(rounds, FULL_TURN);
    await runtime.look();
    assertEquals(held.length, 0);
  }
  await runtime.look();
  assertEquals(held.length, FULL_TURN);
});

Deno.test("Rounds stop when a round was small, and leave nobody waiting", async () => {
  const { rounds, runtime } = crowd(1_000);
  await turn(rounds, FULL_TURN);
  await turn(rounds, 3);
  const held = await turn(rounds, 3);
  await runtime.look();
  assertEquals([rounds.holding, held.length], [false, 0]);
});
