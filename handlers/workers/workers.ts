/**
 * `workers`: a handler that runs in other threads. Composition only: options + Deno's clock + threads +
 * pool.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import { resolveShutdown, type Shutdown } from "../../reactor/options/options.ts";
import type { Client } from "../../reactor/request_head.ts";
import { report } from "../report.ts";
import { WorkerExchange } from "./exchange.ts";
import type { PostedInfo } from "./messages.ts";
import { resolvePoolOptions, type WorkersOptions } from "./options.ts";
import { Pool, type WorkersStats } from "./pool.ts";
import { threads } from "./worker_port.ts";

export { WorkerCrash } from "./exchange.ts";
export type { WorkersOptions } from "./options.ts";
export type { WorkersStats } from "./pool.ts";

/** What a module for workers exports as its default, itself or as the `fetch` of an object. */
export type WorkerHandler = (
  request: Request,
  info: WorkerHandlerInfo,
) => Response | Promise<Response>;

/** What a handler in a worker gets beside the request. */
export interface WorkerHandlerInfo {
  /** The far end of the connection; `null` when the pool was called without one. */
  remoteAddr: Deno.Addr | null;
  /** Who sent the request, as on the server's thread; `null` when the pool was called without it. */
  client: Client | null;
}

/** A handler that runs in workers: for `serve`, and inside any router. */
export interface Workers extends AsyncDisposable {
  /**
   * Answers one request in a worker. Rejects with what the handler threw, with a `WorkerCrash` when the
   * worker failed, and with the reason of the request's signal when that fires first.
   */
  (request: Request, info?: Partial<WorkerHandlerInfo>): Promise<Response>;
  /** The pool's counts. */
  stats(): WorkersStats;
  /**
   * Ends the pool: what waits and what comes gets 503, what runs is finished (its time-out and its
   * signal still cut it), and terminated after `deadline` ms (default 20,000, as for `Server.shutdown`).
   * Resolves when all workers have ended, or half a second later when a thread that never yields
   * cannot; a further call joins the first. Close it after the server's shutdown.
   *
   * @throws {RangeError} If the deadline is negative, fractional or over 2,147,483,647.
   */
  close(times?: Partial<Pick<Shutdown, "deadline">>): Promise<void>;
}

/**
 * Makes a handler that runs the default export of `module` in workers, for work that would keep the
 * server's own thread from everything else. One request at a time per worker; a worker that does not
 * come back is replaced.
 *
 * ```ts ignore
 * const resize = workers(new URL("./resize.ts", import.meta.url), { max: 4, timeout: 5_000 });
 * serve((request, info) => {
 *   if (new URL(request.url).pathname === "/resize") return resize(request, info);
 *   return new Response("Hello\n");
 * });
 * ```
 *
 * Needs `--allow-read` for a local module and for Weir's own files, `--allow-import` for a remote one.
 *
 * A bundle (`deno bundle`) has no file for a thread to begin with: bundle the program with `--external` for
 * Weir, and keep the module beside the bundle. With `deno compile`, name the module with `--include`.
 *
 * @throws {TypeError} If the module is not a URL, a name among the options is unknown, or a value is
 * not a number; or in a bundle that has Weir in it.
 * @throws {RangeError} If a number is not whole or out of its range.
 */
export function workers(module: URL | string, options?: WorkersOptions): Workers {
  const resolved = resolvePoolOptions(options);
  const spawn = threads(new URL(module).href, resolved.memory);
  const pool = new Pool(resolved, {
    clock: denoPorts().clock,
    spawn,
    report: (error) => report("A worker failed:", error),
  });
  let requests = 0;
  const handler = (request: Request, info: Partial<WorkerHandlerInfo> = {}) =>
    new WorkerExchange(request, { id: ++requests, info: posted(info), pool }).run();
  const close = async (times?: Partial<Pick<Shutdown, "deadline">>) => {
    await pool.close(resolveShutdown(times).deadline);
  };
  return Object.assign(handler, {
    stats: () => pool.stats(),
    close,
    [Symbol.asyncDispose]: () => close(),
  });
}

/** Copies: what is posted must be plain data. */
function posted({ remoteAddr, client }: Partial<WorkerHandlerInfo>): PostedInfo {
  return {
    remoteAddr: remoteAddr ? { ...remoteAddr } : null,
    client: client ? { ...client } : null,
  };
}
