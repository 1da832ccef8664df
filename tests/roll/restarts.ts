/**
 * Two programs behind HAProxy, with the file of `deploy/`: restarted in turn under its clients, and one of
 * them killed in the middle.
 *
 * @module
 */

import { startHaproxy } from "../deploy/balancers.ts";
import { type Failure, Load } from "../deploy/load.ts";
import { type Place, startTwo } from "../deploy/servers.ts";
import { pause, within } from "../support/time.ts";
import { noRequests } from "./clients.ts";
import type { RollInit } from "./init.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

const CLIENTS = 16;

/** A shutdown of the file's flags, and HAProxy's two checks of a server that comes, in milliseconds. */
const RESTART_MS = 40_000;

/** Resolves with how the requests ended; what the kill cost is not counted among the failed ones. */
export async function rollPrograms({ requests, exchanges }: RollInit): Promise<Outcome> {
  const places = await startTwo();
  await using one = places[0];
  await using two = places[1];
  await using haproxy = await startHaproxy([one.port, two.port]);
  await using load = new Load(haproxy.port, CLIENTS);
  const servers = [{ place: one, name: "weir1" }, { place: two, name: "weir2" }] as const;
  let killed: readonly Failure[] = [];
  for (let exchange = 0; exchange < exchanges; exchange++) {
    const { place, name } = servers[exchange % 2]!;
    const isKill = exchange === Math.floor(exchanges / 2);
    if (isKill) killed = await kill(place, load);
    else await within(restart(place), `the restart of ${name}`, RESTART_MS);
    await within(isUp(haproxy, name), `${name} to be up`, RESTART_MS);
  }
  while (answered(load) < requests) await pause(50);
  await load.end();
  return outcomeOf({ name: "two programs behind HAProxy, one kill", exchanges }, {
    ...noRequests(),
    answered: answered(load),
    failedNew: load.failures.length - killed.length,
    reasons: reasonsOf(load.failures, new Set(killed)),
  });
}

function reasonsOf(
  failures: readonly Failure[],
  killed: ReadonlySet<Failure>,
): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const failure of failures) {
    const { method, reason } = failure;
    const what = `${
      killed.has(failure) ? "in the server that was killed: " : ""
    }${method}: ${reason}`;
    reasons.set(what, (reasons.get(what) ?? 0) + 1);
  }
  return reasons;
}

function answered({ answered: { GET, POST } }: Load): number {
  return GET + POST;
}

async function restart(place: Place): Promise<void> {
  place.program.send("SIGTERM");
  const { code } = await within(place.program.end(), "a shutdown", RESTART_MS);
  if (code !== 0) throw new Error(`status ${code}`);
  await place.start();
}

/** Resolves with the POSTs that were in it: at most one of each client, and none that began later. */
async function kill(place: Place, load: Load): Promise<readonly Failure[]> {
  const before = load.failures.length;
  place.program.send("SIGKILL");
  await place.program.end();
  const diedMs = performance.now();
  // Until all that was in it is known to have failed.
  await pause(1_000);
  const lost = load.failures.slice(before)
    .filter(({ method, atMs }) => method === "POST" && atMs <= diedMs);
  await place.start();
  return lost.slice(0, CLIENTS);
}

async function isUp(
  haproxy: Awaited<ReturnType<typeof startHaproxy>>,
  server: string,
): Promise<void> {
  while (!(await haproxy.status(server)).startsWith("UP")) await pause(100);
}
