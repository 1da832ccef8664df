/**
 * What happens to workers, each as one line for people. Pure.
 *
 * @module
 */

import type { Incident } from "./supervisor.ts";

/** One line, without its end. */
export function formatIncident(incident: Incident): string {
  switch (incident.kind) {
    case "crashed":
      return `Nobody caught an error in worker ${incident.worker}, which finishes what it has: ` +
        firstLine(incident.error);
    case "lost":
      return `Worker ${incident.worker} has ended by itself`;
    case "replacing":
      return `Another worker starts in ${incident.inMs} ms`;
    case "not replaced":
      return `Another worker could not start: ${firstLine(incident.error)}`;
    case "silent":
      return `Worker ${incident.worker} has not come back to its event loop for ${incident.ms} ms; ` +
        "another one takes its place";
    case "back":
      return `Worker ${incident.worker} has come back to its event loop`;
    case "stuck":
      return `Worker ${incident.worker} was ended, but its thread is in a loop that never yields: ` +
        "only a restart of the program ends it";
  }
}

function firstLine({ message }: Error): string {
  return message.split("\n", 1)[0] ?? "";
}
