/**
 * Writes what is made from the table of settings: `docs/reference/cli.md` and `weir.schema.json`. Run by
 * `deno task reference`, which formats the page afterwards; a test says when that is due.
 *
 * @module
 */

import { reference } from "./reference.ts";
import { configSchema } from "./settings/schema.ts";

if (import.meta.main) {
  Deno.writeTextFileSync("docs/reference/cli.md", reference());
  Deno.writeTextFileSync("weir.schema.json", `${JSON.stringify(configSchema(), null, 2)}\n`);
}
