/**
 * The program with a handler that shows what the real one never does: one that hangs, and one that tells
 * which permissions are left.
 *
 * @module
 */

import { runProgram } from "../../cli/program.ts";

function answer(request: Request): Response | Promise<Response> {
  if (new URL(request.url).pathname === "/hang") return new Promise(() => {});
  const names = ["net", "read", "write", "run", "env"] as const;
  const granted = names.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
  return Response.json(granted);
}

if (import.meta.main) Deno.exit(await runProgram(Deno.args, answer));
