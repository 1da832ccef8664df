/**
 * The table of the overload cases: a row for each load, a column for each peer, so that the same server
 * with and without its queue stands side by side.
 *
 * @module
 */

import { IN_TIME_MS, type Overload, type PeerInfo, type Results } from "../model.ts";
import { cellOf } from "../stats.ts";
import { count, NONE, percent, short } from "./format.ts";
import type { Grid } from "./rows.ts";

/** What a cell holds. */
export const OVERLOAD_LEGEND =
  `Answers a second that came within ${IN_TIME_MS} ms of when their requests were due; the 99th ` +
  "percentile of the accepted requests / of `/healthz` beside them; the share answered 503.";

/** Whether the session has any such case. */
export function hasOverload(results: Results): boolean {
  return results.cases.some(({ id }) => isOverload(id));
}

/** See the head of this file. */
export function overloadGrid(results: Results): Grid {
  const cases = results.cases.filter(({ id }) => isOverload(id));
  const ids = new Set(cases.map(({ id }) => id));
  const peers = results.peers.filter(({ id }) =>
    results.runs.some((run) => run.peer === id && ids.has(run.case))
  );
  return {
    columns: ["load", ...peers.map(({ title }) => title)],
    rows: cases.map((at) => [at.title, ...peers.map((peer) => cellText(results, at.id, peer))]),
  };
}

function isOverload(id: string): boolean {
  return id.startsWith("overload-");
}

function cellText(results: Results, id: string, peer: PeerInfo): string {
  const cell = cellOf(results.runs, { case: id, peer: peer.id });
  if (cell === null) return NONE;
  if (cell.state !== "measured" || cell.figures?.overload == null) return cell.state;
  return overloadText(cell.figures.overload);
}

function overloadText({ goodput, acceptedP99Ms, highP99Ms, shedShare }: Overload): string {
  const ms = (value: number | null) => value === null ? NONE : short(value);
  return `${count(goodput)}/s; ${ms(acceptedP99Ms)} / ${ms(highP99Ms)} ms; ${percent(shedShare)} %`;
}
