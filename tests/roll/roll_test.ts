/**
 * The roll in small: workers are exchanged under clients, and no request is lost.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { canIsolate, isolated } from "./namespace.ts";
import { formatOutcome, isWithout, type Outcome } from "./outcome.ts";

const HERE = await canIsolate();

Deno.test({
  name: "roll: no request is lost when workers are reloaded",
  // Where no namespace can be made, connections between the last look at a socket and its close are reset.
  ignore: !HERE,
  fn: async () => {
    const args = ["--scene", "reloads", "--requests", "5000"];
    const { success, stdout } = await isolated("./main.ts", args).output();
    assert(success);
    const outcome: Outcome = JSON.parse(new TextDecoder().decode(stdout));
    assert(isWithout(outcome), formatOutcome(outcome));
    assert(outcome.tally.answered >= 4_000, formatOutcome(outcome));
  },
});

Deno.test("roll: an outcome says what was lost, and of what kind", () => {
  const tally = { answered: 90, failedNew: 1, cut: 2, idleCloses: 3 };
  const outcome: Outcome = {
    name: "a scene",
    exchanges: 2,
    tally,
    reasons: [["new: reset", 1]],
  };
  assertEquals(
    formatOutcome(outcome),
    "a scene: 96 requests, 2 exchanges: 1 failed on new connections, 2 cut in their answers, " +
      "3 met the close of an idle connection\n  1 × new: reset",
  );
  assert(!isWithout(outcome));
  assert(isWithout({ ...outcome, tally: { ...tally, failedNew: 0, cut: 0 } }));
});
