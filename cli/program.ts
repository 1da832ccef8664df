/**
 * The program: does what the command line says and returns the exit status. It prints and takes
 * signals, which nothing in the library does.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { loadMounts, mounted, watchFrom } from "../handlers/mounts.ts";
import type { ServeHandler } from "../mod.ts";
import { type App, HELLO } from "./app/app.ts";
import { type Command, parseCommand } from "./command.ts";
import { closeLog, lastLines } from "./last_lines.ts";
import { Lifetime } from "./lifetime.ts";
import { Output } from "./output.ts";
import { formatAddresses } from "./report.ts";
import { errorLine, Misuse, StartError } from "./settings/errors.ts";
import { prepare } from "./prepare.ts";
import { readSources, resolveSettings, type Settings } from "./settings/settings.ts";
import { dropPermissions, openLog, start } from "./start.ts";
import { formatSummary } from "./summary.ts";

/**
 * Runs the command that `args` say; resolves with the exit status.
 *
 * @param hello What answers where no module and no folder is named.
 */
export async function runProgram(
  args: readonly string[],
  hello: ServeHandler = HELLO.handler,
): Promise<number> {
  try {
    return await run(await parseCommand(args), { ...HELLO, handler: hello });
  } catch (error) {
    const misused = error instanceof Misuse;
    if (!misused && !(error instanceof StartError)) throw error;
    console.error(errorLine(error.message + (misused ? "; --help lists the flags" : "")));
    return error.status;
  }
}

async function run(command: Command, hello: App): Promise<number> {
  switch (command.kind) {
    case "help": {
      const { HELP } = await import("./help.ts");
      console.log(HELP);
      return 0;
    }
    case "version":
      console.log(`Weir ${config.version} (Deno ${Deno.version.deno})`);
      return 0;
  }
  const { target, flags } = command;
  const { environment, file } = await readSources(flags.config);
  const layers = [flags.layer, environment, file];
  const { settings } = resolveSettings(layers);
  if (command.kind === "serve" && settings.workers !== null) {
    const { serveWorkers } = await import("./parallel/serve_workers.ts");
    return await serveWorkers({ target, layers }, settings);
  }
  const { app, resolved } = await prepare({ target, layers }, hello);
  switch (command.kind) {
    case "print-config": {
      const { formatSettings } = await import("./settings/print.ts");
      console.log(formatSettings(resolved.inForce));
      return 0;
    }
    case "check": {
      const { checkApp } = await import("./check.ts");
      return await checkApp(app, resolved);
    }
    case "serve":
      return await serveUntilSignal(app, resolved.settings);
  }
}

async function serveUntilSignal(app: App, settings: Settings): Promise<number> {
  const force = new AbortController();
  const output = new Output(Deno.stdout);
  const say = (line: string) => settings.quiet ? undefined : void output.add(`${line}\n`);
  const { trace, statusPort } = settings;
  // All is loaded before the server listens, so that nothing that happens on it is missed.
  const tracer = trace === null ? null : await import("./trace_output.ts");
  const status = statusPort === null ? null : await import("./status.ts");
  const mounts = await loadMounts(settings);
  const log = await openLog(settings, { reopens: true });
  const mountedApp = { ...app, handler: mounted(app.handler, mounts) };
  const { shutdown } = settings;
  const lifetime = new Lifetime({ shutdown, force, output: settings.quiet ? null : output });
  const server = start({ app: mountedApp, settings, signal: force.signal });
  lifetime.watch(server);
  const addresses = formatAddresses(server.addr, settings.place.kind === "tls");
  watchFrom(mounts, server);
  log?.observe(server);
  const page = status === null || statusPort === null ? null : status.showStatus({
    observe: (page) => page.observe(server),
    settings,
    port: statusPort,
    lifetime,
  });
  if (settings.open) (await import("./browser.ts")).openBrowser(addresses[0]!);
  dropPermissions(app, settings);
  // Only now: whoever reads it may send a signal at once.
  say(`Weir listening on ${addresses.join(" and ")}`);
  say(formatSummary(app.name, settings));
  if (page !== null) say(page.line);
  app.onListen?.(server.addr);
  const tracing = tracer === null || trace === null
    ? null
    : tracer.printTrace(server, { format: trace, output });
  const exitStatus = await lifetime.end();
  await page?.end();
  await closeLog(log, say);
  await lastLines(output, tracing);
  return exitStatus;
}
