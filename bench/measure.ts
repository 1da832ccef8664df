/**
 * One round of a case: each peer once, on a fresh server process. Checks the answers, warms up, loads, and
 * turns what was counted into outcomes. A round never throws for what a peer does.
 *
 * @module
 */

import { faultOf, type MeasureOptions, openBout } from "./bout.ts";
import type { Case, Load } from "./cases.ts";
import { runColdCase } from "./cold_case.ts";
import { runIdleCase } from "./idle_case.ts";
import { judge, type Measured, reasonOf } from "./judge.ts";
import { type ProgramLoad, putDriverLoad } from "./loads.ts";
import type { Outcome } from "./model.ts";
import { runOverloadCase } from "./overload_case.ts";
import type { Peer } from "./peers/catalog.ts";
import { measureInTurns } from "./turns.ts";

/** Runs the case once on each of the peers; returns their outcomes in the same order. */
export async function measureRound(
  peers: readonly Peer[],
  at: Case,
  options: MeasureOptions,
): Promise<Measured[]> {
  const { load } = at;
  if (load.kind === "oha" || load.kind === "wrk") {
    return measureInTurns(peers, { case: at, load, options });
  }
  const measured: Measured[] = [];
  for (const peer of peers) measured.push(await measureAlone(peer, { case: at, load, options }));
  return measured;
}

/** One peer's part of a round in which the peers follow each other. */
interface Part {
  readonly case: Case;
  /** The case's. */
  readonly load: Exclude<Load, ProgramLoad>;
  readonly options: MeasureOptions;
}

async function measureAlone(peer: Peer, part: Part): Promise<Measured> {
  const commands: string[] = [];
  try {
    return { outcome: await outcomeOf(peer, { ...part, commands }), commands };
  } catch (error) {
    return { outcome: { kind: "failed", why: reasonOf(error) }, commands };
  }
}

async function outcomeOf(peer: Peer, part: Part & { commands: string[] }): Promise<Outcome> {
  const { load, options } = part;
  if (load.kind === "cold") {
    const starts = options.quick ? load.quickStarts : load.starts;
    return await runColdCase(peer, { ...part, starts });
  }
  const bout = await openBout(peer, part);
  try {
    const why = await faultOf(bout);
    if (why !== null) return { kind: "invalid", why, figures: null };
    if (load.kind === "idle") return await runIdleCase(bout);
    if (load.kind === "overload") return await runOverloadCase(bout, load);
    return judge(bout.server, await putDriverLoad(bout, load));
  } finally {
    await bout.server.stop();
  }
}
