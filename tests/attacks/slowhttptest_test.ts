/**
 * slowhttptest, the attack tool, with a thousand connections in each of its modes, beside honest
 * clients: they are answered throughout and about as fast as before, memory stays bounded, and the
 * attackers are disconnected when their time is over.
 *
 * @module
 */

import { assert } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { pause, settles } from "../support/time.ts";
import { MeasuredServer, mib } from "../lifecycle/child.ts";
import { formatServed, type Served, serveHonest } from "./honest.ts";

const CONNECTIONS = 1_000;
const ATTACK_SECONDS = 16;
const BEFORE_MS = 3_000;
const MIB = 1024 * 1024;
/** The most connections that are not the tool's: honest clients', some of them being closed, and its own looks. */
const OTHERS = 40;

/**
 * The 99th percentile beside an attack: no more than ten times that without, or this. The tool takes a
 * core for itself, and others may use the machine; a server that an attack holds up takes many seconds.
 */
const P99_TIMES = 10;
const P99_MS = 400;

const OPTIONS = {
  timeouts: { head: 4_000, body: 3_000, write: 6_000, idle: 10_000, linger: 500 },
  // The kernel takes some 900 KB of an answer before the client's slowness shows.
  limits: { bodyRate: 1_024, writeRate: MIB },
};

interface Mode {
  readonly name: string;
  readonly path: string;
  readonly flags: readonly string[];
  /** How many of its connections the server must have held at once for the attack to count. */
  readonly least: number;
  /** The most resident memory that all its connections together may cost, in bytes. */
  readonly mostBytes: number;
  /** In the place of {@linkcode P99_MS}. */
  readonly p99Ms?: number;
}

const MODES: readonly Mode[] = [
  {
    name: "slow headers",
    path: "/",
    flags: ["-H", "-x", "24", "-i", "1", "-r", "500"],
    least: 900,
    mostBytes: 96 * MIB,
  },
  {
    name: "slow bodies",
    path: "/",
    flags: ["-B", "-s", "8192", "-x", "10", "-i", "1", "-r", "500"],
    least: 900,
    // Each of them runs a handler, and keeps the part of its body that has arrived.
    mostBytes: 160 * MIB,
  },
  {
    name: "slow reading",
    path: "/stream",
    flags: ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-r", "250"],
    least: 900,
    // A stream holds two pieces of 16 KiB and what is between them and the kernel.
    mostBytes: 320 * MIB,
    // Filling the kernel's buffers, a gigabyte in four seconds, is work that takes its time from others.
    p99Ms: 2_000,
  },
  // Weir's answers know no ranges: each is an ordinary answer, and soon over.
  {
    name: "ranges",
    path: "/",
    flags: ["-R", "-a", "1", "-b", "3000", "-r", "500"],
    least: 1,
    mostBytes: 96 * MIB,
  },
];

/** What the server told while the attack went on. */
interface Watched {
  /** The most at once. */
  readonly connections: number;
  readonly rss: number;
  /** Connections at the last look. */
  readonly left: number;
}

async function watch(server: MeasuredServer, stop: Promise<unknown>): Promise<Watched> {
  let [connections, rss, left] = [0, 0, 0];
  while (!await settles(stop, 200)) {
    const look = await server.look();
    left = look.connections;
    connections = Math.max(connections, left);
    rss = Math.max(rss, look.rss);
  }
  return { connections, rss, left };
}

/**
 * Either the tool has seen all its connections end, or the server has none of them left while the tool
 * still holds on: a client that does not read what the kernel holds for it does not notice the end.
 */
function assertLetGo(report: string, { left }: Watched): void {
  if (report.includes("No open connections left")) return;
  assert(left <= OTHERS, `${left} connections left\n${report.slice(-300)}`);
}

async function attack(server: MeasuredServer, { path, flags }: Mode): Promise<string> {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const extent = ["-c", `${CONNECTIONS}`, "-l", `${ATTACK_SECONDS}`, "-p", "5"];
  const args = [...flags, ...extent, "-u", url];
  const { code, stdout, stderr } = await run("slowhttptest", args, { ms: 40_000 });
  assert(code === 0, stdout + stderr);
  // deno-lint-ignore no-control-regex -- the tool colours its report, whoever reads it
  return stdout.replaceAll(/\x1b\[[\d;]*[A-Za-z]/g, "");
}

function assertAsFast(before: Served, during: Served, p99Ms: number): void {
  const most = Math.max(p99Ms, before.p99 * P99_TIMES);
  assert(during.p99 <= most, `p99 was ${before.p99} ms before, and ${during.p99} ms`);
  assert(during.answers > 100, `${during.answers} answers`);
}

for (const mode of MODES) {
  withProgram(
    "slowhttptest",
    `slowhttptest: ${mode.name}, ${CONNECTIONS} connections`,
    async () => {
      await using server = await MeasuredServer.spawn(OPTIONS);
      const before = await serveHonest(server.port, pause(BEFORE_MS));
      const { rss } = await server.stats();
      const attacking = attack(server, mode);
      const [report, during, peak] = await Promise.all([
        attacking,
        serveHonest(server.port, attacking),
        watch(server, attacking),
      ]);
      await server.empty();
      console.log(`  before: ${formatServed(before)}\n  during: ${formatServed(during)}`);
      console.log(`  ${peak.connections} connections, ${mib(peak.rss - rss)} more at the peak`);
      assertAsFast(before, during, mode.p99Ms ?? P99_MS);
      assert(peak.connections >= mode.least, `Only ${peak.connections} connections at once`);
      assert(peak.rss - rss < mode.mostBytes, `${mib(peak.rss - rss)} more at the peak`);
      // The tool checks this too, on a connection of its own.
      assert(!/service available: +NO/.test(report), report);
      assertLetGo(report, peak);
    },
  );
}
