/**
 * The outcome of a soak as a page of Markdown, which is also what the program prints.
 *
 * @module
 */

import type { Tally } from "./load.ts";
import { type Finding, mib, type Sample } from "./samples.ts";

/** What is reported. */
export interface Outcome {
  readonly minutes: number;
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
  readonly tally: Pick<Tally, "answers" | "connections">;
}

/** The page. */
export function describe({ minutes, samples, findings, tally }: Outcome): string {
  const { answers, connections } = tally;
  const most = (value: (sample: Sample) => number) => Math.max(0, ...samples.map(value));
  const lags = samples.map(({ lagMs }) => lagMs).sort((a, b) => a - b);
  const lag = lags[Math.floor(lags.length / 2)] ?? 0;
  return [
    "# Soak",
    "",
    `\`deno task soak --minutes ${minutes}\`: honest clients, connections that come and go, faults`,
    "and slow clients at once, against one server process. The drawing: [soak.svg](soak.svg).",
    "",
    `- ${answers.toLocaleString("en-US")} right answers on ` +
    `${connections.toLocaleString("en-US")} connections, at most ${
      most((at) => at.connections)
    } at once`,
    `- resident memory at most ${mib(most(({ rss }) => rss))}, heap ` +
    `${mib(most(({ heapUsed }) => heapUsed))}`,
    `- lag of the event loop: median of the worst of each second ${lag.toFixed(1)} ms, at most ` +
    `${most(({ lagMs }) => lagMs).toFixed(1)} ms`,
    "",
    "The end beside the start, both at rest and after a collection:",
    "",
    ...findings.map(({ text, good }) => `- ${good ? "good" : "NOT GOOD"}: ${text}`),
    "",
  ].join("\n");
}
