/**
 * The kind of settings that name files: one, or several, which a flag separates by commas.
 *
 * @module
 */

import type { Kind } from "./kinds.ts";

/** At least one path. */
export const FILES: Kind<readonly string[]> = {
  placeholder: "<files>",
  expects: "the paths of one or more files",
  parse: (text) => filesIn(text.split(",").map((path) => path.trim())),
  read: (json) => filesIn(typeof json === "string" ? [json] : json),
  format: (paths) => paths.join(","),
  schema: {
    anyOf: [
      { type: "string", minLength: 1 },
      { type: "array", items: { type: "string", minLength: 1 }, minItems: 1 },
    ],
  },
};

function filesIn(given: unknown): readonly string[] | undefined {
  const isList = Array.isArray(given) && given.length > 0 &&
    given.every((path) => typeof path === "string" && path !== "");
  return isList ? given : undefined;
}
