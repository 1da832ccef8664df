/**
 * The trace of the program's server, on its output.
 *
 * @module
 */

import type { Server, TraceOptions } from "../mod.ts";
import type { Output } from "./output.ts";
import { formatEvent, TRACE_HEADINGS, type TraceFormat } from "./trace_lines.ts";

/** What each format needs to be told. */
const EVENTS: Readonly<Record<TraceFormat, TraceOptions>> = {
  states: { events: ["state"] },
  drops: { events: ["drop"] },
  json: {},
};

/** Where a trace is printed, and how. */
export interface TraceOutput {
  readonly format: TraceFormat;
  readonly output: Pick<Output, "add">;
  /** The worker that is traced; without it there is one server, and a heading. */
  readonly worker?: number;
}

/** Prints to the server's end, or until nobody reads any more. */
export async function printTrace(
  server: Server,
  { format, output, worker }: TraceOutput,
): Promise<void> {
  const events = server.trace(EVENTS[format]);
  if (worker === undefined) await output.add(TRACE_HEADINGS[format]);
  for await (const event of events) {
    if (!await output.add(formatEvent(event, format, worker))) return;
  }
}
