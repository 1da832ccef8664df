/**
 * Mutants that no test can notice, each with its reason: they change how the work is done, and nothing
 * that anybody could see.
 *
 * @module
 */

import type { Mutant } from "./mutants.ts";

/** A mutant by the line it is in, which moves with the file; all that match when `nth` is missing. */
export interface Equivalence {
  readonly file: string;
  readonly code: string;
  readonly change: string;
  readonly nth?: number;
  readonly reason: string;
}

/** Why a mutant changes nothing; `undefined` for one that tests have to notice. */
export function equivalenceOf({ file, code, change, nth }: Mutant): Equivalence | undefined {
  return EQUIVALENT.find((each) =>
    each.file === file && each.code === code && each.change === change &&
    (each.nth ?? nth) === nth
  );
}

export const EQUIVALENT: readonly Equivalence[] = [];
