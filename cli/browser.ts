/**
 * Opens an address in the user's browser, by the program that each system has for that. A library would
 * want to read the environment and the file system besides.
 *
 * @module
 */

import { reasonOf } from "./settings/errors.ts";

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  windows: ["explorer"],
};

/** What opens addresses on all other systems. */
const XDG_OPEN: readonly string[] = ["xdg-open"];

/** Opens `address`; that it cannot is no reason to end, so it says so in a line on stderr. */
export function openBrowser(address: string): void {
  const [command, ...args] = OPENERS[Deno.build.os] ?? XDG_OPEN;
  try {
    new Deno.Command(command!, {
      args: [...args, address],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn().unref();
  } catch (error) {
    console.error(`weir: Cannot open a browser: ${reasonOf(error)}`);
  }
}
