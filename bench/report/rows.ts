/**
 * A session as rows of text: what the terminal, the Markdown and the page show alike.
 *
 * @module
 */

import type { CaseInfo, FigureName, Figures, PeerInfo, Results } from "../model.ts";
import { FLOOR, REFERENCE } from "../peers/catalog.ts";
import { type Cell, cellOf, figureSpread, ratioSpread } from "../stats.ts";
import { count, figure, NONE, percent, ratio, short, UNITS } from "./format.ts";

/** Text in rows and columns; the first column names the row. */
export interface Grid {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Line {
  readonly peer: PeerInfo;
  readonly cell: Cell;
}

interface Column {
  readonly title: string;
  readonly text: (figures: Figures) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "requests", text: ({ requests }) => count(requests) },
  { title: "good", text: ({ good }) => count(good) },
  { title: "bad", text: ({ bad }) => count(bad) },
  { title: "errors", text: ({ socketErrors }) => count(socketErrors) },
  { title: "seconds", text: ({ seconds }) => seconds === 0 ? NONE : seconds.toFixed(1) },
  { title: "per second", text: ({ perSecond }) => orNone(perSecond, count) },
  { title: "p50 ms", text: ({ latencyMs }) => orNone(latencyMs?.p50, short) },
  { title: "p90", text: ({ latencyMs }) => orNone(latencyMs?.p90, short) },
  { title: "p99", text: ({ latencyMs }) => orNone(latencyMs?.p99, short) },
  { title: "p99.9", text: ({ latencyMs }) => orNone(latencyMs?.p999, short) },
  { title: "max", text: ({ latencyMs }) => orNone(latencyMs?.max, short) },
  { title: "cpu µs", text: ({ cpuMicros }) => orNone(cpuMicros, short) },
  {
    title: "KiB/conn",
    text: ({ bytesPerConnection }) => orNone(bytesPerConnection, (bytes) => short(bytes / 1024)),
  },
  { title: "offered", text: ({ overload }) => orNone(overload?.offered, count) },
  { title: "in time /s", text: ({ overload }) => orNone(overload?.goodput, count) },
  { title: "p99 of 200s", text: ({ overload }) => orNone(overload?.acceptedP99Ms, short) },
  { title: "p99 /healthz", text: ({ overload }) => orNone(overload?.highP99Ms, short) },
  { title: "shed %", text: ({ overload }) => orNone(overload?.shedShare, percent) },
  { title: "start ms", text: ({ coldMs }) => orNone(coldMs, short) },
  {
    title: "peak MiB",
    text: ({ peakBytes }) => orNone(peakBytes, (bytes) => short(bytes / 1024 / 1024)),
  },
  {
    title: "least–most",
    text: ({ fairness }) => orNone(fairness, ({ least, most }) => `${least}–${most}`),
  },
];

/** The table of one case: one row per peer, without the columns that hold no figure. */
export function caseGrid(results: Results, at: CaseInfo): Grid {
  const lines = results.peers.flatMap((peer): Line[] => {
    const cell = cellOf(results.runs, { case: at.id, peer: peer.id });
    return cell === null ? [] : [{ peer, cell }];
  });
  const columns = [...COLUMNS.map(plainColumn), ...ratioColumns(results, at), NOTE];
  const used = columns.filter((column) =>
    lines.some((line) => ![NONE, ""].includes(column.text(line)))
  );
  return {
    columns: ["peer", ...used.map(({ title }) => title)],
    rows: lines.map((line) => [line.peer.title, ...used.map(({ text }) => text(line))]),
  };
}

/** One row per case, one column per peer: the case's figure, and its ratio to Deno.serve. */
export function overviewGrid(results: Results): Grid {
  const peers = results.peers.filter((peer) => results.runs.some((run) => run.peer === peer.id));
  return {
    columns: ["case", "figure", ...peers.map(({ title }) => title)],
    rows: results.cases.map((at) => [
      at.title,
      UNITS[at.figure].name,
      ...peers.map((peer) => overviewText(results, { at, peer })),
    ]),
  };
}

function overviewText(results: Results, where: { at: CaseInfo; peer: PeerInfo }): string {
  const { at, peer } = where;
  const cell = cellOf(results.runs, { case: at.id, peer: peer.id });
  if (cell === null) return NONE;
  if (cell.state !== "measured") return cell.state;
  const subject = { case: at.id, peer: peer.id, figure: at.figure };
  const value = figure(at.figure, figureSpread(results.runs, subject)?.median ?? null);
  const to = ratioSpread(results.runs, subject, { ...subject, peer: REFERENCE });
  return to === null || peer.id === REFERENCE ? value : `${value}, ${to.median.toFixed(2)} ×`;
}

/** Ratios come after the figures, and the note on what went wrong last. */
function ratioColumns(results: Results, at: CaseInfo): LineColumn[] {
  const title = (to: string) => `${RATIO_OF[at.figure]} × ${to}`;
  const text = (to: string) => ({ peer }: Line) => {
    const subject = { case: at.id, peer: peer.id, figure: at.figure };
    if (peer.id === to) return NONE;
    return ratio(ratioSpread(results.runs, subject, { ...subject, peer: to }));
  };
  return [
    { title: title("Deno.serve"), text: text(REFERENCE) },
    { title: title("floor"), text: text(FLOOR) },
  ];
}

interface LineColumn {
  readonly title: string;
  readonly text: (line: Line) => string;
}

const RATIO_OF: Readonly<Record<FigureName, string>> = {
  cpuMicros: "cpu",
  perSecond: "rate",
  p50Ms: "p50",
  p99Ms: "p99",
  leastShare: "share",
  peakBytes: "memory",
  bytesPerConnection: "memory",
  coldMs: "time",
  goodput: "goodput",
  acceptedP99Ms: "p99",
  highP99Ms: "p99",
  shedShare: "share",
};

const NOTE: LineColumn = {
  title: "note",
  text: ({ cell }) => cell.state === "measured" ? "" : `${cell.state}: ${cell.why}`,
};

function plainColumn({ title, text }: Column): LineColumn {
  return { title, text: ({ cell }) => cell.figures === null ? NONE : text(cell.figures) };
}

function orNone<Value>(
  value: Value | null | undefined,
  text: (value: Value) => string,
): string {
  return value === null || value === undefined ? NONE : text(value);
}
