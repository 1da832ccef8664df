/**
 * What `deploy/weir.service` says, and its command on this machine.
 *
 * @module
 */

import { assert } from "../support/assert.ts";
import { deployed, ROOT, withoutComments } from "./files.ts";

/** The values of a key of the unit, in their order. */
export function values(key: string): string[] {
  const text = withoutComments("weir.service").replace(/\\\n\s*/g, "");
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value!);
}

/** The only value of a key. */
export function value(key: string): string {
  const [only, ...others] = values(key);
  assert(only !== undefined && others.length === 0, `${key} in the unit`);
  return only;
}

/** Where things are in a test. */
export interface Setting {
  readonly port: number;
  /** The log's folder. */
  readonly logs: string;
  /** The program's folder. */
  readonly app: string;
}

/** The unit with this machine's paths. */
export function localUnit(setting: Setting): string {
  return local(deployed("weir.service"), setting);
}

/** What the unit starts, word by word, with this machine's paths and without the program's name. */
export function localCommand(setting: Setting): string[] {
  return local(value("ExecStart"), setting).split(/\s+/).slice(1);
}

function local(text: string, { port, logs, app }: Setting): string {
  return text.replaceAll("/usr/local/bin/deno", Deno.execPath())
    .replaceAll("/opt/weir/", ROOT)
    .replaceAll("/srv/app", app)
    .replaceAll("/var/log/weir", logs)
    .replaceAll("0.0.0.0", "127.0.0.1")
    .replaceAll("8081", String(port));
}
