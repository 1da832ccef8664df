/**
 * Loads that run for a time: by oha, by wrk and by the bench's own driver. Each gives the same kind of result.
 *
 * @module
 */

import {
  type Bout,
  extraFields,
  LOAD_MARGIN_MS,
  type LoadResult,
  loadResult,
  pinnedLoad,
  runLoadProgram,
} from "./bout.ts";
import type { Load } from "./cases.ts";
import { drive, driverCommand, DriverFailure } from "./drive.ts";
import type { Tally } from "./model.ts";
import { ohaCommand, parseOha } from "./oha.ts";
import { readUsage, type Usage } from "./proc.ts";
import { requestHead } from "./routes.ts";
import { parseWrk, wrkCommand } from "./wrk.ts";

/** Long enough for each connection to get a dozen answers: fairness cannot be told from fewer. */
const SECONDS_PER_CONNECTION = 1 / 1024;

/**
 * V8 optimizes the server's code before any connection has ended, drops that code when the first
 * ones end, and needs a third of a second to optimize again. A server that has run for a while is
 * past that, so the warm-up closes its connections once, halfway through.
 */
const WARMUP_LOADS = 2;

/** A load by a separate program, which can be repeated on the same server. */
export type ProgramLoad = Extract<Load, { readonly kind: "oha" | "wrk" }>;

/** A load by the bench's own driver. */
export type DriverLoad = Extract<Load, { readonly kind: "driver" }>;

/** Loads a server without counting anything. */
export async function warmUp(bout: Bout, load: ProgramLoad): Promise<void> {
  const seconds = bout.options.warmupSeconds / WARMUP_LOADS;
  for (let i = 0; i < WARMUP_LOADS; i++) {
    await runLoadProgram(programCommand(bout, load, seconds), seconds);
  }
}

/** Loads a server, and reads its use of the machine before and after. */
export async function putLoad(
  bout: Bout,
  load: ProgramLoad,
  seconds: number,
): Promise<LoadResult> {
  const command = programCommand(bout, load, seconds);
  bout.commands.push(command.join(" "));
  const before = await readUsage(bout.server.pids);
  const text = await runLoadProgram(command, seconds);
  const after = await readUsage(bout.server.pids);
  const { answer } = bout.route;
  const tally = load.kind === "wrk" ? parseWrk(text) : parseOha(text, { bodyBytes: answer.length });
  return loadResult(tally, before, after);
}

function programCommand(bout: Bout, load: ProgramLoad, seconds: number): readonly string[] {
  const { case: at, route, server: { port }, options } = bout;
  if (load.kind === "wrk") return pinnedLoad(wrkCommand({ ...load, port, seconds }), options);
  return pinnedLoad(
    ohaCommand(route, {
      port,
      connections: load.connections,
      amount: { seconds },
      newConnections: load.newConnections === true,
      extra: extraFields(at),
      bodyFile: options.site.bodyFile(route),
    }),
    options,
  );
}

/** Warms the server up and loads it, on the same connections. */
export async function putDriverLoad(bout: Bout, load: DriverLoad): Promise<LoadResult> {
  const { route, server, options } = bout;
  const { pids, port } = server;
  const seconds = Math.max(options.seconds, load.connections * SECONDS_PER_CONNECTION);
  const command = driverCommand({
    kind: "load",
    connections: load.connections,
    depth: load.depth,
    port,
    request: requestHead(route, { port }),
    bodyBytes: route.answer.length,
    warmupMs: options.warmupSeconds * 1000,
    measureMs: seconds * 1000,
  }, options.pinning?.load ?? null);
  bout.commands.push(command.join(" "));
  let before: Usage | null = null;
  let after: Usage | null = null;
  let tally: Tally | null = null;
  await drive(command, {
    limitMs: (options.warmupSeconds + seconds) * 1000 + LOAD_MARGIN_MS,
    async hear(message) {
      if (message.kind === "begin") before = await readUsage(pids);
      if (message.kind === "end") after = await readUsage(pids);
      if (message.kind === "tally") tally = message.tally;
      return tally !== null;
    },
  });
  if (tally === null) throw new DriverFailure("driver gave no tally");
  return loadResult(tally, before, after);
}
