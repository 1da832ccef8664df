/**
 * The JSON schema of the config file, for editors: `weir.schema.json`. Pure.
 *
 * @module
 */

import { type Setting, SETTINGS } from "./table.ts";

interface ObjectSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Record<string, unknown>;
}

function objectSchema(): ObjectSchema {
  return { type: "object", additionalProperties: false, properties: {} };
}

function describe({ about, fallback, kind }: Setting): object {
  const description = about.charAt(0).toUpperCase() + about.slice(1) + ".";
  if (fallback === undefined) return { description };
  const text = kind.format(fallback);
  // With its unit, where it has one.
  return { description, default: text === String(fallback) ? fallback : text };
}

/** The schema. */
export function configSchema(): object {
  const root = objectSchema();
  root.properties.$schema = { type: "string" };
  for (const setting of SETTINGS) {
    const [section, name] = setting.key.split(".") as [string, string?];
    const entry = { ...describe(setting), ...setting.kind.schema };
    if (name === undefined) root.properties[section] = entry;
    else {
      const inner = (root.properties[section] ??= objectSchema()) as ObjectSchema;
      inner.properties[name] = entry;
    }
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Settings of Weir",
    ...root,
  };
}
