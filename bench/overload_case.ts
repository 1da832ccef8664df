/**
 * The case of overload: measures what the server can carry, then offers a multiple of it at a fixed
 * rate, whether or not the answers keep up, with health checks beside it. Latency counts from when
 * a request was due, so that a server that keeps its clients waiting cannot hide it (coordinated
 * omission).
 *
 * @module
 */

import { type Bout, EMPTY, pinnedLoad, runLoadProgram } from "./bout.ts";
import { IN_TIME_MS, type Outcome, type Overload } from "./model.ts";
import { type OhaSample, parseOhaCsv } from "./oha_csv.ts";

/** More than any of the servers can have waiting without being late. */
const CONNECTIONS = 256;

/** Health checks a second, and the connections that they come on. */
const CHECKS = { rate: 50, connections: 2 };

/** Shorter does not show a collapse. */
const LEAST_SECONDS = 4;

/** How long the capacity is measured; only the second half counts. */
const CAPACITY_SECONDS = 2;

/** How a load is sent: in a closed loop without a rate, else at that many requests a second. */
interface Sending {
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly rate?: number;
}

/** Measures the capacity, then loads. */
export async function runOverloadCase(
  bout: Bout,
  load: { readonly times: number; readonly workers: number },
): Promise<Outcome> {
  const { route, server, options } = bout;
  const { path } = route;
  const closed = { path, connections: load.workers, seconds: CAPACITY_SECONDS };
  const capacity = capacityOf(await send(bout, closed));
  if (capacity === 0) return { kind: "failed", why: "no answer at all" };
  const seconds = Math.max(options.seconds, LEAST_SECONDS);
  const rate = Math.round(capacity * load.times);
  const [samples, checks] = await Promise.all([
    send(bout, { path, connections: CONNECTIONS, seconds, rate }),
    send(bout, { path: "/healthz", ...CHECKS, seconds }),
  ]);
  const fault = server.fault();
  if (fault !== null) return { kind: "failed", why: fault };
  return judgeOverload({ samples, checks, capacity, rate, seconds });
}

/** What was sent and what came back. */
export interface OverloadRecord {
  readonly samples: readonly OhaSample[];
  readonly checks: readonly OhaSample[];
  readonly capacity: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** The figures of an overload. */
export function judgeOverload(record: OverloadRecord): Outcome {
  const { samples, checks, capacity, rate, seconds } = record;
  const accepted = samples.filter(({ status }) => status === 200).map(({ ms }) => ms);
  const shed = samples.filter(({ status }) => status === 503).length;
  const overload: Overload = {
    capacity,
    offered: rate,
    goodput: accepted.filter((ms) => ms <= IN_TIME_MS).length / seconds,
    acceptedP99Ms: percentile(accepted, 0.99),
    highP99Ms: percentile(checks.map(({ ms }) => ms), 0.99),
    shedShare: samples.length === 0 ? 0 : shed / samples.length,
  };
  const bad = samples.length - accepted.length - shed +
    checks.filter(({ status }) => status !== 200).length;
  const counts = { requests: samples.length, good: accepted.length + shed, bad, seconds };
  const figures = { ...EMPTY, ...counts, overload };
  return bad === 0
    ? { kind: "measured", figures }
    : { kind: "invalid", why: `${bad} wrong answers`, figures };
}

async function send(bout: Bout, sending: Sending): Promise<readonly OhaSample[]> {
  const { path, connections, seconds, rate } = sending;
  const command = pinnedLoad([
    "oha",
    "--no-tui",
    "--output-format",
    "csv",
    "-z",
    `${Math.round(seconds * 1000)}ms`,
    "-c",
    String(connections),
    ...rate === undefined ? [] : ["-q", String(rate), "--latency-correction"],
    `http://127.0.0.1:${bout.server.port}${path}`,
  ], bout.options);
  bout.commands.push(command.join(" "));
  return parseOhaCsv(await runLoadProgram(command, seconds));
}

/** Answers with status 200 a second, when the server has warmed up and found its limit. */
function capacityOf(samples: readonly OhaSample[]): number {
  const half = CAPACITY_SECONDS / 2;
  const counted = samples.filter(({ status, atMs }) => status === 200 && atMs >= half * 1000);
  return counted.length / half;
}

function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? null;
}
