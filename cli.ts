/**
 * The program `weir`: serves a module, a folder, or a hello. See `--help`, or `docs/reference/cli.md`.
 *
 * @module
 */

import { runProgram } from "./cli/program.ts";

if (import.meta.main) {
  // Not left to the event loop: a handler that hangs may hold it open for ever.
  Deno.exit(await runProgram(Deno.args));
}
