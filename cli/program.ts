/**
 * The program: does what the command line says and returns the exit status. It prints and takes
 * signals, which nothing in the library does.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import type { ServeHandler, Server, ShutdownReport } from "../mod.ts";
import { HELP, parseCommand, type ServeCommand } from "./command.ts";
import { formatAddress, formatReport } from "./report.ts";
import { start, StartError } from "./start.ts";

/** 128 and the signal's number, as a shell reports a process that a signal ended. */
const FORCED = { SIGINT: 130, SIGTERM: 143 };

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
  const { place, drainMs } = command;
  let server: Server;
  try {
    server = start(place, { handler, signal: force.signal });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.error(`weir: ${error.message}`);
    return 1;
  }
  const status = statusAtEnd(server, { force, drainMs });
  // Only now: whoever reads it may send a signal at once.
  console.log(`Weir listening on ${formatAddress(server.addr, place.kind === "tls")}`);
  return await status;
}

/** The first signal drains, each further one closes everything; 1 if the server ends without any. */
async function statusAtEnd(
  server: Server,
  { force, drainMs }: { force: AbortController; drainMs: number },
): Promise<number> {
  let status = 1;
  let report: Promise<ShutdownReport> | undefined;
  const onSignal = (name: keyof typeof FORCED) => {
    if (report === undefined) {
      console.log(`Weir draining for at most ${drainMs} ms; a second ${name} forces`);
      report = server.shutdown({ deadline: drainMs });
      status = 0;
    } else {
      status = FORCED[name];
      force.abort();
    }
  };
  Deno.addSignalListener("SIGINT", () => onSignal("SIGINT"));
  Deno.addSignalListener("SIGTERM", () => onSignal("SIGTERM"));
  await server.finished;
  if (report === undefined) console.error("weir: The listening socket failed");
  else console.log(formatReport(await report));
  return status;
}
