/**
 * The settings of a server, with defaults filled in and checked once. This file holds the defaults, the
 * checks and the choice by path; `settings.ts` describes each setting. Pure.
 *
 * @module
 */

import { checkInteger, checkNames, checkRecord, describe, MAX_MS } from "./option_checks.ts";
import { resolveProxyProtocol } from "./proxy_options.ts";
import { type QueueOptions, resolveQueue } from "./queue_options.ts";
import type {
  Limits,
  PathOverride,
  ProxyProtocol,
  ReactorOptions,
  Shutdown,
  Timeouts,
} from "./settings.ts";

export type {
  LaneFunction,
  Limits,
  PathOverride,
  ProxyProtocol,
  Queue,
  ReactorOptions,
  Shutdown,
  Timeouts,
} from "./settings.ts";

/** The settings that can differ by path, with defaults filled in. */
export interface PathOptions {
  /** {@linkcode Limits.bodyBytes}, in bytes. */
  readonly bodyBytes: number;
  /** {@linkcode Limits.bufferedBodyBytes}, in bytes. */
  readonly bufferedBodyBytes: number;
  /** {@linkcode Timeouts.handler}, in milliseconds. */
  readonly handler: number;
}

/** One entry of {@linkcode ReactorOptions.overrides}, with defaults filled in. */
export interface ResolvedOverride extends PathOptions {
  /** The whole path, or the beginning of all paths that are meant. */
  readonly path: string;
  /** Whether `path` is the beginning of a path. */
  readonly prefix: boolean;
}

/** All settings, checked; made once, by {@linkcode resolveOptions}. */
export interface Options {
  /** All time-outs, in milliseconds. */
  readonly timeouts: Timeouts;
  /** All limits, each in the unit that its name or description gives. */
  readonly limits: Limits;
  /** The settings of some paths; the first entry that matches holds. */
  readonly overrides: readonly ResolvedOverride[];
  /** Whether answers carry `Keep-Alive: timeout=`. */
  readonly keepAliveHeader: boolean;
  /** `null` without a queue. */
  readonly queue: QueueOptions | null;
  /** `null` without the PROXY protocol. */
  readonly proxyProtocol: ProxyProtocol | null;
  /** The settings of all paths without an override. */
  readonly everywhere: PathOptions;
}

/** The defaults of {@linkcode Timeouts}, in milliseconds. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  handshake: 10_000,
  head: 10_000,
  idle: 75_000,
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
  requestsPerClient: 0,
  ipv6Prefix: 64,
  overConnections: "wait",
  drainBytes: 256 * 1024,
  lingerBytes: 64 * 1024 * 1024,
};

/** The defaults of {@linkcode Shutdown}, in milliseconds. */
export const DEFAULT_SHUTDOWN: Shutdown = {
  readyDelay: 0,
  firstRequest: 1_000,
  deadline: 20_000,
  grace: 1_000,
};

/**
 * Limits that cannot be turned off: those without which memory would have no bound, and the rates, which
 * are turned off by their time-outs.
 */
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
 * Fills in the defaults and checks all settings.
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
    proxyProtocol: resolveProxyProtocol(given.proxyProtocol),
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
 * The settings for a request path: the first override that matches, else those of all other paths.
 * `path` is that of the request target, without query and, in absolute form, without scheme and authority.
 */
export function optionsForPath(options: Options, path: string): PathOptions {
  return options.overrides.find((entry) =>
    entry.prefix ? path.startsWith(entry.path) : path === entry.path
  ) ?? options.everywhere;
}

const MS = { least: 0, most: MAX_MS, unit: "milliseconds" };
const AMOUNT = { least: 0, most: Number.MAX_SAFE_INTEGER, unit: "" };
const AMOUNT_FROM_ONE = { ...AMOUNT, least: 1 };
const BITS = { least: 1, most: 128, unit: "bits" };

/** `defaults`, with the numbers of `given` in their places, each checked against its range. */
function resolveNumbers<T extends Record<keyof T, number>>(
  name: string,
  given: Partial<T> | undefined,
  defaults: T,
  rangeOf: (key: string) => typeof MS,
): T {
  if (given === undefined) return defaults;
  checkNames(name, checkRecord(name, given), Object.keys(defaults));
  const resolved: Record<string, number> = {};
  Object.keys(given).forEach((key) => {
    const value: unknown = Reflect.get(given, key);
    if (value !== undefined) resolved[key] = checkInteger(`${name}.${key}`, value, rangeOf(key));
  });
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
  if (key === "ipv6Prefix") return BITS;
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

/** Rejects a `*` that is not the last character: it would have no effect, but look as if it had one. */
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
