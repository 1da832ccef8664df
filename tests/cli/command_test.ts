import { type Command, HELP, parseCommand } from "../../cli/command.ts";
import { formatAddress, formatPlace, formatReport } from "../../cli/report.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

const TCP = { kind: "tcp", hostname: "127.0.0.1", port: 8081 } as const;
const TLS = { ...TCP, kind: "tls", certFile: "c", keyFile: "k" } as const;

const SERVE = {
  kind: "serve",
  place: TCP,
  drainMs: 20_000,
  readyDelayMs: 0,
  health: false,
  metrics: false,
  trace: null,
  statusPort: null,
  log: null,
} as const;

const GOOD: [args: string, command: Command][] = [
  ["", SERVE],
  ["--port 80", { ...SERVE, place: { ...TCP, port: 80 } }],
  ["--port=0", { ...SERVE, place: { ...TCP, port: 0 } }],
  ["--port 65535", { ...SERVE, place: { ...TCP, port: 65535 } }],
  ["--hostname ::1", { ...SERVE, place: { ...TCP, hostname: "::1" } }],
  ["--drain-ms 0", { ...SERVE, drainMs: 0 }],
  ["--ready-delay-ms 5000", { ...SERVE, readyDelayMs: 5_000 }],
  ["--health", { ...SERVE, health: true }],
  ["--status", { ...SERVE, statusPort: 8082 }],
  ["--status --port 80", { ...SERVE, place: { ...TCP, port: 80 }, statusPort: 8082 }],
  ["--status=9000", { ...SERVE, statusPort: 9000 }],
  ["--status=", { ...SERVE, statusPort: 8082 }],
  ["--status=0", { ...SERVE, statusPort: 0 }],
  ["--metrics", { ...SERVE, metrics: true }],
  ["--trace", { ...SERVE, trace: "states" }],
  ["--trace=json --metrics", { ...SERVE, trace: "json", metrics: true }],
  ["--trace=drops", { ...SERVE, trace: "drops" }],
  ["--log", { ...SERVE, log: { format: "common", file: null } }],
  ["--log --port 80", {
    ...SERVE,
    place: { ...TCP, port: 80 },
    log: { format: "common", file: null },
  }],
  ["--log=combined", { ...SERVE, log: { format: "combined", file: null } }],
  ["--log=json", { ...SERVE, log: { format: "json", file: null } }],
  ["--log-file f", { ...SERVE, log: { format: "common", file: "f" } }],
  ["--log --log-file f", { ...SERVE, log: { format: "common", file: "f" } }],
  ["--log-file=f --log=json", { ...SERVE, log: { format: "json", file: "f" } }],
  ["--cert c --key k", { ...SERVE, place: TLS }],
  ["--unix ./s", { ...SERVE, place: { kind: "unix", path: "./s" } }],
  ["--help", { kind: "help" }],
  ["--version", { kind: "version" }],
  ["--port 80 --help", { kind: "help" }],
];

const BAD: [args: string, named: string][] = [
  ["--prot 80", "'--prot'"],
  ["--prot=80", "'--prot=80'"],
  ["-p 80", "'-p'"],
  ["--no-help", "'--no-help'"],
  ["80", "'80'"],
  ["--port 80 81", "'81'"],
  ["-- 80", "'80'"],
  ["--port", "'--port' needs a value"],
  ["--port --help", "'--port' needs a value"],
  ["--port=", "'--port' needs a value"],
  ["--hostname=", "'--hostname' needs a value"],
  ["--port http", "'http'"],
  ["--port 65536", "0 to 65535, not '65536'"],
  ["--port=-1", "'-1'"],
  ["--port 8e3", "'8e3'"],
  ["--port 80.5", "'80.5'"],
  ["--port 0x50", "'0x50'"],
  ["--drain-ms soon", "'--drain-ms'"],
  ["--drain-ms 2147483648", "0 to 2147483647"],
  ["--ready-delay-ms", "'--ready-delay-ms' needs a value"],
  ["--ready-delay-ms soon", "'--ready-delay-ms'"],
  ["--status 9000", "'9000'"],
  ["--trace json", "'json'"],
  ["--trace=all", "'json' or 'drops', not 'all'"],
  ["--trace=toString", "not 'toString'"],
  ["--metrics yes", "'yes'"],
  ["--status=page", "'page'"],
  ["--status=65536", "0 to 65535, not '65536'"],
  ["--no-health", "'--no-health'"],
  ["--log=clf", "'--log' takes one of common, combined, json, not 'clf'"],
  ["--log json", "'json'"],
  ["--log=toString", "not 'toString'"],
  ["--log-file", "'--log-file' needs a value"],
  ["--log-file=", "'--log-file' needs a value"],
  ["--cert c", "'--cert' and '--key'"],
  ["--key k", "'--cert' and '--key'"],
  ["--unix s --port 80", "'--unix' and '--port'"],
  ["--unix s --cert c --key k", "'--unix' and '--cert'"],
];

function words(line: string): string[] {
  return line === "" ? [] : line.split(" ");
}

for (const [args, command] of GOOD) {
  Deno.test(`parseCommand() understands "${args}"`, () => {
    assertEquals(parseCommand(words(args)), command);
  });
}

for (const [args, named] of BAD) {
  Deno.test(`parseCommand() refuses "${args}" in one line`, () => {
    const command = parseCommand(words(args));
    assert(command.kind === "misuse");
    assertStringIncludes(command.message, named);
    assert(!command.message.includes("\n"));
  });
}

Deno.test("HELP names every default that the flags have", () => {
  for (const text of ["127.0.0.1", "8081", "8082", "20000"]) assertStringIncludes(HELP, text);
});

Deno.test("formatAddress() writes what a browser takes", () => {
  const tcp = { transport: "tcp", hostname: "127.0.0.1", port: 80 } as const;
  assertEquals(formatAddress(tcp, false), "http://127.0.0.1:80/");
  assertEquals(formatAddress({ ...tcp, hostname: "::1" }, true), "https://[::1]:80/");
  assertEquals(formatAddress({ transport: "unix", path: "/s" }, false), "unix:/s");
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
