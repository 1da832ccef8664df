/**
 * Starts the fixture of this folder with the permissions that a test names, and no others.
 *
 * @module
 */

import { ChildServer } from "../support/programs.ts";

const FIXTURE = decodeURIComponent(new URL("./fixture.ts", import.meta.url).pathname);

/** The fixture with `flags` for Deno and `options` for the server. */
export function spawnBare(flags: readonly string[], options: object): ChildServer {
  const args = ["run", "--no-prompt", "--quiet", ...flags, FIXTURE, JSON.stringify(options)];
  return ChildServer.spawn(Deno.execPath(), args);
}

/** What listening on a unix socket needs. */
export function unixFlags(path: string): string[] {
  return [`--allow-net=unix:${path}`, `--allow-read=${path}`, `--allow-write=${path}`];
}
