/**
 * `serveParallel`: one port, as many threads as there are cores, each with a server of its own.
 *
 * @module
 */

import { AccessLog } from "../access_log/access_log.ts";
import { resolveShutdown, type Shutdown } from "../../reactor/options/options.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { Phase } from "../../reactor/states.ts";
import { reportLine } from "../report.ts";
import { formatIncident } from "./incident_lines.ts";
import type { ModuleSetup } from "./module_entry.ts";
import { type ParallelOptions, resolveParallel } from "./options.ts";
import { WorkerGroup } from "./worker_group.ts";

/** Workers that share a port, as one server. */
export interface ParallelServer extends AsyncDisposable {
  /** Where all of them listen. */
  readonly addr: Deno.NetAddr;
  /** Resolves when all workers have ended; never rejects. */
  readonly finished: Promise<void>;
  /** Where they are in their life. */
  readonly phase: Phase;
  /** The workers that serve at present, by their numbers, which are never used again. */
  readonly workers: readonly number[];
  /**
   * Starts new workers, which load the module and all that it imports anew. When all of them listen, the
   * ones before drain. Resolves when those have ended.
   *
   * @throws {Error} What keeps the new ones from starting; then the ones before serve on.
   */
  reload(): Promise<void>;
  /** Ends all workers within one deadline; see {@linkcode Server.shutdown}. One report for all of them. */
  shutdown(times?: Partial<Shutdown>): Promise<ShutdownReport>;
  /** Closes every connection at once. */
  force(): void;
}

/** How much longer than its time-out a handler may hold its worker before that is reported, in milliseconds. */
export const SILENT_MS = 10_000;

/**
 * Serves the default export of `module`, a handler or an object with `fetch`, in several threads that share
 * one port: new connections are spread over them by the kernel. Resolves when all of them listen.
 *
 * A worker that is lost is replaced. One in which nobody caught an error finishes what it has, and is
 * replaced too. What happens is reported on stderr.
 *
 * ```ts ignore
 * const server = await serveParallel(new URL("./app.ts", import.meta.url), { port: 8000 });
 * Deno.addSignalListener("SIGHUP", () => server.reload().catch(console.error));
 * Deno.addSignalListener("SIGTERM", () => server.shutdown({ deadline: 10_000 }));
 * ```
 *
 * Needs `--unstable-net` to share a port, and the permission to read the module and Weir's own files.
 *
 * @throws {TypeError} If an option is of the wrong kind, or cannot be sent to a thread.
 * @throws {RangeError} If a number among the options is out of range.
 * @throws {Error} What keeps a worker from starting: its module, or the port.
 */
export async function serveParallel(
  module: URL | string,
  options: ParallelOptions = {},
): Promise<ParallelServer> {
  const resolved = resolveParallel(options);
  const setup: ModuleSetup = { module: new URL(module).href, options: resolved };
  const { count, startTimeout, times, serve } = resolved;
  const log = resolved.log === null ? null : new AccessLog(resolved.log);
  const group = new WorkerGroup({
    entry: new URL("./module_entry.ts", import.meta.url),
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
