/** What is made from the table of settings is up to date; else: `deno task reference`. */

import { HELP, ORDERS } from "../../cli/help.ts";
import { reference } from "../../cli/reference.ts";
import { configSchema } from "../../cli/settings/schema.ts";
import { SETTINGS } from "../../cli/settings/table.ts";
import { textOf } from "../house/sources.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Words and signs alone: the formatter lays tables out and breaks lines. */
function words(markdown: string): string {
  return markdown.replace(/-{2,}/g, "--").replace(/\s+/g, " ").trim();
}

Deno.test("docs/reference/cli.md is made from the table of settings", () => {
  const page = textOf("docs/reference/cli.md");
  assertEquals(words(page), words(reference()));
});

Deno.test("weir.schema.json is made from the table of settings", () => {
  const file = JSON.parse(textOf("weir.schema.json"));
  assertEquals(file, JSON.parse(JSON.stringify(configSchema())));
});

Deno.test("--help has a line for every flag, none of them too long for a terminal", () => {
  const flags = [
    ...SETTINGS.flatMap(({ flag }) => flag ?? []),
    ...ORDERS.map(({ flag }) => flag.slice(2)),
  ];
  for (const flag of flags) assert(HELP.includes(`\n  --${flag}`), flag);
  for (const line of HELP.split("\n")) assert(line.length <= 110, line);
});
