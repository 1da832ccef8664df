/**
 * The settings of the queue, with defaults filled in and checked once; `settings.ts` describes each.
 *
 * @module
 */

import { checkInteger, checkNames, checkRecord, describe, MAX_MS } from "./option_checks.ts";
import type { LaneFunction, Queue } from "./settings.ts";

/** All settings of a queue, checked. */
export interface QueueOptions {
  /** {@linkcode Queue.maxActive}. */
  readonly maxActive: number | "auto";
  /** {@linkcode Queue.floor}. */
  readonly floor: number;
  /** {@linkcode Queue.ceiling}. */
  readonly ceiling: number;
  /** {@linkcode Queue.maxQueued}. */
  readonly maxQueued: number;
  /** {@linkcode Queue.maxWait}, in milliseconds. */
  readonly maxWait: number;
  /** {@linkcode Queue.lane}. */
  readonly lane: LaneFunction;
}

/** The paths of health checks and metrics, as Kubernetes and Prometheus name them. */
const HIGH_PATHS: readonly string[] = ["/healthz", "/readyz", "/livez", "/metrics"];

/** The default of {@linkcode Queue.lane}: health checks and metrics wait in the high lane. */
function defaultLane({ path }: { readonly path: string }): "high" | "normal" {
  return HIGH_PATHS.includes(path) ? "high" : "normal";
}

/** The defaults of {@linkcode Queue}. */
export const DEFAULT_QUEUE: QueueOptions = {
  maxActive: "auto",
  floor: 4,
  ceiling: 1_000,
  maxQueued: 1_000,
  maxWait: 1_000,
  lane: defaultLane,
};

const COUNT = { least: 1, most: Number.MAX_SAFE_INTEGER, unit: "" };
const HELD = { ...COUNT, least: 0 };
const MS = { least: 1, most: MAX_MS, unit: "milliseconds" };

/**
 * Fills in the defaults and checks all settings; returns `null` without a queue.
 *
 * @throws {TypeError} If a name is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If a number is not whole or out of its range, or the floor is over the ceiling.
 */
export function resolveQueue(given: Partial<Queue> | undefined): QueueOptions | null {
  if (given === undefined) return null;
  checkNames("queue", checkRecord("queue", given), Object.keys(DEFAULT_QUEUE));
  const { maxActive, floor, ceiling, maxQueued, maxWait, lane } = withDefaults(given);
  if (floor > ceiling) {
    throw new RangeError(
      `Cannot use option 'queue.floor': ${floor} is over the ceiling of ${ceiling}`,
    );
  }
  return { maxActive: resolveActive(maxActive), floor, ceiling, maxQueued, maxWait, lane };
}

/** All settings with defaults filled in, each but `maxActive` checked. */
function withDefaults(given: Partial<Queue>): QueueOptions {
  const { maxActive = DEFAULT_QUEUE.maxActive, lane = DEFAULT_QUEUE.lane } = given;
  const numberOf = (name: "floor" | "ceiling" | "maxQueued" | "maxWait", range: typeof COUNT) => {
    const value = given[name];
    return checkInteger(`queue.${name}`, value === undefined ? DEFAULT_QUEUE[name] : value, range);
  };
  return {
    maxActive,
    floor: numberOf("floor", COUNT),
    ceiling: numberOf("ceiling", COUNT),
    maxQueued: numberOf("maxQueued", HELD),
    maxWait: numberOf("maxWait", MS),
    lane: resolveLane(lane),
  };
}

function resolveActive(given: unknown): number | "auto" {
  if (given === "auto") return given;
  if (typeof given === "number") return checkInteger("queue.maxActive", given, COUNT);
  throw new TypeError(
    `Cannot use option 'queue.maxActive': expected a whole number or "auto", received ${
      describe(given)
    }`,
  );
}

function resolveLane(given: unknown): LaneFunction {
  if (typeof given === "function") return given as LaneFunction;
  throw new TypeError(
    `Cannot use option 'queue.lane': expected a function, received ${describe(given)}`,
  );
}
