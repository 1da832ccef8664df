/**
 * Keeps the document in step with the tables.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ELSEWHERE } from "./differences.ts";
import { documentText } from "./document.ts";
import { REQUIREMENTS } from "./table.ts";

Deno.test("docs/conformance.md is what the tables say; if not, run tests/conformance/document.ts", () => {
  const text = Deno.readTextFileSync(new URL("../../docs/conformance.md", import.meta.url));
  assert(text === documentText(), "docs/conformance.md is stale");
});

Deno.test("every requirement has a case, and stands once in the tables", () => {
  assertEquals(REQUIREMENTS.filter(({ cases }) => cases.length === 0), []);
  const names = REQUIREMENTS.map(({ section, rule }) => `${section} ${rule}`);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("what is shown elsewhere is where the document says", () => {
  for (const [, , path] of ELSEWHERE) {
    assertEquals(Deno.statSync(new URL(`../../${path}`, import.meta.url)).isFile, true);
  }
});
