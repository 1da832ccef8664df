/**
 * The command line of the bench.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { CASES } from "./cases.ts";
import { PEERS } from "./peers/catalog.ts";

/** What was asked for. */
export interface Flags {
  /** Ids in the order of the catalogs. */
  readonly cases: readonly string[];
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly quick: boolean;
  readonly check: boolean;
  readonly seedTable: boolean;
  readonly help: boolean;
}

/** A command line that makes no sense; the message is for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const DEFAULTS = { rounds: 5, seconds: 2, warmupSeconds: 1 };
const QUICK = { rounds: 1, seconds: 0.5, warmupSeconds: 0.2 };

/** The text for `--help`. */
export const HELP = `Measures Weir and its peers side by side, with oha and a driver of its own.

Usage: deno task bench [flags]

  --case <id,…>     only these cases: ${wrapped(CASES.map(({ id }) => id))}
  --peer <id,…>     only these peers: ${wrapped(PEERS.map(({ id }) => id))}
  --rounds <n>      rounds of all peers per case (${DEFAULTS.rounds})
  --seconds <s>     how long each peer is loaded in a round (${DEFAULTS.seconds})
  --quick           a few cases, one short round: under a minute
  --check           judge the ratios by bench/bars.json; exit 1 when a bar is missed
  --seed-table      only 100,000 requests over 64 connections to each peer
  --help            this text

Results: bench/results/latest.json, latest.md and latest.html.
`;

/** Reads the arguments. @throws {UsageError} */
export function parseFlags(args: readonly string[]): Flags {
  const parsed: Record<string, unknown> = parseArgs([...args], {
    string: ["case", "peer", "rounds", "seconds"],
    boolean: ["quick", "check", "seed-table", "help"],
    collect: ["case", "peer"],
    unknown(argument: string) {
      throw new UsageError(`Unknown argument "${argument}": see --help`);
    },
  });
  const quick = parsed.quick === true;
  const base = quick ? QUICK : DEFAULTS;
  const rounds = numberOf(parsed, { name: "rounds", fallback: base.rounds, min: 1, max: 100 });
  if (!Number.isInteger(rounds)) throw new UsageError("--rounds must be a whole number");
  const cases = CASES.filter((each) => !quick || each.quick);
  const chosen = namesOf(parsed, { name: "case", known: CASES.map(({ id }) => id) });
  return {
    cases: chosen ?? cases.map(({ id }) => id),
    peers: namesOf(parsed, { name: "peer", known: PEERS.map(({ id }) => id) }) ??
      PEERS.map(({ id }) => id),
    rounds,
    seconds: numberOf(parsed, { name: "seconds", fallback: base.seconds, min: 0.1, max: 60 }),
    warmupSeconds: base.warmupSeconds,
    quick,
    check: parsed.check === true,
    seedTable: parsed["seed-table"] === true,
    help: parsed.help === true,
  };
}

function numberOf(
  parsed: Record<string, unknown>,
  rule: { name: string; fallback: number; min: number; max: number },
): number {
  const given = parsed[rule.name];
  if (given === undefined) return rule.fallback;
  const value = given === "" ? NaN : Number(given);
  if (value >= rule.min && value <= rule.max) return value;
  throw new UsageError(`--${rule.name} must be a number from ${rule.min} to ${rule.max}`);
}

/** The names that were given, in the order of `known`; `null` when there were none. */
function namesOf(
  parsed: Record<string, unknown>,
  rule: { name: string; known: readonly string[] },
): string[] | null {
  const given = (parsed[rule.name] as string[] | undefined ?? []).flatMap((text) =>
    text.split(",").map((name) => name.trim())
  );
  if (given.length === 0) return null;
  // The name of a family, such as "overload", stands for all of it.
  const isMeant = (known: string, name: string) =>
    known === name || (!rule.known.includes(name) && known.startsWith(`${name}-`));
  for (const name of given) {
    if (!rule.known.some((known) => isMeant(known, name))) {
      throw new UsageError(
        `Unknown ${rule.name} "${name}": there are ${rule.known.join(", ")}`,
      );
    }
  }
  return rule.known.filter((known) => given.some((name) => isMeant(known, name)));
}

function wrapped(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    const line = `${lines.at(-1)}${name} `;
    if (line.length > 64) lines.push(`${name} `);
    else lines[lines.length - 1] = line;
  }
  return lines.map((line) => line.trimEnd()).join(`\n${" ".repeat(20)}`);
}
