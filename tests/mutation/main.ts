/**
 * Mutation testing: `deno task mutate [--file reactor/h1/chunked.ts] [--sample 200] [--equivalent]`. Each
 * small change of the code for which no test fails is printed with its place; the exit status is 1 if
 * there is one. `--sample` takes that many of all, evenly; `--equivalent` tries those that are listed
 * as changing nothing, and fails when a test notices one.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { textOf } from "../house/sources.ts";
import { equivalenceOf } from "./equivalent.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { sources, tests } from "./scope.ts";
import { Tree } from "./tree.ts";
import { type Fate, Trials } from "./trials.ts";

const REPORT_EVERY = 50;

interface Flags {
  readonly files: readonly string[];
  readonly sample: number;
  readonly equivalent: boolean;
}

function flagsOf(args: string[]): Flags {
  const { file, sample, equivalent } = parseArgs(args, {
    string: ["file", "sample"],
    boolean: ["equivalent"],
    collect: ["file"],
  });
  const files = sources().filter((each) => file.length === 0 || file.includes(each));
  const most = sample === undefined ? Infinity : Number(sample);
  if (files.length === 0 || !(most > 0)) {
    throw new TypeError(
      "Usage: deno task mutate [--file <path>]… [--sample <number>] [--equivalent]",
    );
  }
  return { files, sample: most, equivalent: equivalent === true };
}

/** That many of all, at even distances. */
function sampleOf(mutants: readonly Mutant[], most: number): Mutant[] {
  const step = Math.max(1, mutants.length / most);
  const count = Math.min(mutants.length, most);
  return Array.from({ length: count }, (_, index) => mutants[Math.floor(index * step)]!);
}

/** Tries all, and returns how many met each fate. */
async function tryAll(
  mutants: readonly Mutant[],
  onSurvivor: (mutant: Mutant) => void,
): Promise<Record<Fate["kind"], number>> {
  await using tree = await Tree.copy();
  const trials = await Trials.begin(tree, tests());
  const counts = { killed: 0, hung: 0, survived: 0 };
  for (const [index, mutant] of mutants.entries()) {
    const { kind } = await trials.of(mutant);
    counts[kind]++;
    if (kind === "survived") onSurvivor(mutant);
    if ((index + 1) % REPORT_EVERY === 0) {
      console.log(`  ${index + 1} of ${mutants.length}: ${JSON.stringify(counts)}`);
    }
  }
  return counts;
}

async function main(): Promise<number> {
  const { files, sample, equivalent } = flagsOf(Deno.args);
  const all = files.flatMap((file) => mutantsOf(file, textOf(file)));
  const given = all.filter((each) => (equivalenceOf(each) !== undefined) === equivalent);
  const chosen = sampleOf(given, sample);
  console.log(
    `${all.length} mutants of ${files.length} files, of which ${given.length} are ` +
      `${equivalent ? "" : "not "}listed as equivalent; ${chosen.length} are tried`,
  );
  const { killed, hung, survived } = await tryAll(chosen, ({ file, line, change, nth, code }) => {
    if (!equivalent) console.log(`${file}:${line}: ${change} (${nth}): ${code}`);
  });
  const noticed = killed + hung;
  const share = (100 * noticed / chosen.length).toFixed(1);
  console.log(`${noticed} noticed (${hung} by a time-out), ${survived} not: ${share} %`);
  return (equivalent ? noticed : survived) === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
