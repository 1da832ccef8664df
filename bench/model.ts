/**
 * The words of the bench: what one run gives and what a whole session of runs is stored as. Types and
 * the names of figures only; how they are measured, combined and shown is elsewhere.
 *
 * @module
 */

/** Time from sending a request to having its whole answer, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** How evenly the answers were spread over the connections. */
export interface Fairness {
  readonly connections: number;
  /** Requests answered on the connection that got the fewest, on the one that got the most, and on average. */
  readonly least: number;
  readonly most: number;
  readonly mean: number;
}

/** What became of a load that may be more than the server can carry. */
export interface Overload {
  /** Answers a second that it gave just before, when clients waited for their answers. */
  readonly capacity: number;
  /** Requests a second that were due. */
  readonly offered: number;
  /** Answers a second with status 200 within {@linkcode IN_TIME_MS} of when their requests were due. */
  readonly goodput: number;
  /** 99th percentile of the time from when a request was due to its 200; `null` if none. */
  readonly acceptedP99Ms: number | null;
  /** The same for health checks, which are sent beside the load at their own rate. */
  readonly highP99Ms: number | null;
  /** The part of the answers that were 503. */
  readonly shedShare: number;
}

/** An answer later than this comes too late: people notice a longer wait. */
export const IN_TIME_MS = 100;

/** What a load generator counted. */
export interface Tally {
  readonly requests: number;
  /** Answers with the expected status and size. */
  readonly good: number;
  /** Answers with any other status or size. */
  readonly bad: number;
  /** Requests without an answer: refused, reset, timed out. */
  readonly socketErrors: number;
  readonly seconds: number;
  readonly latencyMs: Latency | null;
  readonly fairness: Fairness | null;
}

/** Everything known of one run; `null` where the case or the system does not give a figure. */
export interface Figures extends Tally {
  readonly perSecond: number | null;
  /** Processor time of the server's process tree per request, user and system, in microseconds. */
  readonly cpuMicros: number | null;
  /** The most memory the server's processes ever held resident, in bytes. */
  readonly peakBytes: number | null;
  /** Growth of resident memory per idle connection, in bytes. */
  readonly bytesPerConnection: number | null;
  /** From starting the process to its first complete answer, in milliseconds. */
  readonly coldMs: number | null;
  readonly overload: Overload | null;
}

/** How a run ended. Only `measured` figures take part in ratios. */
export type Outcome =
  | { readonly kind: "measured"; readonly figures: Figures }
  | { readonly kind: "invalid"; readonly why: string; readonly figures: Figures | null }
  | { readonly kind: "failed"; readonly why: string };

/** One peer on one case in one round. */
export interface Run {
  readonly case: string;
  readonly peer: string;
  /** Counted from 1. Runs of one round are compared with each other. */
  readonly round: number;
  readonly outcome: Outcome;
  /** The command lines of server and load generator, for repeating the run by hand. */
  readonly commands: readonly string[];
}

/** A figure that can be compared between runs. */
export type FigureName =
  | "cpuMicros"
  | "perSecond"
  | "p50Ms"
  | "p99Ms"
  | "leastShare"
  | "peakBytes"
  | "bytesPerConnection"
  | "coldMs"
  | "goodput"
  | "acceptedP99Ms"
  | "highP99Ms"
  | "shedShare";

/** A case as stored: what the reports need to name it and to order it. */
export interface CaseInfo {
  readonly id: string;
  readonly title: string;
  /** The figure by which its peers are compared in tables. */
  readonly figure: FigureName;
  /** Connections held open at once, where the case has a number of them. */
  readonly connections: number | null;
  /** Cases of one series differ in the number of connections only, and are drawn as one line. */
  readonly series: string | null;
}

/** A peer as stored; `absent` says why it took no part. */
export interface PeerInfo {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly absent: string | null;
}

/** What a session ran on. */
export interface Machine {
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number | null;
  /** Processors of the server and of the load generator, or `null` when they could not be kept apart. */
  readonly pinning: { readonly server: string; readonly load: string } | null;
}

/** A whole session, as written to `results/latest.json`. */
export interface Results {
  /** Of this format. */
  readonly version: 1;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly commandLine: string;
  readonly machine: Machine;
  /** Versions of the load generators by program. */
  readonly tools: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly peers: readonly PeerInfo[];
  readonly cases: readonly CaseInfo[];
  readonly runs: readonly Run[];
  /** What a reader of the figures has to know: scaled down cases, runs left out. */
  readonly notes: readonly string[];
}

/** The named figure of a run, or `null` when the run does not give it. */
export function figureOf(figures: Figures, name: FigureName): number | null {
  switch (name) {
    case "p50Ms":
      return figures.latencyMs?.p50 ?? null;
    case "p99Ms":
      return figures.latencyMs?.p99 ?? null;
    case "leastShare":
      return leastShare(figures.fairness);
    case "goodput":
    case "acceptedP99Ms":
    case "highP99Ms":
    case "shedShare":
      return figures.overload?.[name] ?? null;
    default:
      return figures[name];
  }
}

/** Answers on the least served connection as a share of the mean: 1 is even, 0 is starved. */
function leastShare(fairness: Fairness | null): number | null {
  return fairness === null || fairness.mean === 0 ? null : fairness.least / fairness.mean;
}
