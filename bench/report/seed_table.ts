/**
 * The table of the kernel server that Weir descends from: 100,000 requests, what became of them, how long
 * it took.
 *
 * @module
 */

import type { Tally } from "../model.ts";
import { aligned } from "./table.ts";

/** A column: a peer with its tally, or with why it has none. */
export interface SeedColumn {
  readonly title: string;
  readonly tally: Tally | null;
  readonly why: string;
}

/** The table, one column per peer. */
export function seedTable(columns: readonly SeedColumn[]): string {
  const row = (name: string, text: (tally: Tally) => string) => [
    `${name}:`,
    ...columns.map(({ tally }) => tally === null ? "failed" : text(tally)),
  ];
  const share = (part: number, { requests }: Tally) =>
    `${part} [${requests === 0 ? 0 : Math.round(100 * part / requests)}%]`;
  const table = aligned({
    columns: ["", ...columns.map(({ title }) => title)],
    rows: [
      row("requests", ({ requests }) => String(requests)),
      row("good requests", (tally) => share(tally.good, tally)),
      row("bad requests", (tally) => share(tally.bad, tally)),
      row("socket errors", (tally) => share(tally.socketErrors, tally)),
      row("seconds", ({ seconds }) => seconds.toFixed(3)),
      row("requests/sec", (tally) => ((tally.good + tally.bad) / tally.seconds).toFixed(3)),
    ],
  });
  const failures = columns.filter(({ tally }) => tally === null)
    .map(({ title, why }) => `${title}: ${why}`);
  return [table, ...failures].join("\n");
}
