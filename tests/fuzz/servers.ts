/**
 * The same streams to Weir and to other servers: `deno task fuzz:servers [--streams 100000] [--seed 1]
 * [--only nginx]`. Prints how the readings compare, server by server; the exit status is 1 when Weir took
 * what another refused, or read it in another way, and `disagreements.ts` does not say why.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import fc from "fast-check";
import { compare, type Parting } from "./comparison.ts";
import { disagreementOf, DISAGREEMENTS } from "./disagreements.ts";
import { WeirReader } from "./engine.ts";
import { AT_HAND, FETCHED, type Maker, Oracles } from "./oracles/all.ts";
import { escaped, type Oracle, type Reading } from "./reading.ts";
import { stream } from "./streams.ts";

const BATCH = 500;
const REPORT_EVERY = 10_000;
/** Of each kind of unexplained parting so many are printed. */
const MOST_EXAMPLES = 5;

/** How often each verdict was given to a server. */
export type Verdicts = Map<string, number>;

/** What came of a comparison. */
export interface Comparisons {
  readonly verdicts: ReadonlyMap<string, Verdicts>;
  /** Partings that nothing explains. */
  readonly faults: readonly string[];
}

/** Sends so many streams, drawn from `seed`, to Weir and all `oracles`. */
export async function compareServers(
  oracles: readonly Oracle[],
  { seed, streams, onBatch }: { seed: number; streams: number; onBatch?: (done: number) => void },
): Promise<Comparisons> {
  const verdicts = new Map(oracles.map(({ name }) => [name, new Map<string, number>()]));
  const faults: string[] = [];
  for (let done = 0; done < streams; done += BATCH) {
    const numRuns = Math.min(BATCH, streams - done);
    const batch = fc.sample(stream, { seed: (seed + done / BATCH) | 0, numRuns })
      .map(({ bytes }) => bytes);
    const weir = await readByWeir(batch);
    for (const oracle of oracles) {
      const readings = await oracle.read(batch);
      for (const [index, bytes] of batch.entries()) {
        const parting = { bytes, weir: weir[index]!, theirs: readings[index]! };
        const { as, fault } = await verdictOn(oracle, parting);
        const own = verdicts.get(oracle.name)!;
        own.set(as, (own.get(as) ?? 0) + 1);
        if (fault !== null) faults.push(fault);
      }
    }
    onBatch?.(done + numRuns);
  }
  return { verdicts, faults };
}

/** Examples of disagreements on which a server that is named and Weir do not part, or not for that reason. */
export async function misreadExamples(oracles: readonly Oracle[]): Promise<string[]> {
  const examples = DISAGREEMENTS.map(({ example }) => example);
  const weir = await readByWeir(examples);
  const misread: string[] = [];
  for (const oracle of oracles) {
    const readings = await oracle.read(examples);
    for (const [index, { name, servers, example }] of DISAGREEMENTS.entries()) {
      if (!servers.includes(oracle.name)) continue;
      const parting = { bytes: example, weir: weir[index]!, theirs: readings[index]! };
      const { as } = await verdictOn(oracle, parting);
      if (as !== name) misread.push(`${oracle.name}, ${name}: ${as}`);
    }
  }
  return misread;
}

/** What Weir makes of each, with limits that nothing here reaches. */
export async function readByWeir(streams: readonly string[]): Promise<Reading[]> {
  const weir = new WeirReader();
  const readings: Reading[] = [];
  for (const bytes of streams) readings.push(...await weir.read({ bytes }));
  await weir.finish();
  return readings;
}

/** A proxy may have been too late on a busy machine: what nothing explains is read again, alone. */
async function verdictOn(oracle: Oracle, readings: Readings): Promise<Verdict> {
  const first = verdictOf(oracle.name, readings);
  if (first.fault === null) return first;
  const [theirs] = await oracle.read([readings.bytes]);
  return verdictOf(oracle.name, { ...readings, theirs: theirs! });
}

type Readings = Pick<Parting, "bytes" | "weir" | "theirs">;

interface Verdict {
  readonly as: string;
  readonly fault: string | null;
}

function verdictOf(server: string, readings: Readings): Verdict {
  const comparison = compare(server, readings);
  if (comparison.kind === "same") return { as: "same", fault: null };
  if (comparison.kind === "stricter") {
    return { as: `Weir is stricter (${comparison.status})`, fault: null };
  }
  const { kind, parting } = comparison;
  // That two servers find different requests in the same bytes has no good reason.
  const known = kind === "contradiction" ? undefined : disagreementOf(parting);
  if (known !== undefined) return { as: known.name, fault: null };
  return { as: `${kind}, unexplained`, fault: faultText(kind, parting) };
}

function faultText(kind: string, { server, bytes, weir, theirs, at }: Parting): string {
  const brief = ({ requests, error }: Reading) => ({
    requests: requests.map(({ method, body, complete }) => [method, body, complete]),
    error,
  });
  return `${server}: ${kind} at request ${at}\n  ${escaped(bytes)}\n  Weir ${
    JSON.stringify(brief(weir))
  }\n  ${server} ${JSON.stringify(brief(theirs))}`;
}

/** The verdicts on all servers as lines. */
export function comparisonLines({ verdicts }: Comparisons): string[] {
  return [...verdicts].flatMap(([server, counts]) => [
    server,
    ...[...counts].sort(([, a], [, b]) => b - a)
      .map(([as, times]) => `${String(times).padStart(9)}  ${as}`),
  ]);
}

function makersOf(only: readonly string[]): Maker[] {
  return [...AT_HAND, ...FETCHED].filter(({ name }) => only.length === 0 || only.includes(name));
}

async function main(): Promise<number> {
  const { streams = "100000", seed = "20220606", only } = parseArgs(Deno.args, {
    string: ["streams", "seed", "only"],
    collect: ["only"],
  });
  const given = { streams: Number(streams), seed: Number(seed) };
  if (!(given.streams > 0) || !Number.isSafeInteger(given.seed) || makersOf(only).length === 0) {
    throw new TypeError(
      "Usage: deno task fuzz:servers [--streams <number>] [--seed <whole number>] [--only <server>]…",
    );
  }
  await using oracles = await Oracles.start(makersOf(only));
  const misread = await misreadExamples(oracles.all);
  for (const line of misread) console.error(`Not as docs/conformance.md says: ${line}`);
  const comparisons = await compareServers(oracles.all, {
    ...given,
    onBatch: (done) => {
      if (done % REPORT_EVERY === 0) console.log(`${done} streams`);
    },
  });
  console.log(comparisonLines(comparisons).join("\n"));
  const { faults } = comparisons;
  for (const fault of faults.slice(0, MOST_EXAMPLES)) console.error(fault);
  return faults.length + misread.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
