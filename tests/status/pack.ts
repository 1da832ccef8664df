/**
 * Packs the status page's files into one JSON module. A package can be imported from where it may read no
 * file, and `deno publish` refuses imports of text, so text has to travel as data; uPlot comes from its
 * npm package, with its licence.
 *
 * After a change of the page: `deno run -A tests/status/pack.ts`.
 *
 * @module
 */

import licence from "uplot/LICENSE" with { type: "text" };
import script from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import style from "uplot/dist/uPlot.min.css" with { type: "text" };

const PAGE = new URL("../../handlers/status/page/", import.meta.url);
const PACKED = new URL("../../handlers/status/files.json", import.meta.url);

/** The text of the packed file as it should be. */
export function pack(): string {
  const files: Record<string, string[]> = {
    "uplot.js": licensed(script),
    "uplot.css": licensed(style),
  };
  for (const { name } of [...Deno.readDirSync(PAGE)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    files[name] = Deno.readTextFileSync(new URL(name, PAGE)).split("\n");
  }
  return JSON.stringify(files, null, 2) + "\n";
}

/** The text of the packed file as it is. */
export function packed(): string {
  return Deno.readTextFileSync(PACKED);
}

/** A file of uPlot, with the licence in front, which the minified ones leave out. */
function licensed(text: string): string[] {
  return `/*!\n${licence.trim()}\n*/\n${text}`.split("\n");
}

if (import.meta.main) Deno.writeTextFileSync(PACKED, pack());
