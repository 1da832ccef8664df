/**
 * What `--help` prints: made from the table of settings.
 *
 * @module
 */

import { type Group, GROUPS, type Setting, settingOfFlag, SETTINGS } from "./settings/table.ts";

/** Flags that are no settings. */
export const ORDERS: readonly { readonly flag: string; readonly about: string }[] = [
  {
    flag: "--config <file>",
    about: "read settings from this file instead of weir.json or deno.json",
  },
  { flag: "--print-config", about: "print all settings, with where each comes from, and exit" },
  { flag: "--help", about: "print this and exit" },
  { flag: "--version", about: "print the version and exit" },
];

/** One example for each group. */
export const EXAMPLES: Readonly<Record<Group, string>> = {
  "Listening": "weir app.ts --host 0.0.0.0 --port 80",
  "Serving": "weir ./public --compress",
  "Time-outs": "weir app.ts --timeout-handler 30s --timeout-idle 2m",
  "Limits": "weir app.ts --limit-body 1MiB --limit-connections-per-address 100",
  "Queue": "weir app.ts --queue auto --queue-max-wait 500ms",
  "Proxies": "weir app.ts --trusted-proxies loopback,10.0.0.0/8",
  "Ending": "weir app.ts --shutdown-ready-delay 5s --shutdown-deadline 20s",
  "Sight": "weir app.ts --health --metrics --log=json",
};

/** A flag as help shows it, with its value. */
export function flagText({ flag, kind }: Setting): string {
  const value = kind.bare === undefined ? ` ${kind.placeholder}` : `[=${kind.placeholder}]`;
  return kind.bare === true ? `--${flag}` : `--${flag}${value}`;
}

/** The default as help shows it; `""` for none. */
export function defaultText({ fallback, kind }: Setting): string {
  return fallback === undefined || fallback === false ? "" : kind.format(fallback);
}

/** The column where explanations begin. */
const ABOUT_AT = 32;

function line(flag: string, about: string): string {
  const start = `  ${flag}`.padEnd(ABOUT_AT);
  return start.endsWith("  ")
    ? start + about
    : `${start.trimEnd()}\n${" ".repeat(ABOUT_AT)}${about}`;
}

function groupText(group: Group): string {
  const lines = SETTINGS.filter((setting) => setting.group === group && setting.flag !== null).map(
    (setting) => {
      const text = defaultText(setting);
      return line(flagText(setting), setting.about + (text === "" ? "" : ` (default ${text})`));
    },
  );
  return `${group}, such as ${EXAMPLES[group]}\n${lines.join("\n")}`;
}

const EXAMPLE_VARIABLE = settingOfFlag("timeout-head")!.variable;

/** What `--help` prints. */
export const HELP = `Weir, an HTTP/1.1 server.

Usage: deno task serve [flags] [app.ts | folder]
       deno task serve check app.ts

  app.ts   a module whose default export answers requests: an object with fetch(request, info),
           as for deno serve, or a function. A URL will do as well.
  folder   a static site.
  check    load a module, send it one request without a network, and say what is in force.
  Without any of them: "Hello World!" to every GET.

${GROUPS.map(groupText).join("\n\n")}

Others
${ORDERS.map(({ flag, about }) => line(flag, about)).join("\n")}

Each flag has a variable (--timeout-head: ${EXAMPLE_VARIABLE}) and a place in weir.json, or under "weir" in
deno.json (timeouts.head). A flag wins over a variable, that over the file, that over the default.
--drain-ms and --ready-delay-ms are older names of --shutdown-deadline and --shutdown-ready-delay.

The first SIGINT or SIGTERM drains: no new connections, answers under way are finished.
A second one closes everything at once. SIGHUP opens the log file again, and reads --cert and --key
again.

Exit status: 0 after a drain; 1 cannot read, load, listen or log; 2 wrong usage or settings; 130 or
143 after a second SIGINT or SIGTERM.
`;
