import { type Command, parseCommand } from "../../cli/command.ts";
import { HELP } from "../../cli/help.ts";
import { formatAddress, formatAddresses, formatPlace, formatReport } from "../../cli/report.ts";
import { resolveSettings, type Settings } from "../../cli/settings/settings.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { Misuse } from "../../cli/settings/errors.ts";

const TCP = { kind: "tcp", hostname: "127.0.0.1", port: 8081 } as const;
const TLS_FILES = {
  pairs: [{ cert: "c", key: "k" }],
  clientCa: null,
  clientCert: "required",
  minVersion: "TLSv1.2",
} as const;
const TLS = { ...TCP, kind: "tls", tls: TLS_FILES } as const;
const SERVE = resolveSettings([]).settings;
const { options: OPTIONS, shutdown: SHUTDOWN } = SERVE;
const { timeouts: TIMEOUTS, limits: LIMITS } = OPTIONS;
const QUEUE = { floor: 4, ceiling: 1_000, maxQueued: 1_000, maxWait: 1_000 } as const;

/** What differs from the settings without any flag. */
const GOOD: [args: string, settings: Partial<Settings>][] = [
  ["", {}],
  ["--port 80", { place: { ...TCP, port: 80 } }],
  ["--port=0", { place: { ...TCP, port: 0 } }],
  ["--port 65535", { place: { ...TCP, port: 65535 } }],
  ["--hostname ::1", { place: { ...TCP, hostname: "::1" } }],
  ["--host ::1", { place: { ...TCP, hostname: "::1" } }],
  ["--drain-ms 0", { shutdown: { ...SHUTDOWN, deadline: 0 } }],
  ["--ready-delay-ms 5000", { shutdown: { ...SHUTDOWN, readyDelay: 5_000 } }],
  ["--shutdown-deadline 3s --shutdown-grace 0", {
    shutdown: { ...SHUTDOWN, deadline: 3_000, grace: 0 },
  }],
  ["--timeout-head 5s", { options: { ...OPTIONS, timeouts: { ...TIMEOUTS, head: 5_000 } } }],
  ["--timeout-idle=off", { options: { ...OPTIONS, timeouts: { ...TIMEOUTS, idle: 0 } } }],
  ["--limit-body 1MiB", { options: { ...OPTIONS, limits: { ...LIMITS, bodyBytes: 1_048_576 } } }],
  ["--limit-over-connections refuse", {
    options: { ...OPTIONS, limits: { ...LIMITS, overConnections: "refuse" } },
  }],
  ["--queue auto", { options: { ...OPTIONS, queue: { ...QUEUE, maxActive: "auto" } } }],
  ["--queue 8", { options: { ...OPTIONS, queue: { ...QUEUE, maxActive: 8 } } }],
  ["--queue off", {}],
  ["--queue off --queue-max-wait 1s", {}],
  ["--queue-max-wait 2s", {
    options: { ...OPTIONS, queue: { ...QUEUE, maxActive: "auto", maxWait: 2_000 } },
  }],
  ["--compress", { options: { ...OPTIONS, automaticCompression: true } }],
  ["--compress=false", {}],
  ["--timeout-start off", { startTimeout: 0 }],
  ["--health", { health: true }],
  ["--status", { statusPort: 8082 }],
  ["--status --port 80", { place: { ...TCP, port: 80 }, statusPort: 8082 }],
  ["--status=9000", { statusPort: 9000 }],
  ["--status=", { statusPort: 8082 }],
  ["--status=0", { statusPort: 0 }],
  ["--metrics", { metrics: true }],
  ["--trace", { trace: "states" }],
  ["--trace=json --metrics", { trace: "json", metrics: true }],
  ["--trace=drops", { trace: "drops" }],
  ["--log", { log: { format: "common", file: null } }],
  ["--log --port 80", { place: { ...TCP, port: 80 }, log: { format: "common", file: null } }],
  ["--log=combined", { log: { format: "combined", file: null } }],
  ["--log=json", { log: { format: "json", file: null } }],
  ["--log-file f", { log: { format: "common", file: "f" } }],
  ["--log --log-file f", { log: { format: "common", file: "f" } }],
  ["--log-file=f --log=json", { log: { format: "json", file: "f" } }],
  ["--cert c --key k", { place: TLS }],
  ["--cert c,d --key k,l", {
    place: {
      ...TLS,
      tls: { ...TLS_FILES, pairs: [{ cert: "c", key: "k" }, { cert: "d", key: "l" }] },
    },
  }],
  ["--cert c --key k --client-ca a --client-cert optional --tls-min 1.3", {
    place: {
      ...TLS,
      tls: { ...TLS_FILES, clientCa: "a", clientCert: "optional", minVersion: "TLSv1.3" },
    },
  }],
  ["--unix ./s", { place: { kind: "unix", path: "./s" } }],
  ["--quiet --open", { quiet: true, open: true }],
];

const COMMANDS: [args: string, command: Partial<Command>][] = [
  ["--help", { kind: "help" }],
  ["--version", { kind: "version" }],
  ["--port 80 --help", { kind: "help" }],
  ["app.ts", { kind: "serve", target: "app.ts" }],
  ["--metrics app.ts", { kind: "serve", target: "app.ts" }],
  ["app.ts --port 80", { kind: "serve", target: "app.ts" }],
  ["-- app.ts", { kind: "serve", target: "app.ts" }],
  ["--log json", { kind: "serve", target: "json" }],
  ["80", { kind: "serve", target: "80" }],
  ["check app.ts", { kind: "check", target: "app.ts" }],
  ["./check", { kind: "serve", target: "./check" }],
  ["--print-config", { kind: "print-config" }],
  ["app.ts --print-config", { kind: "print-config", target: "app.ts" }],
];

