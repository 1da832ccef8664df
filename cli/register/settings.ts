/**
 * What the operator set for the servers of a program that knows nothing of Weir, and how that joins what
 * the program itself says in its call.
 *
 * @module
 */

import type { ReactorOptions, Shutdown } from "../../reactor/options/options.ts";

/** Settings of every server that the preload starts. */
export interface PreloadSettings extends ReactorOptions {
  /** How a server ends; what is missing has its default. */
  readonly shutdown?: Partial<Shutdown>;
}

/** Reads the settings, each only where the program may read it. */
export function settings(): PreloadSettings {
  return {};
}

/**
 * The options of one call with the settings in them. A setting wins over the program, as
 * `DENO_SERVE_ADDRESS` does; of time-outs and limits, each one for itself.
 */
export function withSettings(given: object, { shutdown: _, ...set }: PreloadSettings): object {
  if (Object.keys(set).length === 0) return given;
  const program: ReactorOptions = given;
  return inheriting(given, {
    ...set,
    ...(set.timeouts && { timeouts: { ...program.timeouts, ...set.timeouts } }),
    ...(set.limits && { limits: { ...program.limits, ...set.limits } }),
  });
}

/** `given` with other values of some properties; a getter or a class of the program goes on working. */
export function inheriting(given: object, others: object): object {
  return Object.create(given, Object.getOwnPropertyDescriptors(others));
}
