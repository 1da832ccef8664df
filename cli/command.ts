/**
 * The command line: from arguments to what is to be done, or to one line that says what is wrong with
 * them. Pure; opens and prints nothing.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { MAX_MS } from "../reactor/options/option_checks.ts";
import type { LogFormat } from "../mod.ts";
import { DEFAULT_SHUTDOWN } from "../reactor/options/options.ts";
import type { ListenPlace } from "./listen_place.ts";
import type { TraceFormat } from "./trace_lines.ts";

/** Listen, and end as asked. */
export interface ServeCommand {
  readonly kind: "serve";
  readonly place: ListenPlace;
  /** How long a shutdown waits for answers under way, in milliseconds. */
  readonly drainMs: number;
  /** How long a shutdown serves on before it drains, in milliseconds. */
  readonly readyDelayMs: number;
  /** Whether `/healthz` and `/readyz` are answered. */
  readonly health: boolean;
  /** Whether `/metrics` is answered. */
  readonly metrics: boolean;
  /** How connections are traced on stdout; `null` where they are not. */
  readonly trace: TraceFormat | null;
  /** The port of the status page, 0 for any free one; `null` without the page. */
  readonly statusPort: number | null;
  /** The access log, to stderr where no file is named; `null` without it. */
  readonly log: { readonly format: LogFormat; readonly file: string | null } | null;
}

/** What the program is to do. */
export type Command =
  | ServeCommand
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "misuse"; readonly message: string };

/** Where the status page is unless told otherwise: beside the default port of the server. */
const STATUS_PORT = 8082;

/** What `--help` prints. */
export const HELP = `Weir, an HTTP/1.1 server: answers "Hello World!" to every GET.

Usage: deno task serve [flags]

  --hostname <name>   address to listen on (default 127.0.0.1)
  --port <number>     port to listen on, 0 for any free one (default 8081)
  --cert <file>       certificate chain in PEM format; with --key: HTTPS
  --key <file>        private key in PEM format
  --unix <path>       listen on a unix socket instead of a port
  --drain-ms <ms>     how long a shutdown waits for answers (default ${DEFAULT_SHUTDOWN.deadline})
  --ready-delay-ms <ms>
                      how long a shutdown first serves on, with /readyz at 503 (default ${DEFAULT_SHUTDOWN.readyDelay})
  --health            answer /healthz and /readyz
  --metrics           answer /metrics, in the text format of Prometheus
  --trace[=json|drops]
                      print each change of a connection's state, all events as JSON, or only
                      what was thrown away and why
  --status[=port]     show the server live at http://127.0.0.1:<port>/_weir/ (default port ${STATUS_PORT})
  --log[=format]      log each answer to stderr: common (the default), combined or json
  --log-file <path>   log to this file instead; SIGHUP opens it anew
  --help              print this and exit
  --version           print the version and exit

The first SIGINT or SIGTERM drains: no new connections, answers under way are finished.
A second one closes everything at once. SIGHUP, with --log-file, opens the log file anew.

Exit status: 0 after a drain, 1 cannot listen or log, 2 wrong usage, 130 or 143 after a second
SIGINT or SIGTERM.
`;

type Flags = Readonly<Partial<Record<(typeof STRINGS)[number], string>>> & {
  readonly _: readonly string[];
  readonly health: boolean;
  readonly metrics: boolean;
  readonly help: boolean;
  readonly version: boolean;
};

const STRINGS = [
  "hostname",
  "port",
  "cert",
  "key",
  "unix",
  "drain-ms",
  "ready-delay-ms",
  "status",
  "trace",
  "log",
  "log-file",
] as const;

/** Flags that may stand without a value. */
const OPTIONAL_VALUE: readonly string[] = ["--status", "--trace", "--log"];

class Misuse extends Error {}