const BAD: [args: string, named: string][] = [
  ["--prot 80", "'--prot' (did you mean '--port'?)"],
  ["--prot=80", "'--prot=80'"],
  ["--timeout-haed 5s", "did you mean '--timeout-head'?"],
  ["--hlep", "did you mean '--help'?"],
  ["--frobnicate", "'--frobnicate'"],
  ["-p 80", "'-p'"],
  ["--no-help", "'--no-help'"],
  ["--no-health", "'--no-health'"],
  ["a.ts b.ts", "'b.ts'"],
  ["a.ts -- b.ts", "'b.ts'"],
  ["check", "'check' needs a module"],
  ["check a.ts b.ts", "'b.ts'"],
  ["--port", "'--port' needs a value"],
  ["--port --help", "'--port' needs a value"],
  ["--port=", "'--port' needs a value"],
  ["--hostname=", "'--hostname' needs a value"],
  ["--config", "'--config' needs a value"],
  ["--port http", "'http'"],
  ["--port 65536", "0 to 65535, not '65536'"],
  ["--port=-1", "'-1'"],
  ["--port 8e3", "'8e3'"],
  ["--port 80.5", "'80.5'"],
  ["--port 0x50", "'0x50'"],
  ["--port 1 --port 2", "'--port' is given twice"],
  ["--host a --hostname b", "is given twice"],
  ["--config a --config b", "'--config' is given twice"],
  ["--drain-ms soon", "'--drain-ms'"],
  ["--drain-ms 5s", "'--drain-ms'"],
  ["--drain-ms 2147483648", "up to 2147483647ms"],
  ["--drain-ms 5 --shutdown-deadline 5s", "is given twice"],
  ["--ready-delay-ms", "'--ready-delay-ms' needs a value"],
  ["--ready-delay-ms soon", "'--ready-delay-ms'"],
  ["--timeout-head 5", "a time with its unit"],
  ["--limit-body 1Mb", "KiB"],
  ["--limit-head off", "'off'"],
  ["--queue maybe", "'auto', 'off' or a whole number"],
  ["--queue 0", "not '0'"],
  ["--trace=all", "one of states, json, drops, not 'all'"],
  ["--trace=toString", "not 'toString'"],
  ["--health=yes", "true or false, not 'yes'"],
  ["--status=page", "'page'"],
  ["--status=65536", "0 to 65535, not '65536'"],
  ["--log=clf", "'--log' takes one of common, combined, json, not 'clf'"],
  ["--log=toString", "not 'toString'"],
  ["--log-file", "'--log-file' needs a value"],
  ["--log-file=", "'--log-file' needs a value"],
  ["--cert c", "'--cert' and '--key'"],
  ["--key k", "'--cert' and '--key'"],
  ["--cert c,d --key k", "'--cert' and '--key' take the same number of files"],
  ["--cert c, --key k", "'--cert' takes the paths of one or more files"],
  ["--client-ca a", "'--client-ca' needs '--cert' and '--key'"],
  ["--cert c --key k --tls-min 1.1", "one of 1.2, 1.3, not '1.1'"],
  ["--unix s --port 80", "'--unix' and '--port'"],
  ["--unix s --cert c --key k", "'--unix' and '--cert'"],
  ["--queue-floor 9 --queue-ceiling 8", "'queue.floor' is 9"],
];

function words(line: string): string[] {
  return line === "" ? [] : line.split(" ");
}

/** What the program would run with, from arguments alone. */
async function settingsOf(args: string): Promise<Settings> {
  const command = await parseCommand(words(args));
  assert("flags" in command);
  return resolveSettings([command.flags.layer]).settings;
}

for (const [args, settings] of GOOD) {
  Deno.test(`the settings of "${args}"`, async () => {
    assertEquals(await settingsOf(args), { ...SERVE, ...settings });
  });
}

for (const [args, expected] of COMMANDS) {
  Deno.test(`parseCommand() understands "${args}"`, async () => {
    const command = await parseCommand(words(args));
    assertEquals({ ...command, ...expected }, command);
  });
}

for (const [args, named] of BAD) {
  Deno.test(`"${args}" is refused in one line`, async () => {
    const { message } = await assertRejects(() => settingsOf(args), Misuse);
    assertStringIncludes(message, named);
    assert(!message.includes("\n"));
  });
}

Deno.test("HELP names every default that the flags have", () => {
  for (const text of ["127.0.0.1", "8081", "8082", "20s"]) assertStringIncludes(HELP, text);
});

Deno.test("formatAddress() writes what a browser takes", () => {
  const tcp = { transport: "tcp", hostname: "127.0.0.1", port: 80 } as const;
  assertEquals(formatAddress(tcp, false), "http://127.0.0.1:80/");
  assertEquals(formatAddress({ ...tcp, hostname: "::1" }, true), "https://[::1]:80/");
  assertEquals(formatAddress({ transport: "unix", path: "/s" }, false), "unix:/s");
  assertEquals(formatAddresses(tcp, false), ["http://127.0.0.1:80/"]);
});

Deno.test("formatPlace() writes where the program was told to listen", () => {
  assertEquals(formatPlace(TCP), "127.0.0.1:8081");
  assertEquals(formatPlace({ ...TLS, hostname: "::" }), "[::]:8081");
  assertEquals(formatPlace({ kind: "unix", path: "s" }), "unix:s");
});

Deno.test("formatReport() says everything in one line", () => {
  const line = formatReport({ drained: 11, aborted: 22, forced: 33, drainMs: 44, abortMs: 55 });
  for (const figure of ["11", "22", "33", "44 ms", "55 ms"]) assertStringIncludes(line, figure);
  assert(!line.includes("\n"));
});
