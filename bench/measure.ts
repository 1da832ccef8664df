/**
 * One round of a case: each peer once, on a fresh server process. Checks the answers, warms up, loads, and
 * turns what was counted into outcomes. A round never throws for what a peer does.
 *
 * @module
 */

import { type Bout, faultOf, type MeasureOptions, openBout } from "./bout.ts";
import type { Case } from "./cases.ts";
import { runColdCase } from "./cold_case.ts";
import { runIdleCase } from "./idle_case.ts";
import { judge, type Measured, reasonOf } from "./judge.ts";
import { putDriverLoad } from "./loads.ts";
import type { Outcome } from "./model.ts";
import { runOverloadCase } from "./overload_case.ts";
import type { Peer } from "./peers/catalog.ts";
import { measureInTurns } from "./turns.ts";

/** Runs the case on each of the peers once; what became of each, in their order. */
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
  for (const peer of peers) measured.push(await measureAlone(peer, at, options));
  return measured;
}

async function measureAlone(peer: Peer, at: Case, options: MeasureOptions): Promise<Measured> {
  const commands: string[] = [];
  try {
    const outcome = at.load.kind === "cold"
      ? await runColdCase(peer, {
        starts: options.quick ? at.load.quickStarts : at.load.starts,
        options,
        commands,
      })
      : await loadAlone(peer, { case: at, options, commands });
    return { outcome, commands };
  } catch (error) {
    return { outcome: { kind: "failed", why: reasonOf(error) }, commands };
  }
}

async function loadAlone(
  peer: Peer,
  run: { case: Case; options: MeasureOptions; commands: string[] },
): Promise<Outcome> {
  const bout = await openBout(peer, run);
  const { server } = bout;
  try {
    const why = await faultOf(bout);
    return why === null ? await loadOf(bout) : { kind: "invalid", why, figures: null };
  } finally {
    await server.stop();
  }
}

async function loadOf(bout: Bout): Promise<Outcome> {
  const { load } = bout.case;
  switch (load.kind) {
    case "driver":
      return judge(bout.server, await putDriverLoad(bout, load));
    case "idle":
      return await runIdleCase(bout);
    case "overload":
      return await runOverloadCase(bout, load);
    default:
      throw new TypeError(`Cannot put a load of kind "${load.kind}" on one server alone`);
  }
}
