/**
 * What is changed, and which tests should notice: the quick ones that reach it.
 *
 * @module
 */

import { filesUnder } from "../house/sources.ts";

/** The files that are changed. */
export function sources(): string[] {
  return [...filesUnder("reactor/h1"), "reactor/connection/persistence.ts"];
}

/** The tests that are run on each change of what they load. */
export function tests(): string[] {
  const units = filesUnder("tests/h1").filter((file) => file.endsWith("_test.ts"));
  return [...units, ...WIDER];
}

/** What runs the engine on a fake wire, and the table of what the RFCs ask for. */
const WIDER = [
  "tests/conformance/table_test.ts",
  "tests/engine/exchange_test.ts",
  "tests/engine/limits_test.ts",
  "tests/engine/persistence_test.ts",
  "tests/engine/plain_answers_test.ts",
  "tests/engine/trailers_test.ts",
  "tests/engine/upgrade_test.ts",
];
