/**
 * Fuzzes for as long as it is told: `deno task fuzz --minutes 10 --seed 1`. Ends with status 1 and the
 * smallest stream that it could find when Weir and Node disagree; the same seed draws the same streams.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { campaign, Counterexample, type Tally, verdictLines } from "./campaign.ts";
import { NodeOracle } from "./node_oracle.ts";

const REPORT_MS = 10_000;

interface Flags {
  readonly minutes: number;
  readonly seed: number;
}

function flagsOf(args: string[]): Flags {
  const { minutes = "1", seed } = parseArgs(args, { string: ["minutes", "seed"] });
  const flags = {
    minutes: Number(minutes),
    seed: seed === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1 : Number(seed),
  };
  if (!(flags.minutes > 0) || !Number.isSafeInteger(flags.seed)) {
    throw new TypeError("Usage: deno task fuzz [--minutes <number>] [--seed <whole number>]");
  }
  return flags;
}

/** Reports from time to time, and tells when the time is over. */
function timekeeper(minutes: number): (tally: Tally) => boolean {
  const begin = performance.now();
  let reportAt = REPORT_MS;
  return (tally) => {
    const elapsed = performance.now() - begin;
    const over = elapsed >= minutes * 60_000;
    if (over || elapsed >= reportAt) {
      reportAt = elapsed + REPORT_MS;
      const rate = Math.round(tally.streams / elapsed * 1_000);
      console.log(`${Math.round(elapsed / 1_000)} s: ${tally.streams} streams, ${rate} a second`);
    }
    return !over;
  };
}

async function main(): Promise<number> {
  const { minutes, seed } = flagsOf(Deno.args);
  console.log(`Seed ${seed}`);
  await using node = new NodeOracle();
  try {
    const tally = await campaign({ seed, node, goesOn: timekeeper(minutes) });
    console.log(`${tally.streams} streams, ${tally.requests} requests`);
    console.log(verdictLines(tally).join("\n"));
    return 0;
  } catch (error) {
    if (!(error instanceof Counterexample)) throw error;
    console.error(error.message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
