/**
 * From arguments to flags: settings by their keys, what else was asked for, and what stands without dashes.
 * Pure.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { Misuse } from "./errors.ts";
import type { Found, Layer } from "./layers.ts";
import { didYouMean } from "./nearest.ts";
import { type Setting, settingOfFlag, SETTINGS } from "./table.ts";

/** What the arguments say. */
export interface Flags {
  readonly layer: Layer;
  /** The config file that `--config` names. */
  readonly config: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
  readonly printConfig: boolean;
  /** What stands without dashes. */
  readonly words: readonly string[];
}

/** Flags that are no settings, and take no value. */
const ORDERS = ["help", "version", "print-config"];

/** Other names of a flag, and the unit that a value under such a name has. */
const OTHER_NAMES: Readonly<Record<string, { readonly flag: string; readonly unit: string }>> = {
  host: { flag: "hostname", unit: "" },
  // As they were called before times had units.
  "drain-ms": { flag: "shutdown-deadline", unit: "ms" },
  "ready-delay-ms": { flag: "shutdown-ready-delay", unit: "ms" },
};

const NAMES = [
  ...SETTINGS.flatMap(({ flag }) => flag ?? []),
  ...Object.keys(OTHER_NAMES),
  "config",
];

/** As `parseArgs` gives them. */
type Given = Readonly<Record<string, unknown>> & { readonly _: readonly string[] };

/**
 * Reads the arguments.
 *
 * @throws {Misuse} If a flag is unknown, lacks its value, has one that means nothing, or stands twice.
 */
export async function parseFlags(args: readonly string[]): Promise<Flags> {
  const unknown: string[] = [];
  const parse: (args: readonly string[], options: object) => Given = parseArgs;
  const given = parse(args.map(withBareValue), {
    string: NAMES,
    boolean: ORDERS,
    collect: NAMES,
    unknown: (argument: string, key?: string) => {
      if (key === undefined) return true;
      unknown.push(argument);
      return false;
    },
  });
  if (unknown.length > 0) throw await unknownFlag(unknown[0]!);
  const layer = new Map<string, Found>();
  for (const name of NAMES) {
    const values = given[name];
    if (!Array.isArray(values) || values.length === 0) continue;
    if (values.length > 1) throw new Misuse(`Flag '--${name}' is given twice`);
    if (name !== "config") addFlag(layer, name, String(values[0]));
  }
  return {
    layer,
    config: configOf(given),
    help: given.help === true,
    version: given.version === true,
    printConfig: given["print-config"] === true,
    words: given._.map(String),
  };
}

/** A flag that may stand without a value takes one after `=` alone: the next argument is not its own. */
function withBareValue(argument: string): string {
  const setting = argument.startsWith("--") ? settingOfFlag(argument.slice(2)) : undefined;
  return setting?.kind.bare === undefined ? argument : `${argument}=`;
}

function addFlag(layer: Map<string, Found>, name: string, text: string): void {
  const other = OTHER_NAMES[name];
  const setting = settingOfFlag(other?.flag ?? name)!;
  if (layer.has(setting.key)) throw new Misuse(`Flag '--${name}' is given twice`);
  layer.set(setting.key, {
    value: valueOf(setting, { name, text, unit: other?.unit ?? "" }),
    from: `--${name}`,
  });
}

function valueOf(
  { kind }: Setting,
  { name, text, unit }: { readonly name: string; readonly text: string; readonly unit: string },
): unknown {
  if (text === "" && kind.bare !== undefined) return kind.bare;
  if (text === "") throw new Misuse(`Flag '--${name}' needs a value`);
  const value = kind.parse(text + unit);
  if (value !== undefined) return value;
  throw new Misuse(`Flag '--${name}' takes ${kind.expects}, not '${text}'`);
}

function configOf({ config }: Given): string | undefined {
  const path = Array.isArray(config) ? config[0] : undefined;
  if (path === "") throw new Misuse("Flag '--config' needs a value");
  return path;
}

async function unknownFlag(argument: string): Promise<Misuse> {
  const name = argument.replace(/^-+/, "").replace(/=.*$/, "");
  const suggestion = argument.startsWith("--")
    ? await didYouMean(`--${name}`, [...NAMES, ...ORDERS].map((each) => `--${each}`))
    : "";
  return new Misuse(`Unknown flag '${argument}'${suggestion}`);
}
