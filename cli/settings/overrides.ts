/**
 * The kind of `overrides`: a list, which only a config file can give.
 *
 * @module
 */

import type { PathOverride } from "../../mod.ts";
import { duration, type Kind, size } from "./kinds.ts";

const AMOUNTS: Readonly<Record<string, Kind<number>>> = {
  bodyBytes: size("off"),
  bufferedBodyBytes: size("off"),
};
const TIMES: Readonly<Record<string, Kind<number>>> = { handler: duration("off") };

/** The numbers of a record; `undefined` if one is unknown or not of its kind. */
function numbersOf(
  given: unknown,
  kinds: Readonly<Record<string, Kind<number>>>,
): Record<string, number> | undefined {
  if (given === undefined) return {};
  if (typeof given !== "object" || given === null || Array.isArray(given)) return undefined;
  const numbers: Record<string, number> = {};
  for (const [name, json] of Object.entries(given)) {
    const value = Object.hasOwn(kinds, name) ? kinds[name]!.read(json) : undefined;
    if (value === undefined) return undefined;
    numbers[name] = value;
  }
  return numbers;
}

function overrideOf(given: unknown): PathOverride | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { path, limits, timeouts, ...rest } = given as Record<string, unknown>;
  const amounts = numbersOf(limits, AMOUNTS);
  const times = numbersOf(timeouts, TIMES);
  const known = typeof path === "string" && PATH.test(path) && Object.keys(rest).length === 0;
  if (!known || amounts === undefined || times === undefined) return undefined;
  return { path, limits: amounts, timeouts: times };
}

/** A path such as `/a`, or the beginning of paths, such as `/a/*`. */
const PATH = /^(\/[^*]*\*?|\*)$/;

/** See the head of this file. */
export const OVERRIDES: Kind<readonly PathOverride[]> = {
  placeholder: "",
  expects: 'a list such as [{ "path": "/upload/*", "limits": { "bodyBytes": "1GiB" } }], with ' +
    "limits.bodyBytes, limits.bufferedBodyBytes and timeouts.handler",
  parse: () => undefined,
  read: (json) => {
    if (!Array.isArray(json)) return undefined;
    const list = json.map(overrideOf);
    return list.every((each) => each !== undefined) ? list : undefined;
  },
  format: (list) => JSON.stringify(list),
  schema: {
    type: "array",
    items: {
      type: "object",
      required: ["path"],
      additionalProperties: false,
      properties: {
        path: { type: "string", pattern: PATH.source },
        limits: record(AMOUNTS),
        timeouts: record(TIMES),
      },
    },
  },
};

function record(kinds: Readonly<Record<string, Kind<number>>>): object {
  const properties = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, kind.schema]),
  );
  return { type: "object", additionalProperties: false, properties };
}
