/**
 * Rounds by themselves: when a turn was full, who was served waits for the others.
 *
 * @module
 */

import { FULL_TURN, Rounds } from "../../reactor/rounds.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock, settled } from "./fakes.ts";

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

function crowd(size: number): { rounds: Rounds; clock: FakeClock } {
  const clock = new FakeClock();
  return { clock, rounds: new Rounds(clock, { size }) };
}

Deno.test("Rounds do nothing while the connections cannot fill a turn", async () => {
  const { rounds, clock } = crowd(FULL_TURN - 1);
  for (let i = 0; i < 3 * FULL_TURN; i++) rounds.served();
  await settled();
  assertEquals([rounds.holding, clock.pending], [false, 0]);
});

Deno.test("Rounds do nothing while turns are not full", async () => {
  const { rounds, clock } = crowd(1_000);
  for (let turns = 0; turns < 5; turns++) await turn(rounds, FULL_TURN - 1);
  assertEquals([rounds.holding, clock.pending], [false, 0]);
});

Deno.test("a full turn holds back until one that is not full", async () => {
  const { rounds, clock } = crowd(1_000);
  const first = await turn(rounds, FULL_TURN);
  const second = await turn(rounds, FULL_TURN);
  assertEquals([rounds.holding, first.length, second.length], [true, 0, 0]);
  await turn(rounds, 5);
  assertEquals([first.length, second.length], [FULL_TURN, FULL_TURN]);
  await clock.advance(10);
  assertEquals(clock.pending, 0);
});

Deno.test("a round of full turns alone ends after a millisecond without another", async () => {
  const { rounds, clock } = crowd(1_000);
  const held = await turn(rounds, FULL_TURN);
  assertEquals(held.length, 0);
  await clock.advance(1);
  assertEquals(held.length, FULL_TURN);
  await clock.advance(10);
  assertEquals(clock.pending, 0);
});

Deno.test("turns that follow keep the timer from ending the round", async () => {
  const { rounds, clock } = crowd(1_000);
  const held = await turn(rounds, FULL_TURN);
  for (let turns = 0; turns < 5; turns++) {
    await turn(rounds, FULL_TURN);
    await clock.advance(1);
    assertEquals(held.length, 0);
  }
  await clock.advance(1);
  assertEquals(held.length, FULL_TURN);
});

Deno.test("Rounds stop when a round was small, and leave nobody waiting", async () => {
  const { rounds, clock } = crowd(1_000);
  await turn(rounds, FULL_TURN);
  await turn(rounds, 3);
  const held = await turn(rounds, 3);
  await clock.advance(2);
  assertEquals([rounds.holding, held.length], [false, 0]);
});
