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

/** Prints to the server's end, or until nobody reads any more. */
export async function printTrace(
  server: Server,
  { format, output }: { readonly format: TraceFormat; readonly output: Output },
): Promise<void> {
  const events = server.trace(EVENTS[format]);
  await output.add(TRACE_HEADINGS[format]);
  for await (const event of events) {
    if (!await output.add(formatEvent(event, format))) return;
  }
}
