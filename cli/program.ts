/**
 * The program: does what the command line says and returns the exit status. It prints and takes
 * signals, which nothing in the library does.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { type AccessLog, type ServeHandler, type Server, StatusPage } from "../mod.ts";
import { HELP, parseCommand, type ServeCommand } from "./command.ts";
import { Lifetime } from "./lifetime.ts";
import { mount } from "./mounts.ts";
import { formatAddress } from "./report.ts";
import { Output } from "./output.ts";
import { openLog, start, StartError, startStatus, STATUS_PATH } from "./start.ts";
import { printTrace } from "./trace_output.ts";

/** The page has said that the server has ended; who does not take that in time misses nothing. */
const STATUS_END = { deadline: 200, grace: 0 };

/** How long the last lines may take, in milliseconds. */
const LAST_LINES_MS = 500;

/** Runs the command that `args` say, with `handler` answering; resolves with the exit status. */
export async function runProgram(args: readonly string[], handler: ServeHandler): Promise<number> {
  const command = parseCommand(args);
  switch (command.kind) {
    case "help":
      console.log(HELP);
      return 0;
    case "version":
      console.log(`Weir ${config.version} (Deno ${Deno.version.deno})`);
      return 0;
    case "misuse":
      console.error(`weir: ${command.message}; --help lists the flags`);
      return 2;
    case "serve":
      return await serveUntilSignal(command, handler);
  }
}

async function serveUntilSignal(command: ServeCommand, handler: ServeHandler): Promise<number> {
  const force = new AbortController();
  const output = new Output(Deno.stdout);
  const say = (line: string) => void output.add(`${line}\n`);
  const { place, statusPort } = command;
  const mounted = mount(handler, command);
  try {
    const log = openLog(command);
    const keepWrite = command.log !== null && command.log.file !== null;
    const server = start(place, { handler: mounted.handler, signal: force.signal, keepWrite });
    mounted.watch(server);
    log?.observe(server);
    const lifetime = new Lifetime({ server, command, force, say });
    const page = statusPort === null ? null : showStatus(server, { statusPort, lifetime });
    // Only now: whoever reads it may send a signal at once.
    say(`Weir listening on ${formatAddress(server.addr, place.kind === "tls")}`);
    if (page !== null) {
      say(`Weir status page on ${formatAddress(page.addr, false)}${STATUS_PATH.slice(1)}`);
    }
    const tracing = command.trace === null
      ? null
      : printTrace(server, { format: command.trace, output });
    const status = await lifetime.end();
    await page?.shutdown(STATUS_END);
    await closeLog(log, say);
    await inTime(printed(output, tracing));
    return status;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.error(`weir: ${error.message}`);
    return 1;
  }
}

/** Resolves when all that the program has to say has been taken. */
async function printed(output: Output, tracing: Promise<void> | null): Promise<void> {
  await tracing;
  await output.flushed();
}

/** Who does not read does not keep the program from ending. */
async function inTime(work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LAST_LINES_MS);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

async function closeLog(log: AccessLog | null, say: (line: string) => void): Promise<void> {
  if (log === null) return;
  await log.close();
  // Not to stderr, which may be what took no more.
  if (log.lost > 0) say(`Weir lost ${log.lost} lines of the access log`);
}

/** The page's button drains as a signal does. */
function showStatus(
  server: Server,
  { statusPort, lifetime }: { statusPort: number; lifetime: Lifetime },
): Server {
  const page = new StatusPage({ path: STATUS_PATH, onDrain: () => lifetime.drain("a signal") });
  page.observe(server);
  return startStatus(page, statusPort);
}
