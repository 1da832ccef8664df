/**
 * What the kinds of run have in common: the options of a session, a load on a server, its result.
 *
 * @module
 */

import type { Case } from "./cases.ts";
import { runToEnd } from "./children.ts";
import { pinned, type Pinning } from "./cores.ts";
import { launch, type Server } from "./launch.ts";
import type { Figures, Tally } from "./model.ts";
import { BadReport } from "./oha.ts";
import type { Peer } from "./peers/catalog.ts";
import { findFault } from "./probe.ts";
import type { Usage } from "./proc.ts";
import { BROWSER_FIELDS, type Route, ROUTES } from "./routes.ts";
import type { Site } from "./site.ts";

/** What all runs of a session share. */
export interface MeasureOptions {
  readonly site: Site;
  readonly pinning: Pinning | null;
  /** How long each counted load lasts. */
  readonly seconds: number;
  /** How long each warm-up lasts; it is not counted. */
  readonly warmupSeconds: number;
  /** Connections that the idle case may open. */
  readonly idleConnections: number;
  readonly quick: boolean;
}

/** A load and the server that it is put on. */
export interface Bout {
  readonly case: Case;
  readonly route: Route;
  readonly server: Server;
  readonly options: MeasureOptions;
  /** Command lines so far. */
  readonly commands: string[];
}

/** Starts the peer's server for a case; fills `commands`. @throws {StartFailure} */
export async function openBout(
  peer: Peer,
  run: { readonly case: Case; readonly options: MeasureOptions; readonly commands: string[] },
): Promise<Bout> {
  const { case: at, options, commands } = run;
  const server = await launch(peer, { ...options, cores: options.pinning?.server ?? null });
  commands.push(server.command.join(" "));
  return { case: at, route: ROUTES[at.route], server, options, commands };
}

/** What is wrong with the server's answer to the case's request, or `null`. */
export function faultOf({ case: at, route, server }: Bout): Promise<string | null> {
  return findFault(route, { port: server.port, extra: extraFields(at) });
}

/** What a load gave: its tally, and the server's use of the machine meanwhile, where that is known. */
export interface LoadResult {
  readonly tally: Tally;
  /** Processor time of the server's processes, in milliseconds. */
  readonly cpuMs: number | null;
  /** The most memory that they ever held resident, in bytes. */
  readonly peakBytes: number | null;
}

/** A load's result from its tally and two looks at the server. */
export function loadResult(tally: Tally, before: Usage | null, after: Usage | null): LoadResult {
  return {
    tally,
    cpuMs: before && after ? after.cpuMs - before.cpuMs : null,
    peakBytes: after?.peakBytes ?? null,
  };
}

/** Added to the time of a load: for late answers and for opening thousands of connections. */
export const LOAD_MARGIN_MS = 40_000;

/** Figures before anything is known. */
export const EMPTY: Figures = {
  requests: 0,
  good: 0,
  bad: 0,
  socketErrors: 0,
  seconds: 0,
  latencyMs: null,
  fairness: null,
  perSecond: null,
  cpuMicros: null,
  peakBytes: null,
  bytesPerConnection: null,
  coldMs: null,
  overload: null,
};

/** Runs a load generator to its end and gives what it wrote. @throws {BadReport} When it fails. */
export async function runLoadProgram(command: readonly string[], seconds: number): Promise<string> {
  const limitMs = seconds * 1000 + LOAD_MARGIN_MS;
  const { code, stdout, complaint } = await runToEnd(command, { limitMs });
  if (code !== 0) throw new BadReport(`load generator ended with ${code}: ${complaint}`);
  return stdout;
}

/** The command, pinned to the load's processors if there are any. */
export function pinnedLoad(command: readonly string[], options: MeasureOptions): readonly string[] {
  return pinned(command, options.pinning?.load ?? null);
}

/** Field lines that the case adds to the route's. */
export function extraFields(at: Case): Route["fields"] {
  return at.load.kind === "oha" && at.load.browserHead ? BROWSER_FIELDS : [];
}
