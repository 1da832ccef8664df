/**
 * The options of `serveParallel`: what each means, its default, its check.
 *
 * @module
 */

import { checkInteger, describe, MAX_MS } from "../../reactor/options/option_checks.ts";
import { resolveShutdown, type Shutdown } from "../../reactor/options/options.ts";
import type { AccessLogOptions } from "../access_log/access_log.ts";
import { serveArguments } from "../serve_arguments.ts";
import type { ServeTcpOptions } from "../serve_options.ts";
import { isReadyPath } from "./ready_path.ts";

/**
 * Options of `serveParallel`: those of `serve` that are plain data, since they are sent to threads, and those
 * of the workers. Limits and the queue count per worker.
 */
export interface ParallelOptions extends
  Omit<
    ServeTcpOptions,
    "signal" | "onError" | "onListen" | "reusePort" | "transport"
  > {
  /**
   * How many workers serve; `"auto"` is the number of cores that the process may use. Where the platform does
   * not spread connections over sockets that share a port (all but Linux), it is 1. @default {"auto"}
   */
  workers?: number | "auto";
  /** How long the module may take to load, in milliseconds; 0 = for ever. @default {30_000} */
  startTimeout?: number;
  /**
   * A path that is asked for, without a network, before a worker listens, until the answer is one of success:
   * for an app that has to warm up. It is part of `startTimeout`. @default {none: a worker is ready when its
   * module is loaded}
   */
  readyPath?: string;
  /** Whether `/healthz` and `/readyz` are answered; see {@linkcode Health}. @default {false} */
  health?: boolean;
  /** Whether `/metrics` is answered, by each worker with the sum of all. @default {false} */
  metrics?: boolean;
  /** An access log of all workers, in the order of time. @default {none} */
  log?: AccessLogOptions;
  /** How workers end that a reload replaces; `readyDelay` is not needed then. @default {see Shutdown} */
  shutdown?: Partial<Shutdown>;
}

/** All options, checked. */
export interface ResolvedParallel {
  readonly count: number;
  readonly startTimeout: number;
  readonly readyPath: string | null;
  readonly health: boolean;
  readonly metrics: boolean;
  readonly log: AccessLogOptions | null;
  readonly times: Shutdown;
  /** What each worker hands over to `serve`. */
  readonly serve: ServeTcpOptions;
}

/** A module may take so long to load by default, in milliseconds. */
const START_MS = 30_000;

/**
 * Fills in the defaults and checks everything once.
 *
 * @throws {TypeError} If an option is of the wrong kind, or cannot be sent to a thread.
 * @throws {RangeError} If a number is out of its range.
 */
export function resolveParallel(options: ParallelOptions): ResolvedParallel {
  const { workers, startTimeout, readyPath, health, metrics, log, shutdown, ...given } = options;
  const serve = plain(given);
  serveArguments(serve as ServeTcpOptions, () => new Response());
  const range = { least: 0, most: MAX_MS, unit: "milliseconds" };
  return {
    count: workerCount(workers),
    startTimeout: checkInteger("startTimeout", startTimeout ?? START_MS, range),
    readyPath: readyPathOf(readyPath),
    health: health ?? false,
    metrics: metrics ?? false,
    log: log ?? null,
    times: resolveShutdown(shutdown),
    serve,
  };
}

/**
 * How many workers serve.
 *
 * @throws {TypeError | RangeError} If it is not a number of workers.
 */
export function workerCount(given: number | "auto" = "auto"): number {
  const count = given === "auto"
    // Of the cores that the process may use: the runtime heeds affinity and the quota of a control group.
    ? navigator.hardwareConcurrency
    : checkInteger("workers", given, { least: 1, most: 1_024, unit: "" });
  return sharesPorts() ? count : 1;
}

/** Whether the platform spreads connections over the sockets that share a port. */
export function sharesPorts(): boolean {
  return Deno.build.os === "linux";
}

/**
 * Sees to it that a port can be shared: without the flag the runtime ends the process when one is to be.
 *
 * @throws {Error} If it cannot.
 */
export function checkSharing(): void {
  if ("listenDatagram" in Deno) return;
  throw new Error("Workers share a port, which needs the flag --unstable-net of Deno");
}

function plain(given: object): ServeTcpOptions {
  for (const [name, value] of Object.entries(given)) {
    try {
      structuredClone(value);
    } catch {
      throw new TypeError(
        `Cannot use option '${name}' in workers: expected plain data, received ${describe(value)}`,
      );
    }
  }
  for (const name of ["path", "signal", "onListen", "onError", "handler"]) {
    if (Reflect.get(given, name) === undefined) continue;
    throw new TypeError(`Cannot use option '${name}' in workers: the module has to bring it`);
  }
  return given;
}

function readyPathOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  if (typeof given === "string" && isReadyPath(given)) return given;
  throw new TypeError(
    `Cannot use option 'readyPath': expected a path such as "/ready", received ${describe(given)}`,
  );
}
