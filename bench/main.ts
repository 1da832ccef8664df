/**
 * `deno task bench`: reads the flags, has the session run, writes the reports, judges. Exit status 0 when
 * it is done, 1 when `--check` missed a bar or nothing could be measured, 2 for a wrong command line,
 * 3 when oha is missing, 130 when interrupted.
 *
 * @module
 */

import bars from "./bars.json" with { type: "json" };
import { type Bar, checkReport, judgeBars, passes } from "./check.ts";
import { interruptChildren, Interrupted } from "./children.ts";
import { type Flags, HELP, parseFlags, UsageError } from "./flags.ts";
import { versionOf } from "./machine.ts";
import type { Results } from "./model.ts";
import { OHA_MISSING } from "./oha.ts";
import { Progress } from "./progress.ts";
import { about } from "./report/markdown.ts";
import { hasOverload, overloadGrid } from "./report/overload.ts";
import { seedTable } from "./report/seed_table.ts";
import { aligned } from "./report/table.ts";
import { writeReports } from "./report/write.ts";
import { runSeedTable } from "./seed_run.ts";
import { openSite, prepare, runSession } from "./session.ts";
import type { Site } from "./site.ts";

const RESULTS = new URL("./results", import.meta.url).pathname;
const EXIT = { done: 0, missed: 1, usage: 2, noOha: 3, interrupted: 130 } as const;

const encoder = new TextEncoder();
const progress = new Progress({
  terminal: Deno.stdout.isTerminal(),
  write: (text) => Deno.stdout.writeSync(encoder.encode(text)),
});

async function main(): Promise<number> {
  const flags = parseFlags(Deno.args);
  if (flags.help) {
    progress.print(HELP.trimEnd());
    return EXIT.done;
  }
  if (await versionOf(["oha", "--version"]) === null) {
    console.error(OHA_MISSING);
    return EXIT.noOha;
  }
  const site = await openSite(RESULTS);
  try {
    return await (flags.seedTable ? showSeedTable(flags, site) : measureAll(flags, site));
  } finally {
    site.remove();
  }
}

async function showSeedTable(flags: Flags, site: Site): Promise<number> {
  const { candidates, measureOptions } = await prepare(flags, site);
  progress.print(seedTable(await runSeedTable(candidates, measureOptions)));
  return EXIT.done;
}

async function measureAll(flags: Flags, site: Site): Promise<number> {
  const results = await runSession(await prepare(flags, site), progress);
  if (hasOverload(results)) progress.print(`\n${aligned(overloadGrid(results))}`);
  progress.print(`\n${about(results).join("\n")}\n`);
  for (const file of writeReports(results, RESULTS)) progress.print(`Written: ${file}`);
  if (flags.check) return check(results);
  if (results.runs.some(({ outcome }) => outcome.kind === "measured")) return EXIT.done;
  console.error("Nothing was measured: no chosen peer could take part in a chosen case");
  return EXIT.missed;
}

function check(results: Results): number {
  const judgements = judgeBars(results, bars as readonly Bar[]);
  progress.print(`\n${checkReport(judgements)}`);
  return passes(judgements) ? EXIT.done : EXIT.missed;
}

/** The first signal ends the children, which ends the bench; a second one does not wait for them. */
function heedSignals(): void {
  let seen = false;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => {
      if (seen) Deno.exit(EXIT.interrupted);
      seen = true;
      interruptChildren();
    });
  }
}

async function guarded(): Promise<number> {
  try {
    return await main();
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(error.message);
      return EXIT.usage;
    }
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  }
}

heedSignals();
Deno.exit(await guarded());
