/**
 * The page `docs/reference/cli.md`, made from the table of settings. Pure.
 *
 * @module
 */

import { defaultText, EXAMPLES, flagText, ORDERS } from "./help.ts";
import { type Group, GROUPS, type Setting, SETTINGS } from "./settings/table.ts";

const HEAD = `<!-- Made by \`deno task reference\` from cli/settings/table.ts. -->

# The program

\`\`\`sh
deno task serve [flags] [app.ts | folder]
deno task serve check app.ts
\`\`\`

- \`app.ts\` is a module whose default export answers requests: an object with \`fetch(request, info)\`
  as for \`deno serve\`, or a function. The object may have \`onError\`, \`onListen\`, \`port\` and
  \`hostname\` as well. Frameworks whose app has \`fetch\` (Hono, h3, Elysia) can be exported as they
  are. A URL will do in the place of a path.
- \`folder\` is served as a static site.
- \`check app.ts\` loads the module, sends it one \`GET /\` without a network, prints the status and all
  settings, and exits with 1 if the answer is a 5xx. A module that is called \`check\` is \`./check\`.
- Without any of them the server says hello.

## Where settings come from

Each setting has a flag, a variable of the environment and a key in a config file. A flag wins over a
variable, that over the file, that over what the module exports, and that over the default.
\`--print-config\` prints them all, and where each comes from.

The file is \`weir.json\`, or the key \`weir\` in \`deno.json\` or \`deno.jsonc\`, in the folder that the
program is run in; \`--config\` or \`WEIR_CONFIG\` names another. \`weir.schema.json\` describes it to
editors:

\`\`\`json
{
  "$schema": "./weir.schema.json",
  "timeouts": { "head": "5s", "handler": "30s" },
  "limits": { "bodyBytes": "1MiB" },
  "overrides": [{ "path": "/upload/*", "limits": { "bodyBytes": "1GiB" } }],
  "queue": { "maxActive": "auto" },
  "metrics": true
}
\`\`\`

Times have a unit (\`ms\`, \`s\`, \`m\`, \`h\`), sizes may have one (\`kB\`, \`KiB\`, \`MB\`, \`MiB\`, \`GB\`,
\`GiB\`); in a file a number without a unit is in milliseconds, or in bytes. \`off\` switches off what
can be without a bound. A flag, variable or key that does not exist is refused, and the nearest one
named; of the variables, as far as the program may read which there are.
`;

const TAIL = `## Permissions

\`deno task serve\` runs with \`--allow-net --allow-read --allow-write --allow-env\`, and with
\`--allow-sys=networkInterfaces\` for the network's address in the start line. Whatever is missing is
not used: without \`--allow-env\` no variable is read, without \`--allow-read\` no config file;
\`--allow-env=PORT,WEIR_*\` is enough for the program's own variables.

- With hello, everything but the network is given up as soon as the server listens (writing stays for
  \`--log-file\`, which is opened again at SIGHUP, and reading for \`--cert\` and \`--key\`, which are read
  again when they change).
- With a folder, reading stays as well.
- With a module, nothing is given up: the module keeps what the program was started with. If it needs
  more (\`--allow-run\`, \`--allow-ffi\`) or should have less, start it with
  \`deno run <permissions> cli.ts app.ts\`; all flags work there as well.

\`--open\` needs \`--allow-run\`, for \`xdg-open\`, \`open\` or \`explorer\`.

## Starting over when a file changes

\`\`\`sh
deno run --watch --allow-net --allow-read cli.ts app.ts
\`\`\`

is the runtime's own \`--watch\`, which notices the module and all that it imports.

Before it starts again, the runtime sends the program a SIGTERM: it drains.

## As a command

\`\`\`sh
deno install --global --name weir --config deno.json --no-prompt --allow-net --allow-read \\
  --allow-env cli.ts
weir app.ts
\`\`\`

## Signals and exit status

The first SIGINT or SIGTERM drains: no new connections, answers under way are finished. If that takes
longer than a second, the program says what it waits for. A second signal closes everything at once.
SIGHUP opens the log file of \`--log-file\` again, and reads the files of \`--cert\` and \`--key\` again.

| status      | meaning                                                                          |
| ----------- | -------------------------------------------------------------------------------- |
| 0           | ended after a drain, or printed what it was asked for                            |
| 1           | a file, module, address or log cannot be had, or the checked module failed       |
| 2           | a flag, variable or setting means nothing                                        |
| 130 and 143 | a second SIGINT or SIGTERM                                                       |
`;

function row(setting: Setting): string {
  const { key, flag, about } = setting;
  const { variable } = setting;
  const cells = [
    flag === null ? "–" : `\`${flagText(setting)}\``.replaceAll("|", "\\|"),
    variable === null ? "–" : `\`${variable}\``,
    `\`${key}\``,
    defaultText(setting) || "–",
    about,
  ];
  return `| ${cells.join(" | ")} |`;
}

function groupText(group: Group): string {
  const rows = SETTINGS.filter((setting) => setting.group === group).map(row);
  return [
    `### ${group}`,
    "",
    `\`${EXAMPLES[group]}\``,
    "",
    "| flag | variable | key | default | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** The page. */
export function reference(): string {
  const orders = ORDERS.map(({ flag, about }) => `- \`${flag}\`: ${about}`);
  return [
    HEAD,
    "## Settings",
    "",
    "`weir` stands for `deno task serve`.",
    "",
    ...GROUPS.map(groupText),
    "### Others",
    "",
    ...orders,
    "- `--host`: another name of `--hostname`",
    "- `--drain-ms`, `--ready-delay-ms`: older names of `--shutdown-deadline` and",
    "  `--shutdown-ready-delay`, whose value is in milliseconds without a unit",
    "",
    TAIL,
  ].join("\n");
}
