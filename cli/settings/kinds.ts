/**
 * The kinds of value that a setting can have: how each is read from the text of a flag or a variable and
 * from the JSON of a file, how it is written, and what a JSON schema says of it. Knows no setting by name.
 *
 * @module
 */

import { MAX_MS } from "../../reactor/options/option_checks.ts";

/** One kind of value. */
export interface Kind<T> {
  /** What help shows in the place of a value, as `<time>`. */
  readonly placeholder: string;
  /** What is accepted, as it follows "takes" in an error. */
  readonly expects: string;
  /** What a flag means that stands without a value; without this, it needs one. */
  readonly bare?: T;
  /** The value of a text; `undefined` for one that is not of this kind. */
  parse(text: string): T | undefined;
  /** The value of what a JSON file holds; `undefined` for what is not of this kind. */
  read(json: unknown): T | undefined;
  /** The value as one would write it. */
  format(value: T): string;
  /** The JSON schema of what `read` accepts. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Whether `0` turns the setting off; then `off` may be written for it. */
type Zero = "off" | "counts" | "refused";

const MS_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const BYTE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  KiB: 1_024,
  MB: 1_000_000,
  MiB: 1_048_576,
  GB: 1_000_000_000,
  GiB: 1_073_741_824,
};

const AMOUNT = /^(\d{1,16}(?:\.\d{1,6})?)([a-zA-Z]*)$/;

/** A number with a unit; `null` as the unit where there is none. `undefined` if it is not a whole amount. */
function amountOf(
  text: string,
  units: Readonly<Record<string, number>>,
  unitless: number | null,
): number | undefined {
  const [, digits = "", unit = ""] = AMOUNT.exec(text) ?? [];
  if (digits === "") return undefined;
  const factor = unit === "" ? unitless : Object.hasOwn(units, unit) ? units[unit]! : null;
  if (factor === null) return digits === "0" && unit === "" ? 0 : undefined;
  // Rounded, because 0.29 * 100 is 28.999999999999996; what is not whole then was not meant to be.
  const exact = Number(digits) * factor;
  const rounded = Math.round(exact);
  return Math.abs(exact - rounded) < 1e-6 ? rounded : undefined;
}

/** The largest unit in which the value is a whole number. */
function inUnits(value: number, units: Readonly<Record<string, number>>): string {
  let best = `${value}${Object.keys(units)[0]}`;
  for (const [unit, factor] of Object.entries(units)) {
    if (value % factor === 0 && value >= factor) best = `${value / factor}${unit}`;
  }
  return best;
}

interface Bounds {
  readonly zero: Zero;
  readonly most: number;
}

function within(value: number | undefined, { zero, most }: Bounds): number | undefined {
  const least = zero === "refused" ? 1 : 0;
  if (value === undefined || !Number.isInteger(value)) return undefined;
  return value >= least && value <= most ? value : undefined;
}

/** A number that a text gives with a unit, and JSON with or without. */
function quantity(
  { placeholder, expects, bounds, pattern, parse, format }: {
    readonly placeholder: string;
    readonly expects: string;
    readonly bounds: Bounds;
    readonly pattern: string;
    readonly parse: (text: string) => number | undefined;
    readonly format: (value: number) => string;
  },
): Kind<number> {
  const { zero, most } = bounds;
  const off = zero === "off";
  const read = (text: string) => off && text === "off" ? 0 : within(parse(text), bounds);
  return {
    placeholder,
    expects: off ? `${expects}, or 'off'` : expects,
    parse: read,
    read: (json) => typeof json === "string" ? read(json) : within(json as number, bounds),
    format: (value) => off && value === 0 ? "off" : format(value),
    schema: {
      anyOf: [
        { type: "integer", minimum: zero === "refused" ? 1 : 0, maximum: most },
        { type: "string", pattern: off ? `^(off|${pattern})$` : `^(${pattern})$` },
      ],
    },
  };
}

/** A span of time, in milliseconds. */
export function duration(zero: Zero = "counts"): Kind<number> {
  return quantity({
    placeholder: "<time>",
    expects: `a time with its unit (ms, s, m or h), such as 500ms or 30s, up to ${MAX_MS}ms`,
    bounds: { zero, most: MAX_MS },
    pattern: "0|\\d+(\\.\\d+)?(ms|s|m|h)",
    parse: (text) => amountOf(text, MS_UNITS, null),
    format: (value) => value === 0 ? "0s" : inUnits(value, MS_UNITS),
  });
}

