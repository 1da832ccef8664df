/**
 * The roll: workers and programs are exchanged under clients that know how each request ended.
 * `deno task roll --requests 100000`; with `--scale` one worker and two are measured instead. Exit status 0 if nothing was lost that need not be, 1 if something was,
 * 2 for wrong usage.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { canIsolate, isolated } from "./namespace.ts";
import { formatOutcome, isWithout, type Outcome } from "./outcome.ts";
import { measureScale } from "./scale.ts";
import { type SceneName, SCENES } from "./scenes.ts";

/** Exchanges of all workers, spread over the requests. */
const EXCHANGES = 10;

const USAGE = "usage: deno task roll [--requests N | --scale]";

/** Runs a scene here, and says on stdout what came of it. */
async function runScene(name: SceneName, requests: number, exchanges: number): Promise<void> {
  console.log(JSON.stringify(await SCENES[name]({ requests, exchanges })));
}

/** Runs a scene in a namespace of its own. */
async function isolatedScene(name: SceneName, requests: number): Promise<Outcome> {
  const args = ["--scene", name, "--requests", `${requests}`];
  const { success, stdout } = await isolated("./main.ts", args).output();
  if (!success) throw new Error(`The scene '${name}' failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function runAll(requests: number): Promise<number> {
  if (!await canIsolate()) {
    console.error("roll: no network namespace can be made here (unshare, ip)");
    return 1;
  }
  let lost = false;
  for (const name of Object.keys(SCENES) as SceneName[]) {
    const outcome = await isolatedScene(name, requests);
    console.log(formatOutcome(outcome));
    lost ||= !isWithout(outcome);
  }
  // The same where the kernel moves nothing: for people who cannot set the switch.
  const plain = await SCENES.reloads({ requests: requests / 10, exchanges: EXCHANGES });
  console.log(`${formatOutcome(plain)} (without net.ipv4.tcp_migrate_req)`);
  return lost ? 1 : 0;
}

if (import.meta.main) {
  const { requests: given, scene, scale } = parseArgs(Deno.args, {
    string: ["requests", "scene"],
    boolean: ["scale"],
  });
  const requests = Number(given ?? 10_000);
  if (!Number.isInteger(requests) || requests < 1) {
    console.error(USAGE);
    Deno.exit(2);
  }
  if (scale) {
    await measureScale();
    Deno.exit(0);
  }
  if (scene === undefined) Deno.exit(await runAll(requests));
  await runScene(scene as SceneName, requests, EXCHANGES);
  Deno.exit(0);
}
