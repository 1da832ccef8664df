/**
 * Pools for tests, and the modules that they run.
 *
 * @module
 */

import { ChildServer } from "../support/programs.ts";
import { type Workers, workers, type WorkersOptions } from "../../mod.ts";

/** The URL of a module beside the tests. */
export function moduleNamed(name: string): URL {
  return new URL(`./fixtures/${name}.ts`, import.meta.url);
}

/** A pool over the fixture that does what its path says; one worker unless told otherwise. */
export function handlersPool(options: WorkersOptions = {}): Workers {
  return workers(moduleNamed("handlers"), { max: 1, ...options });
}

/** A request to a path on a host that does not matter. */
export function requestTo(path: string, init?: RequestInit): Request {
  return new Request(`http://h${path}`, init);
}

/** A server with a pool in a process of its own, which may have threads that never end. */
export function serverWith(options: WorkersOptions): ChildServer {
  const program = decodeURIComponent(moduleNamed("server").pathname);
  const args = [
    "run",
    "--allow-net",
    "--allow-read",
    "--allow-sys=setPriority",
    program,
    JSON.stringify(options),
  ];
  return ChildServer.spawn(Deno.execPath(), args);
}
