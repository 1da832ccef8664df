/**
 * What the program says when it starts: what it serves, and what is on. Pure.
 *
 * @module
 */

import type { Settings } from "./settings/settings.ts";

/** One line on what is served, and how. */
export function formatSummary(name: string, settings: Settings): string {
  const { health, metrics, log, options: { queue, automaticCompression } } = settings;
  const on = [
    "time-outs and limits",
    queue === undefined ? "" : `queue (${queue.maxActive})`,
    automaticCompression ? "compression" : "",
    health ? "/healthz and /readyz" : "",
    metrics ? "/metrics" : "",
    log === null ? "" : `${log.format} log${log.file === null ? "" : ` in ${log.file}`}`,
  ];
  return `Weir serves ${name} with ${on.filter((each) => each !== "").join(", ")}`;
}
