/**
 * The hooks of an observer, for tests that go through all of them.
 *
 * @module
 */

import type { Observer } from "../../reactor/observer.ts";

/** Every hook that there is. */
export const HOOKS = [
  "opened",
  "moved",
  "dropped",
  "begun",
  "settled",
  "refused",
  "closed",
  "entered",
] as const satisfies readonly (keyof Observer)[];
