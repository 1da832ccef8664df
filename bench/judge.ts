/**
 * The outcome of a run: figures from what was counted, or why there are none.
 *
 * @module
 */

import type { LoadResult } from "./bout.ts";
import { MissingProgram } from "./children.ts";
import { DriverFailure } from "./drive.ts";
import { type Server, StartFailure } from "./launch.ts";
import type { Figures, Outcome } from "./model.ts";
import { BadReport } from "./oha.ts";

/** An outcome and how it came about. */
export interface Measured {
  readonly outcome: Outcome;
  readonly commands: readonly string[];
}

/** Failures of the run become its outcome; all others are bugs of the bench and are thrown. */
export function reasonOf(error: unknown): string {
  const known = [StartFailure, DriverFailure, BadReport, MissingProgram];
  if (known.some((kind) => error instanceof kind)) return (error as Error).message;
  throw error;
}

/** A load's result as an outcome: speed is worth nothing if the server died or was wrong. */
export function judge(server: Pick<Server, "fault">, result: LoadResult): Outcome {
  const { tally } = result;
  const fault = server.fault();
  if (fault !== null) return { kind: "failed", why: fault };
  if (tally.good === 0 && tally.bad === 0) return { kind: "failed", why: "no answer at all" };
  const figures = figuresOf(result);
  if (tally.bad > 0) return { kind: "invalid", why: `${tally.bad} wrong answers`, figures };
  if (tally.socketErrors > 0) {
    return { kind: "invalid", why: `${tally.socketErrors} socket errors`, figures };
  }
  return { kind: "measured", figures };
}

function figuresOf({ tally, cpuMs, peakBytes }: LoadResult): Figures {
  const answered = tally.good + tally.bad;
  return {
    ...tally,
    perSecond: answered / tally.seconds,
    cpuMicros: cpuMs === null ? null : cpuMs * 1000 / answered,
    peakBytes,
    bytesPerConnection: null,
    coldMs: null,
    overload: null,
  };
}
