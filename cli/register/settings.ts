/**
 * What the operator set for the servers of a program that knows nothing of Weir, and how that joins what
 * the program itself says in its call.
 *
 * @module
 */

import { ENVIRONMENT, type Environment } from "../settings/environment.ts";
import { Misuse, StartError } from "../settings/errors.ts";
import { type GivenSettings, givenSettings, readSources } from "../settings/settings.ts";

/** The environment and the config file could not be used: the line that says why, and the exit status. */
export interface UnusableSettings {
  readonly message: string;
  readonly status: 1 | 2;
}

/** Without `PORT`: the program decides where it listens, and what it takes there may be no number. */
const WITHOUT_PORT: Environment = {
  ...ENVIRONMENT,
  get: (variable) => variable === "PORT" ? undefined : ENVIRONMENT.get(variable),
};

/** Reads the settings of the engine, each source only where the program may read it. */
export async function readSettings(): Promise<GivenSettings | UnusableSettings> {
  try {
    const { environment, file } = await readSources(undefined, WITHOUT_PORT);
    return givenSettings([environment, file]);
  } catch (error) {
    if (error instanceof Misuse || error instanceof StartError) return error;
    throw error;
  }
}

/**
 * The options of one call with the settings in them. A setting wins over the program, as
 * `DENO_SERVE_ADDRESS` does; of time-outs and limits, each one for itself.
 */
export function withSettings(given: object, { shutdown: _, ...set }: GivenSettings): object {
  const program: GivenSettings = given;
  return inheriting(given, {
    ...set,
    timeouts: { ...program.timeouts, ...set.timeouts },
    limits: { ...program.limits, ...set.limits },
  });
}

/** `given` with other values of some properties; a getter or a class of the program goes on working. */
export function inheriting(given: object, others: object): object {
  return Object.create(given, Object.getOwnPropertyDescriptors(others));
}
