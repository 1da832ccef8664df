/**
 * wrk, for pipelining only: its command line and the report that `driver/pipeline.lua` makes it print.
 * Nothing here starts a process.
 *
 * @module
 */

import type { Tally } from "./model.ts";
import { BadReport } from "./oha.ts";

/** How much load. */
export interface WrkOptions {
  readonly port: number;
  readonly connections: number;
  readonly depth: number;
  /** wrk takes whole seconds; at least one. */
  readonly seconds: number;
}

const SCRIPT = new URL("./driver/pipeline.lua", import.meta.url).pathname;

/** The command line. */
export function wrkCommand(options: WrkOptions): readonly string[] {
  return [
    "wrk",
    "-t1",
    `-c${options.connections}`,
    `-d${Math.max(1, Math.round(options.seconds))}s`,
    "-s",
    SCRIPT,
    `http://127.0.0.1:${options.port}/`,
    "--",
    String(options.depth),
  ];
}

interface Report {
  readonly requests: number;
  readonly microseconds: number;
  readonly badStatus: number;
  readonly socketErrors: number;
}

/**
 * Reads the last line that wrk wrote. Its latencies are left alone: with several requests in flight on a
 * connection, wrk 4.1 gave a 99th percentile of 0.
 *
 * @throws {BadReport}
 */
export function parseWrk(text: string): Tally {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  let report: Report;
  try {
    report = JSON.parse(line);
  } catch {
    throw new BadReport(`wrk wrote no JSON: "${line.slice(0, 80)}"`);
  }
  return {
    requests: report.requests + report.socketErrors,
    good: report.requests - report.badStatus,
    bad: report.badStatus,
    socketErrors: report.socketErrors,
    seconds: report.microseconds / 1e6,
    latencyMs: null,
    fairness: null,
  };
}