/** A number of bytes. */
export function size(zero: Zero = "counts"): Kind<number> {
  return quantity({
    placeholder: "<size>",
    expects: "a number of bytes, or a size with its unit (kB, KiB, MB, MiB, GB or GiB)",
    bounds: { zero, most: Number.MAX_SAFE_INTEGER },
    pattern: "\\d+(\\.\\d+)?(B|kB|KiB|MB|MiB|GB|GiB)?",
    parse: (text) => amountOf(text, BYTE_UNITS, 1),
    format: (value) => value < 1_024 ? `${value}B` : inUnits(value, BINARY_UNITS),
  });
}

const BINARY_UNITS = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** A number of bytes in each second, at least one. */
export function rate(): Kind<number> {
  const bytes = size("refused");
  const withoutSecond = (text: string) => text.endsWith("/s") ? text.slice(0, -2) : text;
  return quantity({
    placeholder: "<size>/s",
    expects: "a number of bytes a second, such as 240 or 1KiB/s",
    bounds: { zero: "refused", most: Number.MAX_SAFE_INTEGER },
    pattern: "\\d+(\\.\\d+)?(B|kB|KiB|MB|MiB|GB|GiB)?(/s)?",
    parse: (text) => bytes.parse(withoutSecond(text)),
    format: (value) => `${bytes.format(value)}/s`,
  });
}

/** How many of something. */
export function count(
  { zero = "counts", most = Number.MAX_SAFE_INTEGER }: Partial<Bounds> = {},
): Kind<number> {
  const least = zero === "refused" ? 1 : 0;
  return quantity({
    placeholder: "<number>",
    expects: most === Number.MAX_SAFE_INTEGER
      ? `a whole number from ${least} on`
      : `a whole number from ${least} to ${most}`,
    bounds: { zero, most },
    pattern: "\\d+",
    parse: (text) => /^\d{1,16}$/.test(text) ? Number(text) : undefined,
    format: String,
  });
}

/** A port, 0 for any free one. */
export const PORT: Kind<number> = count({ most: 65_535 });

/** One of some words. `bare` is meant where the flag has no value. */
export function choice<T extends string>(words: readonly T[], bare?: T): Kind<T> {
  const parse = (text: unknown) => words.find((word) => word === text);
  return {
    placeholder: words.join("|"),
    expects: `one of ${words.join(", ")}`,
    ...bare === undefined ? {} : { bare },
    parse,
    read: parse,
    format: String,
    schema: { enum: words },
  };
}

/** On or off. */
export const SWITCH: Kind<boolean> = {
  placeholder: "true|false",
  expects: "true or false",
  bare: true,
  parse: (text) => text === "true" ? true : text === "false" ? false : undefined,
  read: (json) => typeof json === "boolean" ? json : undefined,
  format: String,
  schema: { type: "boolean" },
};

/** Any text that is not empty. */
export function text(placeholder: string): Kind<string> {
  const parse = (given: unknown) => typeof given === "string" && given !== "" ? given : undefined;
  return {
    placeholder,
    expects: "a text",
    parse,
    read: parse,
    format: String,
    schema: { type: "string", minLength: 1 },
  };
}

/**
 * A text that is never printed. Whoever takes it checks it: an error about a value that is not of its kind
 * quotes it.
 */
export const SECRET: Kind<string> = { ...text("<secret>"), format: () => "(secret)" };

/** A kind that may be one of some words instead. */
export function either<const W extends string, T>(words: readonly W[], kind: Kind<T>): Kind<T | W> {
  const wordOf = (given: unknown) => words.find((word) => word === given);
  return {
    placeholder: `${words.join("|")}|${kind.placeholder}`,
    expects: `${words.map((word) => `'${word}'`).join(", ")} or ${kind.expects}`,
    parse: (given) => wordOf(given) ?? kind.parse(given),
    read: (json) => wordOf(json) ?? kind.read(json),
    format: (value) => wordOf(value) ?? kind.format(value as T),
    schema: { anyOf: [{ enum: words }, kind.schema] },
  };
}

/** A kind whose flag may stand without a value, and that a file may switch on with `true`. */
export function optional<T>(kind: Kind<T>, bare: T): Kind<T> {
  return {
    ...kind,
    bare,
    read: (json) => json === true ? bare : kind.read(json),
    schema: { anyOf: [{ const: true }, kind.schema] },
  };
}
