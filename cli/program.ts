/**
 * The program: does what the command line says and returns the exit status. It prints and takes
 * signals, which nothing in the library does.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { type ServeHandler, type Server, StatusPage } from "../mod.ts";
import { HELP, parseCommand, type ServeCommand } from "./command.ts";
import { Lifetime } from "./lifetime.ts";
import { mount } from "./mounts.ts";
import { formatAddress } from "./report.ts";
import { start, StartError, startStatus, STATUS_PATH } from "./start.ts";

/** The page has said that the server has ended; who does not take that in time misses nothing. */
const STATUS_END = { deadline: 200, grace: 0 };

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
  const { place, statusPort } = command;
  const mounted = mount(handler, command);
  try {
    const server = start(place, { handler: mounted.handler, signal: force.signal });
    mounted.watch(server);
    const lifetime = new Lifetime({ server, command, force });
    const page = statusPort === null ? null : showStatus(server, { statusPort, lifetime });
    // Only now: whoever reads it may send a signal at once.
    console.log(`Weir listening on ${formatAddress(server.addr, place.kind === "tls")}`);
    if (page !== null) {
      console.log(`Weir status page on ${formatAddress(page.addr, false)}${STATUS_PATH.slice(1)}`);
    }
    const status = await lifetime.end();
    await page?.shutdown(STATUS_END);
    return status;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.error(`weir: ${error.message}`);
    return 1;
  }
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
