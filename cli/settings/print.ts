/**
 * What `--print-config` prints: each setting, its value, and where the value comes from. Pure.
 *
 * @module
 */

import type { InForce } from "./layers.ts";

/** One line for each setting. */
export function formatSettings(all: ReadonlyMap<string, InForce>): string {
  const rows = [...all.values()].map(({ setting, value, from }) => [
    setting.key,
    value === undefined ? "-" : setting.kind.format(value),
    from,
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  const [first, second] = [width(0), Math.min(width(1), 24)];
  return rows.map(([key, value, from]) =>
    `${key!.padEnd(first)}  ${value!.padEnd(second)}  ${from}`
  ).join("\n");
}
