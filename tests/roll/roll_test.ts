/**
 * The roll in small: workers are exchanged under clients, and no request is lost.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { canIsolate, here, isolated } from "./namespace.ts";
import { formatOutcome, isWithout, type Outcome } from "./outcome.ts";

Deno.test("roll: no request is lost when workers are reloaded", async () => {
  const args = ["--scene", "reloads", "--requests", "5000"];
  const isIsolated = await canIsolate();
  const command = isIsolated ? isolated("./main.ts", args) : here("./main.ts", args);
  const { success, stdout } = await command.output();
  assert(success);
  const outcome: Outcome = JSON.parse(new TextDecoder().decode(stdout));
  const { tally } = outcome;
  assert(tally.answered >= 4_000, formatOutcome(outcome));
  if (isIsolated) return assert(isWithout(outcome), formatOutcome(outcome));
  // Where the kernel moves nothing, connections between the last look at a socket and its close are reset.
  assertEquals(tally.cut, 0, formatOutcome(outcome));
  assert(tally.failedNew <= tally.answered / 100, formatOutcome(outcome));
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
