/**
 * The settings of a server with their defaults filled in, checked once: here are the defaults, the
 * checks and the choice by path. The prose of each setting is in `settings.ts`. Pure.
 *
 * @module
 */

import { checkInteger, checkNames, checkRecord, describe, MAX_MS } from "./option_checks.ts";
import { type QueueOptions, resolveQueue } from "./queue_options.ts";
import type { Limits, PathOverride, ReactorOptions, Shutdown, Timeouts } from "./settings.ts";

export type {
  LaneFunction,
  Limits,
  PathOverride,
  Queue,
  ReactorOptions,
  Shutdown,
  Timeouts,
} from "./settings.ts";

/** What can differ by path, resolved. */
export interface PathOptions {
  /** {@linkcode Limits.bodyBytes}, in bytes. */
  readonly bodyBytes: number;
  /** {@linkcode Limits.bufferedBodyBytes}, in bytes. */
  readonly bufferedBodyBytes: number;
  /** {@linkcode Timeouts.handler}, in milliseconds. */
  readonly handler: number;
}

/** One resolved entry of {@linkcode ReactorOptions.overrides}. */
export interface ResolvedOverride extends PathOptions {
  /** The whole path, or what it begins with. */
  readonly path: string;
  /** Whether `path` is only the beginning. */
  readonly prefix: boolean;
}

/** Everything set and checked; made once, by {@linkcode resolveOptions}. */
export interface Options {
  /** Every time-out, in milliseconds. */
  readonly timeouts: Timeouts;
  /** Every limit, in the unit it names. */
  readonly limits: Limits;
  /** What differs by path, the first match wins. */
  readonly overrides: readonly ResolvedOverride[];
  /** Whether answers carry `Keep-Alive: timeout=`. */
  readonly keepAliveHeader: boolean;
  /** `null` without a queue. */
  readonly queue: QueueOptions | null;
  /** What holds for a path without an override. */
  readonly everywhere: PathOptions;
}

/** The defaults of {@linkcode Timeouts}, in milliseconds. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  handshake: 10_000,
  head: 10_000,
  idle: 60_000,
  body: 5_000,
  write: 5_000,
  handler: 0,
  linger: 2_000,
};

/** The defaults of {@linkcode Limits}. */
export const DEFAULT_LIMITS: Limits = {
  headBytes: 32 * 1024,
  headerCount: 100,
  targetBytes: 8 * 1024,
  bufferedBodyBytes: 16 * 1024 * 1024,
  bodyBytes: 0,
  bodyRate: 240,
  writeRate: 240,
  requestsPerConnection: 0,
  pipelinedRequests: 64,
  connections: 16_384,
  connectionsPerAddress: 0,
  overConnections: "wait",
  drainBytes: 256 * 1024,
  lingerBytes: 64 * 1024 * 1024,
};

/** The defaults of {@linkcode Shutdown}, in milliseconds. */
export const DEFAULT_SHUTDOWN: Shutdown = { readyDelay: 0, deadline: 20_000, grace: 1_000 };

/** Limits without which memory would have no bound, and the rates, which their time-outs switch off. */
const AT_LEAST_ONE = [
  "headBytes",
  "headerCount",
  "targetBytes",
  "pipelinedRequests",
  "connections",
  "bodyRate",
  "writeRate",
];

const OVERRIDE_NAMES = ["path", "limits", "timeouts"];

/**
 * Fills in the defaults and checks everything once.
 *
 * @throws {TypeError} If a name inside an option is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If a number is not whole or out of its range.
 */
export function resolveOptions(given: ReactorOptions = {}): Options {
  const timeouts = resolveTimeouts(given.timeouts);
  const limits = resolveLimits(given.limits);
  const everywhere = {
    bodyBytes: limits.bodyBytes,
    bufferedBodyBytes: limits.bufferedBodyBytes,
    handler: timeouts.handler,
  };
  return {
    timeouts,
    limits,
    overrides: resolveOverrides(given.overrides, everywhere),
    keepAliveHeader: resolveFlag(given.keepAliveHeader),
    queue: resolveQueue(given.queue),
    everywhere,
  };
}

/**
 * Fills in the defaults of a shutdown's durations, in milliseconds.
 *
 * @throws {TypeError} If a name is unknown or a value is not a number.
 * @throws {RangeError} If a number is not whole, negative, or over 2,147,483,647.
 */
