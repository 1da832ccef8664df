/**
 * A module as what is served: its default export is what `deno serve` takes, an object with `fetch`, or a
 * function.
 *
 * @module
 */

import type { ServeAddr, ServeHandler, ServeOptions } from "../../mod.ts";
import { reasonOf, StartError } from "../settings/errors.ts";
import type { Found } from "../settings/layers.ts";
import { settingOfKey } from "../settings/table.ts";
import type { App } from "./app.ts";

/** What a module's default export may have. */
interface Exported {
  readonly fetch?: unknown;
  readonly onError?: unknown;
  readonly onListen?: unknown;
  readonly port?: unknown;
  readonly hostname?: unknown;
}

/** Which module, and for how long to wait for it; 0 is without a bound. */
export interface ModuleInit {
  readonly specifier: string;
  readonly timeoutMs: number;
}

/**
 * Loads a module and takes what it exports.
 *
 * @param name As the user called it.
 * @throws {StartError} If it cannot be loaded in time, or exports nothing that serves.
 */
export async function moduleApp(name: string, init: ModuleInit): Promise<App> {
  const { default: exported } = await loaded(name, init);
  try {
    return exportedApp(name, exported);
  } catch (error) {
    if (error instanceof StartError) throw error;
    // A getter of the module's own.
    throw new StartError(`Cannot serve '${name}': ${reasonOf(error)}${placeOf(error)}`);
  }
}

function exportedApp(name: string, exported: unknown): App {
  if (typeof exported === "function") return appOf(name, { fetch: exported });
  if (typeof exported === "object" && exported !== null) return appOf(name, exported);
  const found = exported === undefined
    ? "it has no default export"
    : `that is ${typeName(exported)}`;
  throw notServing(name, found);
}

async function loaded(
  name: string,
  { specifier, timeoutMs }: ModuleInit,
): Promise<{ readonly default?: unknown }> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = timeoutMs === 0 ? undefined : setTimeout(() => {
    reject(new StartError(`Cannot load '${name}': it was not ready within ${timeoutMs} ms`));
  }, timeoutMs);
  try {
    return await Promise.race([import(specifier), late]);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`Cannot load '${name}': ${reasonOf(error)}${placeOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Where an error was made, if that was in a file: ` (app.ts:3:7)`. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack ?? "" : "";
  const [, file, line, column] = /\bfile:\/\/\S*?([^/\s]+):(\d+):(\d+)\)?$/m.exec(stack) ?? [];
  return file === undefined ? "" : ` (${file}:${line}:${column})`;
}

function appOf(name: string, exported: Exported): App {
  const { fetch, onError, onListen } = exported;
  if (typeof fetch !== "function") {
    throw notServing(
      name,
      fetch === undefined ? "that has no 'fetch'" : `'fetch' is ${typeName(fetch)}`,
    );
  }
  for (const [key, value] of Object.entries({ onError, onListen })) {
    if (value === undefined || typeof value === "function") continue;
    throw new StartError(
      `Cannot serve '${name}': '${key}' has to be a function, not ${typeName(value)}`,
    );
  }
  // Called as methods: frameworks keep their routes in `this`.
  const app = exported as {
    readonly fetch: ServeHandler;
    readonly onError: NonNullable<ServeOptions["onError"]>;
    readonly onListen: (addr: ServeAddr) => void;
  };
  return {
    name,
    handler: (request, info) => app.fetch(request, info),
    ...onError === undefined ? {} : { onError: (error) => app.onError(error) },
    ...onListen === undefined ? {} : { onListen: (addr) => app.onListen(addr) },
    layer: layerOf(name, exported),
    needs: "everything",
  };
}

/** The settings that `deno serve` takes from an export, too. */
function layerOf(name: string, exported: Exported): ReadonlyMap<string, Found> {
  const layer = new Map<string, Found>();
  for (const key of ["port", "hostname"] as const) {
    const given = exported[key];
    if (given === undefined) continue;
    const { kind } = settingOfKey(key)!;
    const value = kind.read(given);
    if (value === undefined) {
      throw new StartError(
        `Cannot serve '${name}': '${key}' takes ${kind.expects}, not ${String(given)}`,
      );
    }
    layer.set(key, { value, from: name });
  }
  return layer;
}

function notServing(name: string, why: string): StartError {
  return new StartError(
    `Cannot serve '${name}': expected a default export with fetch(request), or a function, but ${why}`,
  );
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
