/**
 * What is served, loaded, and with which settings.
 *
 * @module
 */

import { type App, HELLO } from "./app/app.ts";
import { loadApp } from "./app/load.ts";
import type { Layer } from "./settings/layers.ts";
import { type Resolved, resolveSettings } from "./settings/settings.ts";

/** What stands on the command line, and what all sources say; plain data, so that threads can have it. */
export interface Target {
  /** A module or a folder; `undefined` for the hello. */
  readonly target: string | undefined;
  /** The one that wins over the others first. */
  readonly layers: readonly Layer[];
}

/**
 * Loads what is to be served, and finds out with which settings.
 *
 * @throws {StartError} If it cannot be loaded.
 * @throws {Misuse} If its settings mean nothing together.
 */
export async function prepare(
  { target, layers }: Target,
  hello: App = HELLO,
): Promise<{ readonly app: App; readonly resolved: Resolved }> {
  const app = target === undefined
    ? hello
    : await loadApp(target, resolveSettings(layers).settings);
  return { app, resolved: resolveSettings([...layers, app.layer]) };
}