export function resolveShutdown(given?: Partial<Shutdown>): Shutdown {
  return resolveNumbers("shutdown", given, DEFAULT_SHUTDOWN, () => MS);
}

/**
 * What holds for a request path: the first override that matches, else what holds everywhere.
 * `path` is that of the target, without query and, in absolute form, without scheme and authority.
 */
export function optionsForPath(options: Options, path: string): PathOptions {
  for (const entry of options.overrides) {
    if (entry.prefix ? path.startsWith(entry.path) : path === entry.path) {
      return entry;
    }
  }
  return options.everywhere;
}

const MS = { least: 0, most: MAX_MS, unit: "milliseconds" };
const AMOUNT = { least: 0, most: Number.MAX_SAFE_INTEGER, unit: "" };
const AMOUNT_FROM_ONE = { ...AMOUNT, least: 1 };

/** `defaults` with the numbers of `given` put in, each checked against its range. */
function resolveNumbers<T extends Record<keyof T, number>>(
  name: string,
  given: Partial<T> | undefined,
  defaults: T,
  rangeOf: (key: string) => typeof MS,
): T {
  if (given === undefined) return defaults;
  checkNames(name, checkRecord(name, given), Object.keys(defaults));
  const resolved: Record<string, number> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value !== undefined) {
      resolved[key] = checkInteger(`${name}.${key}`, value, rangeOf(key));
    }
  }
  return { ...defaults, ...resolved };
}

function resolveTimeouts(given?: Partial<Timeouts>): Timeouts {
  return resolveNumbers("timeouts", given, DEFAULT_TIMEOUTS, () => MS);
}

function resolveLimits(given?: Partial<Limits>): Limits {
  if (given === undefined) return DEFAULT_LIMITS;
  const { overConnections = DEFAULT_LIMITS.overConnections, ...numbers } = checkRecord(
    "limits",
    given,
  );
  if (overConnections !== "wait" && overConnections !== "refuse") {
    throw new TypeError(
      `Cannot use option 'limits.overConnections': expected "wait" or "refuse", received ${
        describe(overConnections)
      }`,
    );
  }
  const { overConnections: _, ...defaults } = DEFAULT_LIMITS;
  return {
    ...resolveNumbers("limits", numbers, defaults, limitRange),
    overConnections,
  };
}

function limitRange(key: string): typeof AMOUNT {
  return AT_LEAST_ONE.includes(key) ? AMOUNT_FROM_ONE : AMOUNT;
}

function resolveFlag(given: boolean | undefined): boolean {
  if (given === undefined || typeof given === "boolean") return given ?? false;
  throw new TypeError(
    `Cannot use option 'keepAliveHeader': expected a boolean, received ${describe(given)}`,
  );
}

function resolveOverrides(
  given: readonly PathOverride[] | undefined,
  everywhere: PathOptions,
): readonly ResolvedOverride[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) {
    throw new TypeError(
      `Cannot use option 'overrides': expected an array, received ${describe(given)}`,
    );
  }
  return given.map((entry, index) => resolveOverride(`overrides[${index}]`, entry, everywhere));
}

function resolveOverride(
  name: string,
  given: PathOverride,
  everywhere: PathOptions,
): ResolvedOverride {
  const entry = checkRecord(name, given);
  checkNames(name, entry, OVERRIDE_NAMES);
  const { bodyBytes, bufferedBodyBytes, handler } = everywhere;
  const limits = { bodyBytes, bufferedBodyBytes };
  return {
    ...resolvePath(`${name}.path`, entry.path),
    ...resolveNumbers(`${name}.limits`, entry.limits, limits, () => AMOUNT),
    ...resolveNumbers(
      `${name}.timeouts`,
      entry.timeouts,
      { handler },
      () => MS,
    ),
  };
}

/** A `*` that is not the last character would look as if it meant something. */
function resolvePath(
  name: string,
  path: unknown,
): { path: string; prefix: boolean } {
  const text = typeof path === "string" ? path : "";
  const star = text.indexOf("*");
  if (!/^[/*]/.test(text) || (star !== -1 && star !== text.length - 1)) {
    throw new TypeError(
      `Cannot use option '${name}': expected a path such as "/a" or "/a/*", received ${
        describe(path)
      }`,
    );
  }
  return star === -1 ? { path: text, prefix: false } : { path: text.slice(0, star), prefix: true };
}
