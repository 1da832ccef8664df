/**
 * What `serveParallel` does: options + threads + supervisor = a server.
 *
 * @module
 */

import { resolveShutdown } from "../../reactor/options/options.ts";
import { AccessLog } from "../access_log/access_log.ts";
import { reportLine } from "../report.ts";
import { threadEntry } from "../threads/entry.ts";
import { formatIncident } from "./incident_lines.ts";
import type { ModuleSetup } from "./module_entry.ts";
import { checkSharing, type ParallelOptions, resolveParallel } from "./options.ts";
import type { ParallelServer } from "./parallel_server.ts";
import { SILENT_MS } from "./supervisor.ts";
import { WorkerGroup } from "./worker_group.ts";

/** Starts the workers. */
export async function startParallel(
  module: URL | string,
  options: ParallelOptions,
): Promise<ParallelServer> {
  const resolved = resolveParallel(options);
  const setup: ModuleSetup = { module: new URL(module).href, options: resolved };
  checkSharing();
  const { count, startTimeout, times, serve } = resolved;
  const log = resolved.log === null ? null : new AccessLog(resolved.log);
  const group = new WorkerGroup({
    entry: threadEntry({
      here: import.meta.url,
      name: "start_parallel",
      entry: "./module_entry.ts",
      load: () => import("./module_entry.ts"),
    }),
    data: setup,
    count,
    port: Number(serve.port ?? 8000),
    startMs: startTimeout,
    silentMs: (serve.timeouts?.handler ?? 0) + SILENT_MS,
    times,
    onIncident: (incident) => reportLine("Weir", formatIncident(incident)),
    onLogLine: (line) => log?.write(line),
    onTrace: () => {},
  });
  const { addr } = await group.start();
  const finished = group.finished.then(() => log?.close());
  return {
    addr,
    finished,
    get phase() {
      return group.phase;
    },
    get workers() {
      return group.numbers;
    },
    reload: () => group.reload(),
    shutdown: async (given) => {
      const report = await group.shutdown(resolveShutdown(given));
      await finished;
      return report;
    },
    force: () => group.force(),
    [Symbol.asyncDispose]: async () => {
      await group.shutdown(times);
      await finished;
    },
  };
}
