/**
 * Settings from a file: `weir.json`, or the key `weir` in `deno.json`, in the folder that the program is
 * run in; or the file that `--config` names. Comments are allowed.
 *
 * @module
 */

import { Misuse, reasonOf, StartError } from "./errors.ts";
import type { Found, Layer } from "./layers.ts";
import { didYouMean } from "./nearest.ts";
import { settingOfKey, SETTINGS } from "./table.ts";

/** Larger than any real one; a wrong file is not read into memory. */
const MOST_BYTES = 1_048_576;

const DENO_FILES = ["deno.json", "deno.jsonc"];

/** Where settings are looked for unless a file is named. */
const PLACES = ["weir.json", ...DENO_FILES];

/**
 * What the config file says; nothing where there is none, or none may be read.
 *
 * @param named The file to read instead, which has to be there.
 * @throws {StartError} If a file cannot be read.
 * @throws {Misuse} If it is not JSON, or a key or a value in it means nothing.
 */
export async function fromConfigFile(named: string | undefined): Promise<Layer> {
  if (named !== undefined) {
    const section = await sectionOf(named);
    return await layerOf(named, section === undefined ? {} : section);
  }
  for (const path of PLACES) {
    if (!mayRead(path) || !exists(path)) continue;
    const section = await sectionOf(path);
    if (section !== undefined) return await layerOf(path, section);
  }
  return new Map();
}

function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new StartError(`Cannot read '${path}': ${reasonOf(error)}`);
  }
}

/** The settings in the file; `undefined` where a `deno.json` has none. */
async function sectionOf(path: string): Promise<unknown> {
  const text = textOf(path);
  if (!DENO_FILES.some((name) => path === name || path.endsWith(`/${name}`))) {
    return await parsed(path, text);
  }
  // Whatever else is wrong with the file is for Deno to say.
  if (!text.includes('"weir"')) return undefined;
  return (await parsed(path, text) as { weir?: unknown } | null)?.weir;
}

function textOf(path: string): string {
  try {
    // Asked before it is opened: to open a pipe would wait for its writer.
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error("it is not a file");
    if (size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new StartError(`Cannot read '${path}': ${reasonOf(error)}`);
  }
}

async function parsed(path: string, text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // Most files have no comments, and then the parser that knows them is never loaded.
  }
  try {
    const { parse } = await import("@std/jsonc");
    return parse(text);
  } catch (error) {
    throw new Misuse(`Cannot read '${path}': ${reasonOf(error)}`);
  }
}

async function layerOf(path: string, section: unknown): Promise<Layer> {
  const layer = new Map<string, Found>();
  const { $schema: _, ...settings } = recordOf(section, path);
  for (const [name, value] of Object.entries(settings)) {
    const within = SETTINGS.some(({ key }) => key.startsWith(`${name}.`));
    const values = within ? valuesOf(path, name, value) : [[name, value] as const];
    for (const [key, each] of values) {
      layer.set(key, { value: await read(path, key, each), from: path });
    }
  }
  return layer;
}

/** The settings of a section such as `timeouts`, with their keys. */
function valuesOf(path: string, name: string, value: unknown): (readonly [string, unknown])[] {
  const entries = Object.entries(recordOf(value, `'${name}' in ${path}`));
  // `"queue": {}` asks for a queue with all defaults, as it does in `serve`.
  if (name === "queue" && entries.length === 0) return [["queue.maxActive", "auto"]];
  return entries.map(([inner, each]) => [`${name}.${inner}`, each]);
}

async function read(path: string, key: string, value: unknown): Promise<unknown> {
  const setting = settingOfKey(key);
  if (setting === undefined) {
    const names = SETTINGS.map((each) => each.key);
    throw new Misuse(`Unknown setting '${key}' in ${path}${await didYouMean(key, names)}`);
  }
  const result = setting.kind.read(value);
  if (result !== undefined) return result;
  throw new Misuse(`'${key}' in ${path} takes ${setting.kind.expects}, not ${shown(value)}`);
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Misuse(`Settings in ${what} have to be an object, not ${shown(value)}`);
}

/** A value as JSON, cut to what fits a line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
