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
  pinnedLoad,
  runLoadProgram,
} from "./bout.ts";
import { drive, driverCommand, DriverFailure } from "./drive.ts";
import type { Tally } from "./model.ts";
import { ohaCommand, parseOha } from "./oha.ts";
import { readUsage, type Usage } from "./proc.ts";
import { requestHead } from "./routes.ts";
import { parseWrk, wrkCommand } from "./wrk.ts";

/** Long enough for each connection to get a dozen answers: fairness cannot be told from fewer. */
const SECONDS_PER_CONNECTION = 1 / 1024;

/** Warms the server up, then puts the case's load on it. */
export function putLoad(bout: Bout): Promise<LoadResult> {
  const { load } = bout.case;
  if (load.kind === "driver") return loadByDriver(bout, load);
  return load.kind === "wrk" ? loadByWrk(bout, load) : loadByOha(bout);
}

async function loadByOha(bout: Bout): Promise<LoadResult> {
  const { case: at, route, server, options } = bout;
  const command = (seconds: number) =>
    pinnedLoad(
      ohaCommand(route, {
        port: server.port,
        connections: at.connections ?? 1,
        amount: { seconds },
        newConnections: at.load.kind === "oha" && at.load.newConnections === true,
        extra: extraFields(at),
        bodyFile: options.site.bodyFile(route),
      }),
      options,
    );
  await runLoadProgram(command(options.warmupSeconds), options.warmupSeconds);
  return bracket(
    bout,
    command(options.seconds),
    (text) => parseOha(text, { bodyBytes: route.answer.length }),
  );
}

async function loadByWrk(
  bout: Bout,
  load: { readonly connections: number; readonly depth: number },
): Promise<LoadResult> {
  const { server, options } = bout;
  const command = (seconds: number) =>
    pinnedLoad(wrkCommand({ ...load, port: server.port, seconds }), options);
  await runLoadProgram(command(options.warmupSeconds), options.warmupSeconds);
  return bracket(bout, command(options.seconds), parseWrk);
}

/** Runs a load program between two looks at the server. */
async function bracket(
  bout: Bout,
  command: readonly string[],
  parse: (text: string) => Tally,
): Promise<LoadResult> {
  bout.commands.push(command.join(" "));
  const before = await readUsage(bout.server.pids);
  const text = await runLoadProgram(command, bout.options.seconds);
  return { tally: parse(text), before, after: await readUsage(bout.server.pids) };
}

async function loadByDriver(
  bout: Bout,
  load: { readonly connections: number; readonly depth: number },
): Promise<LoadResult> {
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
  return { tally, before, after };
}
