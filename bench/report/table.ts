/**
 * Tables for the terminal: aligned columns, no colours.
 *
 * @module
 */

import type { CaseInfo, Results } from "../model.ts";
import { caseGrid, type Grid } from "./rows.ts";

/** The table of one case, under its title. */
export function caseTable(results: Results, at: CaseInfo): string {
  return `\n${at.title.replaceAll("`", "")}  [${at.id}]\n${aligned(caseGrid(results, at))}`;
}

/** The grid with names aligned left and figures aligned right; the last column is not aligned. */
export function aligned(grid: Grid): string {
  const lines = [grid.columns, ...grid.rows];
  const widths = grid.columns.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length))
  );
  return lines.map((line) =>
    line.map((text, column) => {
      const width = widths[column] ?? 0;
      return isText(grid, column) ? text.padEnd(width) : text.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}

function isText(grid: Grid, column: number): boolean {
  return column === 0 || grid.columns[column] === "note";
}
