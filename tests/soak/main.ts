/**
 * The soak: a server in a process of its own under mixed load for some minutes, and a check that it
 * holds no more at the end than at the start. `deno task soak --minutes 2`; with `--out docs` the
 * drawing and a page with the figures are written there. Exit status 0 if all is well, 1 if not, 2
 * for wrong usage.
 *
 * @module
 */

import { FaultServer } from "../faults/child.ts";
import { pause, settles } from "../support/time.ts";
import { runLoad, Tally } from "./load.ts";
import { draw } from "./plot.ts";
import { describe } from "./report.ts";
import { compare, type Finding, type Rest, type Sample } from "./samples.ts";

/** Short, so that every one of them fires all the time. */
const OPTIONS = {
  timeouts: { head: 3_000, body: 3_000, write: 3_000, handler: 2_000, idle: 5_000, linger: 500 },
};

/** Memory that the runtime takes once is no leak: comparing begins after this time under load. */
const WARM_UP_MS = 20_000;

/** Flags of the program. */
interface Flags {
  readonly minutes: number;
  /** The folder to write to, or `null`. */
  readonly out: string | null;
}

function parseFlags(args: readonly string[]): Flags | null {
  const flags = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) flags.set(args[at]!, args[at + 1] ?? "");
  const minutes = Number(flags.get("--minutes") ?? 2);
  const known = [...flags.keys()].every((name) => name === "--minutes" || name === "--out");
  const out = flags.get("--out") ?? null;
  return known && minutes > 0 && minutes <= 24 * 60 && out !== "" ? { minutes, out } : null;
}

async function restOf(server: FaultServer): Promise<Rest> {
  const { connections, descriptors } = await server.assertEmpty("The load is over");
  // After that check: the socket of this request may still be open at the next one.
  const { rss, heapUsed } = await server.stats();
  return { rss, heapUsed, connections, descriptors };
}

async function sampleUntil(
  stop: Promise<unknown>,
  server: FaultServer,
  tally: Tally,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const begin = performance.now();
  for (let before = tally.answers; !await settles(stop, 1_000); before = tally.answers) {
    const { rss, heapUsed, connections, lagMs } = await server.look();
    const descriptors = await server.descriptors();
    const seconds = (performance.now() - begin) / 1000;
    const answers = tally.answers - before;
    samples.push({ seconds, rss, heapUsed, descriptors, connections, lagMs, answers });
  }
  return samples;
}

/** The result of the whole soak. */
interface Outcome {
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
  readonly tally: Tally;
}

async function soak(minutes: number): Promise<Outcome> {
  const tally = new Tally();
  await using server = await FaultServer.spawn(OPTIONS);
  await runLoad(server, { tally, stop: pause(Math.min(WARM_UP_MS, minutes * 30_000)) });
  const start = await restOf(server);
  const loading = runLoad(server, { tally, stop: pause(minutes * 60_000) });
  const samples = await sampleUntil(loading, server, tally);
  await loading;
  const findings = compare(start, await restOf(server));
  const stderr = await server.assertEnds();
  findings.push({ text: `failures: ${tally.failures.length}`, good: tally.failures.length === 0 });
  findings.push({ text: `lines on stderr: ${stderr.split("\n").length - 1}`, good: stderr === "" });
  return { samples, findings, tally };
}

async function main(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args);
  if (flags === null) {
    console.error("soak: takes --minutes <number> and --out <folder>");
    return 2;
  }
  const { samples, findings, tally } = await soak(flags.minutes);
  for (const failure of tally.failures) console.error(failure);
  const text = describe({ minutes: flags.minutes, samples, findings, tally });
  console.log(text);
  if (flags.out !== null) {
    await Deno.writeTextFile(`${flags.out}/soak.svg`, draw(samples));
    await Deno.writeTextFile(`${flags.out}/soak.md`, text);
  }
  return findings.every(({ good }) => good) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
