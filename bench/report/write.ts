/**
 * Writing the reports of a session to files.
 *
 * @module
 */

import type { Results } from "../model.ts";
import { markdown } from "./markdown.ts";
import { page } from "./page.ts";

/** Writes all three forms into `folder` and gives their paths. */
export function writeReports(results: Results, folder: string): string[] {
  const texts = {
    "latest.json": `${JSON.stringify(results, null, 1)}\n`,
    "latest.md": markdown(results),
    "latest.html": page(results),
  };
  return Object.entries(texts).map(([name, text]) => {
    const file = `${folder}/${name}`;
    Deno.writeTextFileSync(file, text);
    return file;
  });
}
