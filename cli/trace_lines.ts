/**
 * The events of a trace as lines: in the columns of tcpstates, in those of tcpdrop, or as JSON. Pure.
 *
 * @module
 */

import type { TraceEvent } from "../mod.ts";
import { formatEnd } from "./report.ts";

/** How a trace is printed. */
export type TraceFormat = "states" | "drops" | "json";

/** Widths by heading; an IPv6 address with its port may be longer, and then the line is. */
const WIDTHS: readonly number[] = [7, 21, 21];
const STATES_WIDTHS: readonly number[] = [...WIDTHS, 25];
const DROPS_WIDTHS: readonly number[] = [12, ...WIDTHS, 9, 10, 8];

/** The line above the columns; JSON has none. */
export const TRACE_HEADINGS: Readonly<Record<TraceFormat, string>> = {
  states: columns("ID", "PEER", "LOCAL", "OLDSTATE    -> NEWSTATE", "MS"),
  drops: columns("TIME", "ID", "PEER", "LOCAL", "STATE", "BYTES", "REQUESTS", "REASON"),
  json: "",
};

/**
 * One event as a line with its end; "" for one that the format leaves out. `worker`: the number of the worker
 * that it happened in, since connections have their numbers from their worker.
 */
export function formatEvent(event: TraceEvent, format: TraceFormat, worker?: number): string {
  if (format === "json") {
    return JSON.stringify(worker === undefined ? event : { worker, ...event }) + "\n";
  }
  if (event.type === "lost") return `(${event.events} events lost: the output was too slow)\n`;
  const id = worker === undefined ? event.id : `${worker}-${event.id}`;
  const ends = [formatEnd(event.peer), formatEnd(event.local)] as const;
  if (event.type === "state" && format === "states") {
    const { oldState, newState, ms, closeReason } = event;
    const old = (oldState ?? "accepted").toUpperCase().padEnd(11);
    const reason = closeReason === null ? "" : ` ${closeReason}`;
    return columns(id, ...ends, `${old} -> ${newState.toUpperCase()}`, ms.toFixed(3) + reason);
  }
  if (event.type === "drop" && format === "drops") {
    const { atMs, state, droppedBytes, droppedRequests } = event;
    const time = new Date(atMs).toISOString().slice(11, 23);
    const why = [event.reason, event.code, event.closeReason].filter((each) => each !== null);
    const what = [state.toUpperCase(), droppedBytes, droppedRequests, why.join(" ")] as const;
    return columns(time, id, ...ends, ...what);
  }
  return "";
}

function columns(...cells: readonly (string | number)[]): string {
  const widths = cells.length === 5 ? STATES_WIDTHS : DROPS_WIDTHS;
  return cells.map((cell, at) => `${cell}`.padEnd(widths[at] ?? 0)).join(" ").trimEnd() + "\n";
}
