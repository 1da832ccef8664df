/**
 * The case of the cold start: from starting the process to the first whole answer.
 *
 * @module
 */

import { EMPTY, type MeasureOptions } from "./bout.ts";
import { launch } from "./launch.ts";
import type { Outcome } from "./model.ts";
import type { Peer } from "./peers/catalog.ts";
import { readUsage } from "./proc.ts";
import { median } from "./stats.ts";

/** A cold start is not pinned: a runtime's own threads help it to start, on any machine. */
export async function runColdCase(
  peer: Peer,
  run: { starts: number; options: MeasureOptions; commands: string[] },
): Promise<Outcome> {
  const times: number[] = [];
  let peakBytes: number | null = null;
  for (let start = 0; start < run.starts; start++) {
    const server = await launch(peer, { site: run.options.site, cores: null });
    times.push(server.firstAnswerMs);
    peakBytes = (await readUsage(server.pids))?.peakBytes ?? null;
    await server.stop();
    if (start === 0) run.commands.push(server.command.join(" "));
  }
  const counts = { requests: run.starts, good: run.starts };
  return { kind: "measured", figures: { ...EMPTY, ...counts, peakBytes, coldMs: median(times) } };
}
