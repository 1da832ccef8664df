/**
 * The files of `deploy/` and the page about them, and how the tests look at them.
 *
 * @module
 */

import { assert } from "../support/assert.ts";

/** The project's folder, with a slash at its end. */
export const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** The text of a file of `deploy/`. */
export function deployed(name: string): string {
  return Deno.readTextFileSync(`${ROOT}deploy/${name}`);
}

/** The same without the lines that are comments only. */
export function withoutComments(name: string): string {
  return deployed(name).replace(/^\s*#.*\n/gm, "");
}

/** What `pattern` captures, which has to be there once. */
export function captured(text: string, pattern: RegExp): string {
  const found = [...text.matchAll(new RegExp(pattern, "gm"))];
  assert(found.length === 1, `${found.length} matches of ${pattern}`);
  return found[0]![1]!;
}

/** A time as HAProxy, nginx, systemd and Weir's flags write it, in milliseconds. */
export function milliseconds(time: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|)$/.exec(time) ?? [];
  assert(amount !== undefined, `Not a time: ${time}`);
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, "": 1_000 }[unit!]!;
}

/** The value of a flag of Weir's, whether it is written with a space or with `=`, or as words of a list. */
export function flag(command: string, name: string): string | undefined {
  return new RegExp(`${name}[=\\s",]+([^\\s",]+)`).exec(command)?.[1];
}

/** The flags of Weir's in the command that the head of a balancer's file gives. */
export function documentedFlags(name: string): string[] {
  const command = captured(deployed(name), /^# {3}(deno task serve app\.ts [^]*?[^\\])\n/);
  return command.replace(/\\\n#/g, "").trim().split(/\s+/).slice(4);
}
