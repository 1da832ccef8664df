/**
 * One program with two workers, reloaded again and again under clients of all kinds.
 *
 * @module
 */

import { Program } from "../cli/child.ts";
import { pause, within } from "../support/time.ts";
import { ended, noRequests, runClients } from "./clients.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { RollInit } from "./init.ts";

/** How long the exchange of all workers may take, in milliseconds. */
const RELOAD_MS = 30_000;

/** Resolves with how the requests ended. */
export async function rollWorkers({ requests, exchanges }: RollInit): Promise<Outcome> {
  const app = new URL("./app.js", import.meta.url).pathname;
  await using program = new Program(["--workers", "2", "--port", "0", app]);
  const port = Number(new URL(await program.address()).port);
  const tally = noRequests();
  let reloads = 0;
  const goesOn = () => program.running && (reloads < exchanges || ended(tally) < requests);
  const clients = runClients({ port, tally, goesOn }, 4);
  while (reloads < exchanges && program.running) {
    const due = requests * (reloads + 1) / (exchanges + 1);
    while (ended(tally) < due && program.running) await pause(20);
    program.send("SIGHUP");
    await program.line();
    const line = await within(program.line(), "a reload", RELOAD_MS);
    if (!line.startsWith("Weir has reloaded")) throw new Error(line);
    reloads++;
  }
  await clients;
  program.send("SIGTERM");
  const { code, stderr } = await program.end();
  if (code !== 0 || stderr !== "") throw new Error(`status ${code}: ${stderr}`);
  return outcomeOf({ name: "reloads of two workers", exchanges }, tally);
}
