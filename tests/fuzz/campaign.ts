/**
 * Streams by the thousand: drawn from a seed, read by Node in batches and by Weir three times
 * (whole, and cut into reads at random on two connections at once), and judged. The first that
 * fails is made as small as possible.
 *
 * @module
 */

import fc from "fast-check";
import { WeirReader, type WeirReading } from "./engine.ts";
import { judge, missed, strayed, varied } from "./judgement.ts";
import type { NodeOracle } from "./node_oracle.ts";
import { escaped, type Reading } from "./reading.ts";
import { shortest } from "./shortest.ts";
import { type Stream, stream } from "./streams.ts";

/** The result of a campaign. */
export interface Tally {
  streams: number;
  requests: number;
  /** How often each verdict was given. */
  readonly verdicts: Map<string, number>;
}

/** Options of {@linkcode campaign}. */
export interface CampaignOptions {
  readonly seed: number;
  readonly node: NodeOracle;
  /** Whether to draw another batch. */
  readonly goesOn: (tally: Tally) => boolean;
  /** How many streams are drawn, and given to Node, at a time. */
  readonly batch?: number;
}

/** A stream that failed, made as small as possible. */
export class Counterexample extends Error {
  override readonly name = "Counterexample";

  constructor(given: Stream, what: string, path: string) {
    const { bytes, ...how } = given;
    super(`${what}\n${escaped(bytes)}\n${JSON.stringify({ ...how, meant: null })}, ${path}`);
  }
}

/**
 * Draws and judges until it is told to stop.
 *
 * @throws {Counterexample} At the first stream that fails.
 */
export async function campaign(options: CampaignOptions): Promise<Tally> {
  const { seed, node, goesOn, batch = 500 } = options;
  const tally: Tally = { streams: 0, requests: 0, verdicts: new Map() };
  for (let turn = 0; goesOn(tally); turn++) {
    const given = { seed: (seed + turn) | 0, numRuns: batch };
    const streams = fc.sample(stream, given);
    const weir = new WeirReader();
    const readings = await node.read(streams.map(({ bytes }) => bytes));
    for (const [index, each] of streams.entries()) {
      const what = await check(each, { weir, reading: readings[index]!, tally });
      if (what !== null) throw await smallest(node, given.seed, `${index}`);
    }
    await weir.finish();
  }
  return tally;
}

/** What is wrong with Weir's reading of one stream, or `null`. */
async function check(
  given: Stream,
  { weir, reading, tally }: { weir: WeirReader; reading: Reading; tally?: Tally },
): Promise<string | null> {
  try {
    const { bytes, meant, tight } = given;
    const [whole] = await weir.read({ bytes, tight });
    const missing = meant === null ? null : missed(whole!, meant);
    if (missing !== null) return missing;
    const verdict = judge(bytes, whole!, reading);
    if (verdict.kind === "disagreement") return verdict.what;
    if (tally !== undefined) count(tally, { as: verdict.as, requests: whole!.requests.length });
    return await otherwise(given, { weir, whole: whole! });
  } catch (error) {
    return `Threw ${error}`;
  }
}

/** Sends the stream again on two connections at once, each cut in its own way; says what then differs. */
async function otherwise(
  { bytes, cuts, otherCuts, manner, tight }: Stream,
  { weir, whole }: { weir: WeirReader; whole: WeirReading },
): Promise<string | null> {
  const [again, beside] = await weir.read(
    { bytes, tight, cuts, manner },
    { bytes, tight, cuts: otherCuts },
  );
  // Whether the connection goes on after an answer given first depends on what has arrived by then.
  const answeredFirst = manner === "not at all" || manner === "while answering";
  const what = answeredFirst ? strayed(whole, again!) : varied(whole, again!);
  return what ?? varied(whole, beside!);
}

function count(tally: Tally, { as, requests }: { as: string; requests: number }): void {
  tally.streams++;
  tally.requests += requests;
  tally.verdicts.set(as, (tally.verdicts.get(as) ?? 0) + 1);
}

/** Draws the failing stream again, and shrinks first what was drawn, then its bytes. */
async function smallest(node: NodeOracle, seed: number, path: string): Promise<Counterexample> {
  const fails = (given: Stream) => wrong(given, node);
  const property = fc.asyncProperty(stream, async (given) => await fails(given) === null);
  const { counterexample } = await fc.check(property, { seed, path, numRuns: 1 });
  const origin = `seed ${seed}, stream ${path}`;
  if (counterexample === null) return new Counterexample(NOTHING, "It did not fail again", origin);
  const shrunk = await shortest(counterexample[0], async (given) => await fails(given) !== null);
  return new Counterexample(shrunk, (await fails(shrunk))!, origin);
}

const NOTHING: Stream = {
  bytes: "",
  meant: null,
  cuts: [],
  otherCuts: [],
  manner: "at once",
  tight: false,
};

async function wrong(given: Stream, node: NodeOracle): Promise<string | null> {
  const [reading] = await node.read([given.bytes]);
  const weir = new WeirReader();
  const what = await check(given, { weir, reading: reading! });
  if (what === null) await weir.finish();
  return what;
}

/** The verdicts as lines, the most frequent first. */
export function verdictLines({ verdicts }: Tally): string[] {
  return [...verdicts].sort(([, a], [, b]) => b - a)
    .map(([as, times]) => `${String(times).padStart(9)}  ${as}`);
}