/** Reads the arguments. */
export function parseCommand(args: readonly string[]): Command {
  try {
    const flags = parseFlags(args);
    if (flags.help) return { kind: "help" };
    if (flags.version) return { kind: "version" };
    const { deadline, readyDelay } = DEFAULT_SHUTDOWN;
    return {
      kind: "serve",
      place: placeOf(flags),
      drainMs: numberOf("drain-ms", flags["drain-ms"], deadline, MAX_MS),
      readyDelayMs: numberOf("ready-delay-ms", flags["ready-delay-ms"], readyDelay, MAX_MS),
      health: flags.health,
      metrics: flags.metrics,
      trace: traceOf(flags.trace),
      statusPort: statusPortOf(flags.status),
      log: logOf(flags),
    };
  } catch (error) {
    if (error instanceof Misuse) return { kind: "misuse", message: error.message };
    throw error;
  }
}

function parseFlags(args: readonly string[]): Flags {
  const parse: (args: readonly string[], options: object) => Flags = parseArgs;
  const flags = parse(args.map(withOptionalValue), {
    string: STRINGS,
    boolean: ["health", "metrics", "help", "version"],
    unknown: (argument: string, key?: string) => {
      throw new Misuse(
        key === undefined ? `Unexpected argument '${argument}'` : `Unknown flag '${argument}'`,
      );
    },
  });
  // What follows a bare `--` is not reported as unknown.
  if (flags._.length > 0) throw new Misuse(`Unexpected argument '${flags._[0]}'`);
  for (const name of STRINGS) {
    if (flags[name] === "" && !OPTIONAL_VALUE.includes(`--${name}`)) {
      throw new Misuse(`Flag '--${name}' needs a value`);
    }
  }
  return flags;
}

/** Such a flag takes a value behind `=` alone: what stands behind it otherwise is not its own. */
function withOptionalValue(argument: string): string {
  return OPTIONAL_VALUE.includes(argument) ? `${argument}=` : argument;
}

function placeOf(flags: Flags): ListenPlace {
  const { unix, cert: certFile, key: keyFile, hostname = "127.0.0.1" } = flags;
  if (unix !== undefined) {
    const other = (["hostname", "port", "cert", "key"] as const).find((name) => name in flags);
    if (other === undefined) return { kind: "unix", path: unix };
    throw new Misuse(`Flags '--unix' and '--${other}' exclude each other`);
  }
  const port = numberOf("port", flags.port, 8081, 65535);
  if (certFile === undefined && keyFile === undefined) return { kind: "tcp", hostname, port };
  if (certFile !== undefined && keyFile !== undefined) {
    return { kind: "tls", hostname, port, certFile, keyFile };
  }
  throw new Misuse("Flags '--cert' and '--key' need each other");
}

function statusPortOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  return text === "" ? STATUS_PORT : numberOf("status", text, STATUS_PORT, 65535);
}

/** By the flag's value; without one the states. */
const TRACES: Readonly<Record<string, TraceFormat>> = {
  "": "states",
  json: "json",
  drops: "drops",
};

function traceOf(text: string | undefined): TraceFormat | null {
  if (text === undefined) return null;
  if (Object.hasOwn(TRACES, text)) return TRACES[text]!;
  throw new Misuse(`Flag '--trace' takes 'json' or 'drops', not '${text}'`);
}

const LOG_FORMATS: readonly LogFormat[] = ["common", "combined", "json"];

function logOf(flags: Flags): ServeCommand["log"] {
  const { log } = flags;
  const file = flags["log-file"] ?? null;
  if (log === undefined && file === null) return null;
  if (log === undefined || log === "") return { format: "common", file };
  const format = LOG_FORMATS.find((each) => each === log);
  if (format !== undefined) return { format, file };
  throw new Misuse(`Flag '--log' takes one of ${LOG_FORMATS.join(", ")}, not '${log}'`);
}

function numberOf(name: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw new Misuse(`Flag '--${name}' takes a whole number from 0 to ${most}, not '${text}'`);
}
