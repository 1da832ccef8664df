/**
 * The program `weir`: a server that says hello. See `--help`, or `cli/command.ts`.
 *
 * @module
 */

import { runProgram } from "./cli/program.ts";
import { hello } from "./handlers/hello.ts";

if (import.meta.main) {
  // Not left to the event loop: a handler that hangs may hold it open for ever.
  Deno.exit(await runProgram(Deno.args, hello));
}
