/**
 * One run: one peer, one case, a fresh server process. Checks the answers, warms up, loads, and turns what
 * was counted into an outcome. A run never throws for what a peer does.
 *
 * @module
 */

import { type Bout, extraFields, type LoadResult, type MeasureOptions } from "./bout.ts";
import type { Case } from "./cases.ts";
import { MissingProgram } from "./children.ts";
import { runColdCase } from "./cold_case.ts";
import { DriverFailure } from "./drive.ts";
import { runIdleCase } from "./idle_case.ts";
import { launch, type Server, StartFailure } from "./launch.ts";
import { putLoad } from "./loads.ts";
import type { Figures, Outcome } from "./model.ts";
import { BadReport } from "./oha.ts";
import { runOverloadCase } from "./overload_case.ts";
import type { Peer } from "./peers/catalog.ts";
import { findFault } from "./probe.ts";
import { ROUTES } from "./routes.ts";

/** An outcome and how it came about. */
export interface Measured {
  readonly outcome: Outcome;
  readonly commands: readonly string[];
}

/** Runs the case on the peer once. */
export async function measure(
  peer: Peer,
  at: Case,
  options: MeasureOptions,
): Promise<Measured> {
  const commands: string[] = [];
  try {
    const outcome = at.load.kind === "cold"
      ? await runColdCase(peer, {
        starts: options.quick ? at.load.quickStarts : at.load.starts,
        options,
        commands,
      })
      : await measureLoad(peer, { at, options, commands });
    return { outcome, commands };
  } catch (error) {
    return { outcome: { kind: "failed", why: reasonOf(error) }, commands };
  }
}

/** Problems that belong to the run become its outcome; all others are mistakes of the bench. */
export function reasonOf(error: unknown): string {
  const known = [StartFailure, DriverFailure, BadReport, MissingProgram];
  if (known.some((kind) => error instanceof kind)) return (error as Error).message;
  throw error;
}

async function measureLoad(
  peer: Peer,
  run: { at: Case; options: MeasureOptions; commands: string[] },
): Promise<Outcome> {
  const { at, options, commands } = run;
  const route = ROUTES[at.route];
  const server = await launch(peer, { ...options, cores: options.pinning?.server ?? null });
  commands.push(server.command.join(" "));
  try {
    const fault = await findFault(route, { port: server.port, extra: extraFields(at) });
    if (fault !== null) return { kind: "invalid", why: fault, figures: null };
    const bout: Bout = { case: at, route, server, options, commands };
    if (at.load.kind === "idle") return await runIdleCase(bout);
    if (at.load.kind === "overload") return await runOverloadCase(bout, at.load);
    return judge(server, await putLoad(bout));
  } finally {
    await server.stop();
  }
}

/** Turns a load's result into an outcome: fast is nothing worth when the server died or was wrong. */
export function judge(server: Pick<Server, "fault">, result: LoadResult): Outcome {
  const { tally } = result;
  const fault = server.fault();
  if (fault !== null) return { kind: "failed", why: fault };
  if (tally.good === 0 && tally.bad === 0) return { kind: "failed", why: "no answer at all" };
  const figures = figuresOf(result);
  if (tally.bad > 0) return { kind: "invalid", why: `${tally.bad} wrong answers`, figures };
  if (tally.socketErrors > 0) {
    return { kind: "invalid", why: `${tally.socketErrors} socket errors`, figures };
  }
  return { kind: "measured", figures };
}

function figuresOf({ tally, before, after }: LoadResult): Figures {
  const answered = tally.good + tally.bad;
  return {
    ...tally,
    perSecond: answered / tally.seconds,
    cpuMicros: before && after ? (after.cpuMs - before.cpuMs) * 1000 / answered : null,
    peakBytes: after?.peakBytes ?? null,
    bytesPerConnection: null,
    coldMs: null,
    overload: null,
  };
}
