/**
 * oha: its command line and its JSON report. Nothing here starts a process.
 *
 * @module
 */

import type { Latency, Tally } from "./model.ts";
import type { Route } from "./routes.ts";

/** How much load, and on what. */
export interface OhaOptions {
  readonly port: number;
  readonly connections: number;
  /** Either a time or a number of requests. */
  readonly amount: { readonly seconds: number } | { readonly requests: number };
  readonly newConnections?: boolean;
  readonly extra?: Route["fields"];
  /** The file with the request's body, if the route has one. */
  readonly bodyFile: string;
}

/** A request that takes longer counts as a socket error. */
const REQUEST_LIMIT_SECONDS = 20;

/** The line that tells how to get oha. */
export const OHA_MISSING =
  "oha is not installed: run `cargo install oha --locked`, or install your system's package";

/** The command line. Answers still under way when the time is over are waited for, so that none is lost. */
export function ohaCommand(route: Route, options: OhaOptions): readonly string[] {
  const { amount } = options;
  return [
    "oha",
    "--no-tui",
    "--output-format",
    "json",
    ..."seconds" in amount
      ? ["-z", `${Math.round(amount.seconds * 1000)}ms`, "-w"]
      : ["-n", String(amount.requests)],
    "-c",
    String(options.connections),
    "-t",
    `${REQUEST_LIMIT_SECONDS}s`,
    ...options.newConnections ? ["--disable-keepalive"] : [],
    "-m",
    route.method,
    ...[...route.fields, ...options.extra ?? []].flatMap(([name, value]) => [
      "-H",
      `${name}: ${value}`,
    ]),
    ...route.body === null ? [] : ["-D", options.bodyFile],
    `http://127.0.0.1:${options.port}${route.path}`,
  ];
}

/** The part of oha's report that is used; times in seconds, `null` where there was no answer. */
interface Report {
  readonly summary: {
    readonly total: number;
    readonly slowest: number | null;
    readonly totalData: number;
  };
  readonly latencyPercentiles: Readonly<Record<string, number | null>>;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
  readonly errorDistribution: Readonly<Record<string, number>>;
}

/** Not a request that failed, but one that the end of the run cut short. */
const CUT_BY_DEADLINE = "aborted due to deadline";

/** A report that oha did not write, or that has changed its form. */
export class BadReport extends Error {
  override readonly name = "BadReport";
}

/**
 * Reads the report. Good is a 200 with a body of the right size; as oha reports sizes only as one sum, a sum that is
 * off makes all of them bad.
 *
 * @throws {BadReport}
 */
export function parseOha(text: string, options: { readonly bodyBytes: number }): Tally {
  const report = parseReport(text);
  const statuses = Object.entries(report.statusCodeDistribution);
  const answered = statuses.reduce((sum, [, count]) => sum + count, 0);
  const status200 = report.statusCodeDistribution["200"] ?? 0;
  const rightSize = report.summary.totalData === answered * options.bodyBytes;
  const good = rightSize || status200 < answered ? status200 : 0;
  const socketErrors = Object.entries(report.errorDistribution)
    .reduce((sum, [name, count]) => name === CUT_BY_DEADLINE ? sum : sum + count, 0);
  return {
    requests: answered + socketErrors,
    good,
    bad: answered - good,
    socketErrors,
    seconds: report.summary.total,
    latencyMs: answered === 0 ? null : latencyOf(report),
    fairness: null,
  };
}

function parseReport(text: string): Report {
  let report: Partial<Report>;
  try {
    report = JSON.parse(text);
  } catch {
    throw new BadReport(`oha wrote no JSON: "${text.slice(0, 80)}"`);
  }
  const { summary, latencyPercentiles, statusCodeDistribution, errorDistribution } = report;
  if (!summary || !latencyPercentiles || !statusCodeDistribution || !errorDistribution) {
    throw new BadReport("oha's report lacks a part");
  }
  return { summary, latencyPercentiles, statusCodeDistribution, errorDistribution };
}

function latencyOf(report: Report): Latency {
  const ms = (name: string) => (report.latencyPercentiles[name] ?? NaN) * 1000;
  return {
    p50: ms("p50"),
    p90: ms("p90"),
    p99: ms("p99"),
    p999: ms("p99.9"),
    max: (report.summary.slowest ?? NaN) * 1000,
  };
}
