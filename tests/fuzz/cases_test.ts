import { assert, assertEquals } from "../support/assert.ts";
import { type Case, CASES } from "./cases.ts";
import { DIFFERENCES } from "./differences.ts";
import { WeirReader } from "./engine.ts";
import { judge } from "./judgement.ts";
import { NodeOracle } from "./node_oracle.ts";
import type { Reading } from "./reading.ts";

function summary({ requests, error }: Reading): [number, string | null] {
  return [requests.length, error];
}

async function run({ bytes, weir, node, as }: Case, reading: Reading): Promise<void> {
  const reader = new WeirReader();
  const [ours] = await reader.read({ bytes });
  await reader.finish();
  assertEquals(summary(ours!), [...weir], "Weir");
  const verdict = judge(bytes, ours!, reading);
  // A newer Node may agree with Weir: 22 trims tabs after Connection, 20 does not.
  if (verdict.kind === "agreed" && verdict.as === "same") return;
  assertEquals(verdict, { kind: "agreed", as });
  assertEquals(summary(reading), [...node], "Node");
}

Deno.test("streams on which Weir and Node differ", async (test) => {
  await using oracle = new NodeOracle();
  const readings = await oracle.read(CASES.map(({ bytes }) => bytes));
  for (const [at, each] of CASES.entries()) {
    await test.step(each.name, () => run(each, readings[at]!));
  }
});

Deno.test("every intended difference from Node has a case", () => {
  for (const { name } of DIFFERENCES) assert(CASES.some(({ as }) => as === name), name);
});
