/**
 * Where the values of settings come from, and which of several holds: the flag, then the environment, then
 * the config file, then the program that is served, then the default.
 *
 * @module
 */

import { type Setting, SETTINGS } from "./table.ts";

/** A value, and who gave it. */
export interface Found {
  readonly value: unknown;
  /** As people name it: `--port`, `WEIR_PORT`, `weir.json`, `app.ts`, `default`. */
  readonly from: string;
}

/** What one source gives, by the key of the setting. */
export type Layer = ReadonlyMap<string, Found>;

/** What holds of a setting. */
export interface InForce extends Found {
  readonly setting: Setting;
  /** The place of its source, from 0; the number of layers for a default. */
  readonly rank: number;
}

/** What holds of each setting, by its key. `layers`: the one that wins over the others first. */
export function inForce(layers: readonly Layer[]): ReadonlyMap<string, InForce> {
  const all = new Map<string, InForce>();
  for (const setting of SETTINGS) all.set(setting.key, { setting, ...found(setting, layers) });
  return all;
}

function found(setting: Setting, layers: readonly Layer[]): Found & { rank: number } {
  const rank = layers.findIndex((layer) => layer.has(setting.key));
  if (rank < 0) return { value: setting.fallback, from: "default", rank: layers.length };
  return { ...layers[rank]!.get(setting.key)!, rank };
}
