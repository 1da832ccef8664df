/**
 * What the status page shows at one moment, as its browser gets it: a sample with percentiles in the place
 * of its histogram, and with totals since the page was opened.
 *
 * @module
 */

import type { DropReason } from "../../reactor/observer.ts";
import type { ProtocolCode } from "../../reactor/errors.ts";
import type { CloseReason, Phase } from "../../reactor/states.ts";
import { Histogram } from "./histogram.ts";
import {
  addCounts,
  addDropped,
  addMaps,
  type Dropped,
  type Happened,
  type Sample,
} from "./sample.ts";
import type { Reading } from "./source.ts";

/** How long answers took, in milliseconds; `null` without any answer. */
export type Percentiles =
  | { readonly p50: number; readonly p90: number; readonly p99: number }
  | null;

/** One moment. */
export interface Snapshot extends Omit<Sample, "latency" | keyof Running> {
  /** The time of day, in milliseconds since 1970. */
  readonly atMs: number;
  /** Over how many milliseconds the counts were taken. */
  readonly overMs: number;
  /** Since when the totals count, as `atMs`. */
  readonly sinceMs: number;
  readonly phase: Phase;
  readonly workers: Reading["workers"];
  readonly latency: Percentiles;
  readonly closeReasons: readonly (readonly [CloseReason, number])[];
  readonly refusals: readonly (readonly [ProtocolCode, number])[];
  readonly drops: readonly (readonly [DropReason, Dropped])[];
}

/** What is counted for as long as a page is open. */
type Running = Pick<Happened, "closeReasons" | "refusals" | "drops">;

/** The times and the phase of a snapshot. */
export type Moment = Pick<Snapshot, "atMs" | "overMs" | "sinceMs" | "phase">;

/** Makes a snapshot of each reading, and keeps the totals. */
export class Snapshots {
  #running: Running = { closeReasons: new Map(), refusals: new Map(), drops: new Map() };

  /** The next snapshot; what the sample counts is in its totals. */
  next({ sample, workers }: Reading, moment: Moment): Snapshot {
    const before = this.#running;
    const running = {
      closeReasons: addMaps([before.closeReasons, sample.closeReasons], addCounts),
      refusals: addMaps([before.refusals, sample.refusals], addCounts),
      drops: addMaps([before.drops, sample.drops], addDropped),
    };
    this.#running = running;
    return {
      ...sample,
      ...moment,
      workers,
      latency: percentilesOf(sample),
      closeReasons: [...running.closeReasons],
      refusals: [...running.refusals],
      drops: [...running.drops],
    };
  }
}

function percentilesOf({ latency }: Sample): Percentiles {
  const histogram = new Histogram();
  histogram.addAll(latency);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => histogram.percentile(share));
  return p50 == null || p90 == null || p99 == null ? null : { p50, p90, p99 };
}
