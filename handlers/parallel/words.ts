/**
 * What the supervisor and its workers say to each other, as types: by topic, what is said and, for
 * questions, what is answered. All of it is plain data, so that it can be cloned.
 *
 * @module
 */

import type { Options, Shutdown } from "../../reactor/options/options.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { MetricValues } from "../metrics/aggregate.ts";
import type { Sample } from "../status/sample.ts";
import type { WireError } from "../workers/wire_error.ts";

/** Told to a worker. */
export interface ToldWorker {
  /**
   * Listen on this port, now that all others are ready too; 0 for any free one, `null` for the one that the
   * app itself names.
   */
  readonly listen: { readonly port: number | null };
  /** End; `leaving`: with all the others, and not because another one takes over. */
  readonly shutdown: { readonly times: Shutdown; readonly leaving: boolean };
  /** Cut everything. */
  readonly force: null;
  /** Begin or end to watch for the status page. */
  readonly watch: { readonly on: boolean };
  /** Close the connection with this id, or cut it. */
  readonly close: { readonly id: number; readonly cut: boolean };
}

/** Told by a worker. */
export interface ToldByWorker {
  /** Its app is loaded and ready. */
  readonly loaded: AppFacts;
  readonly listening: Listening;
  /** It could not start. */
  readonly failed: { readonly error: WireError };
  /** Its event loop turns. */
  readonly alive: null;
  /** Nobody caught this error. */
  readonly crashed: { readonly error: WireError };
  /** Its server has ended; the report is `null` if nobody told it to. */
  readonly ended: { readonly report: ShutdownReport | null; readonly metrics: MetricValues | null };
  /** Lines of its access log, and when each was made, in milliseconds since 1970. */
  readonly log: { readonly lines: readonly string[]; readonly atMs: readonly number[] };
  /** Lines of its trace. */
  readonly trace: { readonly text: string };
}

/** A worker that serves. */
export interface Listening {
  readonly addr: Deno.NetAddr;
  /** The time-outs and limits in force. */
  readonly options: Options;
}

/** What a worker knows of its app once that is loaded. */
export interface AppFacts {
  /** As the start line calls it. */
  readonly name: string;
}

/** Asked of a worker. */
export interface AskedWorker {
  readonly metrics: { readonly question: null; readonly answer: MetricValues | null };
  /** What happened since the last one, or since it was told to watch. */
  readonly sample: { readonly question: null; readonly answer: Sample };
}

/** Asked of the supervisor. */
export interface AskedSupervisor {
  /** The metrics of all workers together, in the text format. */
  readonly metrics: { readonly question: null; readonly answer: string };
}
