/**
 * Runs cases: on the fake wire in every manner, on a socket whole. Which cases there are is elsewhere.
 *
 * @module
 */

import { request } from "../support/requests.ts";
import { eachOf } from "../support/time.ts";
import type { Case, Outcome } from "./case.ts";
import { type Around, check } from "./check.ts";
import { AFTER_TARGET, BEFORE_TARGET } from "./handlers.ts";
import { FakeWire, type Script, SocketWire, type WireOptions } from "./wires.ts";

const BEFORE = request({ target: BEFORE_TARGET });
const AFTER = request({ target: AFTER_TARGET, fields: ["Connection: close"] });
/** What a protocol other than HTTP might send; no `>`, which marks what comes back. */
const RAW = "\0raw\r\n\r\n";

/** How the bytes of a case arrive. */
type Manner = "whole" | "after another request" | "byte by byte" | `in pieces, seed ${number}`;

const MANNERS: readonly Manner[] = ["whole", "after another request", "byte by byte"];
const SEEDS = 3;
const RANDOM: readonly Manner[] = Array.from(
  { length: SEEDS },
  (_, seed): Manner => `in pieces, seed ${seed + 1}`,
);

/** Runs each case in every manner; returns what failed. */
export async function failuresOnFakeWire(
  cases: readonly Case[],
  { random = false, options = {} }: { random?: boolean; options?: WireOptions } = {},
): Promise<string[]> {
  const failures: string[] = [];
  await using wire = new FakeWire(options);
  for (const each of cases) {
    for (const manner of mannersFor(each, random)) {
      const plan = planFor(each, manner);
      const observed = await wire.run(plan.script);
      const errors = await errorsOf(
        plan.outcomes.map((outcome) => check(observed, { outcome, around: plan.around })),
      );
      if (errors.length === plan.outcomes.length) {
        failures.push(
          `${nameOf(each)}, ${manner}: ${errors.map((e) => (e as Error).message).join("\nor\n")}`,
        );
      }
    }
  }
  return failures;
}

/** Runs each case whole on a real socket, several at a time. */
export async function failuresOnSocket(
  cases: readonly Case[],
  { options = {} }: { options?: WireOptions } = {},
): Promise<string[]> {
  const failures: string[] = [];
  await using wire = new SocketWire(options);
  await eachOf(cases, async (each) => {
    const { script, around } = planFor(each, "whole");
    const { then } = each.outcome;
    const ends = script.ends || then === "raw" || then === "waits";
    try {
      const observed = await wire.run({ ...script, ends });
      const closed = ends ? then === "closes" : observed.closed;
      await check({ ...observed, closed }, { outcome: each.outcome, around });
    } catch (error) {
      failures.push(`${nameOf(each)}, on a socket: ${(error as Error).message}`);
    }
  });
  return failures;
}

async function errorsOf(checks: readonly Promise<void>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(checks);
  return results.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
}

/** A case's name in a failure. */
export function nameOf({ name, input }: Case): string {
  const bytes = JSON.stringify(typeof input === "string" ? input : input.join(" … "));
  return name === undefined ? bytes.slice(0, 200) : `${name} (${bytes.slice(0, 200)})`;
}

interface Plan {
  readonly script: Script;
  readonly around: Around;
  /** One of these must be the result. */
  readonly outcomes: readonly Outcome[];
}

/** Packets that wait for answers in between are sent as they are. */
function mannersFor({ input }: Case, random: boolean): readonly Manner[] {
  if (typeof input !== "string") return ["whole"];
  return random ? [...MANNERS, ...RANDOM] : MANNERS;
}

function planFor(each: Case, manner: Manner): Plan {
  const { outcome, inPieces = outcome, handler, ends = false } = each;
  const alone = ends || outcome.then === "waits";
  const raw = outcome.then === "raw";
  const after = alone ? "" : raw ? RAW : AFTER;
  const before = manner === "after another request";
  return {
    script: { packets: packetsOf(each, { manner, after }), handler, ends },
    around: { before, after: !alone && !raw, raw: raw ? RAW : "" },
    outcomes: manner === "byte by byte"
      ? [inPieces]
      : manner.startsWith("in pieces") && inPieces !== outcome
      ? [outcome, inPieces]
      : [outcome],
  };
}

function packetsOf(
  { input }: Case,
  { manner, after }: { manner: Manner; after: string },
): string[] {
  if (typeof input !== "string") return [...input.slice(0, -1), input.at(-1)! + after];
  switch (manner) {
    case "whole":
      return [input + after];
    case "after another request":
      return [BEFORE + input + after];
    case "byte by byte":
      return after === "" ? [...input] : [...input, after];
    default:
      return piecesOf(input + after, Number(/\d+/.exec(manner)![0]));
  }
}

/** Cuts a text into pieces of 1 to 32 characters, the same ones for the same seed. */
function piecesOf(text: string, seed: number): string[] {
  const pieces: string[] = [];
  let state = seed * 2_654_435_761 >>> 0;
  for (let at = 0; at < text.length;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const size = 1 + (state >>> 27);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
