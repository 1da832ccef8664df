/**
 * The scenes of the roll by their names.
 *
 * @module
 */

import type { RollInit } from "./init.ts";
import type { Outcome } from "./outcome.ts";
import { rollWorkers } from "./reloads.ts";
import { rollPrograms } from "./restarts.ts";

/** See the head of this file. */
export const SCENES = {
  reloads: rollWorkers,
  restarts: rollPrograms,
} satisfies Readonly<Record<string, (init: RollInit) => Promise<Outcome>>>;

/** The name of a scene. */
export type SceneName = keyof typeof SCENES;
