/**
 * Checks of the values that a program passes as options. Each error names the option and quotes the value.
 * This file knows no option by name.
 *
 * @module
 */

/** The longest time that a platform timer can wait, in milliseconds. */
export const MAX_MS = 2 ** 31 - 1;

/** The numbers that an option accepts: whole numbers from `least` to `most`. */
export interface IntegerRange {
  readonly least: number;
  readonly most: number;
  /** The unit that the error names; may be empty. */
  readonly unit: string;
}

/**
 * Returns `value` if it is a whole number in the range.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is not whole or out of the range.
 */
export function checkInteger(
  name: string,
  value: unknown,
  range: IntegerRange,
): number {
  const ok = Number.isInteger(value) && Number(value) >= range.least &&
    Number(value) <= range.most;
  if (ok) return Number(value);
  const unit = range.unit === "" ? "" : ` ${range.unit}`;
  const text = `Cannot use option '${name}': expected a whole number from ${range.least} to ` +
    `${range.most}${unit}, received ${describe(value)}`;
  throw typeof value === "number" ? new RangeError(text) : new TypeError(text);
}

/**
 * Returns `value` if it is an object and not an array.
 *
 * @throws {TypeError} If it is anything else.
 */
export function checkRecord<T extends object>(name: string, value: T): T {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value;
  }
  throw new TypeError(
    `Cannot use option '${name}': expected an object, received ${describe(value)}`,
  );
}

/**
 * Checks that no name is unknown: it would be a misspelling, and the setting that was meant would keep its
 * default without notice.
 *
 * @throws {TypeError} If `given` has a property that is not in `known`.
 */
export function checkNames(
  name: string,
  given: object,
  known: readonly string[],
): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot use option '${name}.${unknown}': no such option, expected one of ${known.join(", ")}`,
  );
}

/** A value as an error message quotes it: strings in quotes, objects by their kind. */
export function describe(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
