/**
 * `serveParallel`: one port, as many threads as there are cores, each with a server of its own. The rest is loaded with the first call, so that a server without workers starts no slower.
 *
 * @module
 */

import type { ParallelOptions } from "./options.ts";
import type { ParallelServer } from "./parallel_server.ts";

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
 * @throws {Error} What keeps a worker from starting: its module, the port, or the flag that is missing.
 */
export async function serveParallel(
  module: URL | string,
  options: ParallelOptions = {},
): Promise<ParallelServer> {
  const { startParallel } = await import("./start_parallel.ts");
  return await startParallel(module, options);
}
