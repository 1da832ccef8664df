/**
 * The options of a pool of workers: what each means, its default, its check.
 *
 * @module
 */

import {
  checkInteger,
  checkNames,
  checkRecord,
  MAX_MS,
} from "../../reactor/options/option_checks.ts";

/** Options of `workers`; durations are in milliseconds. */
export interface WorkersOptions {
  /** Workers that are started at once and kept. @default {0} */
  min?: number;
  /** The most workers at a time, and so the most requests. @default {navigator.hardwareConcurrency} */
  max?: number;
  /**
   * How long a worker above `min` stays without work. The default bridges the pauses of a client; a
   * start costs about 30 ms, an idle worker a few MiB. @default {30_000}
   */
  idle?: number;
  /**
   * How long a handler has from the moment that a worker has the request until its answer's last
   * byte; then it is cut with 503 and its worker replaced. 0 = for ever. @default {0}
   */
  timeout?: number;
  /** Requests that may wait for a worker; the next one gets 503 with Retry-After. @default {64} */
  queue?: number;
  /** How long a request waits for a worker; then 503 with Retry-After. @default {10_000} */
  wait?: number;
  /**
   * Heap of each worker in MiB; 0 = the runtime's own limit, over which the whole process ends. A
   * worker over its limit stops until `timeout` is over or the client leaves. @default {0}
   */
  memory?: number;
}

/** All options, checked. */
export type PoolOptions = Readonly<Required<WorkersOptions>>;

const COUNT = { least: 1, most: 65_536, unit: "" };
const MS = { least: 1, most: MAX_MS, unit: "milliseconds" };
const RANGES: Readonly<Record<keyof WorkersOptions, typeof COUNT>> = {
  min: { ...COUNT, least: 0 },
  max: COUNT,
  idle: { ...MS, least: 0 },
  timeout: { ...MS, least: 0 },
  queue: COUNT,
  wait: MS,
  memory: { ...COUNT, least: 0, unit: "MiB" },
};

/**
 * Fills in the defaults and checks everything once.
 *
 * @throws {TypeError} If a name is unknown or a value is not a number.
 * @throws {RangeError} If a number is not whole or out of its range, or `min` is over `max`.
 */
export function resolvePoolOptions(given: WorkersOptions = {}): PoolOptions {
  checkNames("workers", checkRecord("workers", given), Object.keys(RANGES));
  const { min = 0, max = Math.max(min, navigator.hardwareConcurrency) } = given;
  const { idle = 30_000, timeout = 0, queue = 64, wait = 10_000, memory = 0 } = given;
  const options = { min, max, idle, timeout, queue, wait, memory };
  for (const [name, range] of Object.entries(RANGES)) {
    checkInteger(`workers.${name}`, options[name as keyof WorkersOptions], range);
  }
  if (min > max) {
    throw new RangeError(
      `Cannot use option 'workers.min': expected at most max (${max}), received ${min}`,
    );
  }
  return options;
}
