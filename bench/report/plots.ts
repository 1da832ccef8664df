/**
 * The plots of the page, as SVG. Drawn by Observable Plot on a document of linkedom: that takes no browser,
 * and what it draws takes its colours from the page (`currentColor` and custom properties), so that one
 * drawing serves light and dark.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Results } from "../model.ts";
import { REFERENCE } from "../peers/catalog.ts";
import { cellOf, figureSpread, ratioSpread } from "../stats.ts";

/** A drawing with what it shows. */
export interface Drawing {
  readonly id: string;
  readonly title: string;
  /** What to look at, in a sentence. */
  readonly caption: string;
  readonly svg: string;
}

interface Row {
  readonly peer: string;
  readonly [field: string]: string | number;
}

type Draw = (results: Results) => Omit<Drawing, "id"> | null;

const WIDTH = 960;
const PERCENTILES = ["p50", "p90", "p99", "p99.9", "max"] as const;

/** All plots for which the session has figures. */
export function drawAll(results: Results): Drawing[] {
  const draws: Record<string, Draw> = {
    ratios: drawRatios,
    latency: drawLatency,
    throughput: drawThroughput,
    cost: drawCost,
    idle: drawIdle,
    fairness: drawFairness,
  };
  return Object.entries(draws).flatMap(([id, draw]) => {
    const drawing = draw(results);
    return drawing === null ? [] : [{ id, ...drawing }];
  });
}

/** The custom property that holds a peer's colour. */
export function colourOf(peerId: string): string {
  return `var(--peer-${peerId})`;
}

function drawRatios(results: Results): ReturnType<Draw> {
  const rows = results.cases.flatMap((at): Row[] => {
    if (at.figure !== "cpuMicros") return [];
    return shown(results).filter(({ id }) => id !== REFERENCE).flatMap(({ id, title }) => {
      const subject = { case: at.id, peer: id, figure: at.figure };
      const spread = ratioSpread(results.runs, subject, { ...subject, peer: REFERENCE });
      return spread === null ? [] : [{ peer: title, case: plain(at.title), ...spread }];
    });
  });
  if (rows.length === 0) return null;
  return {
    title: "Processor time per request, relative to Deno.serve",
    caption:
      "Left of the line is cheaper than Deno.serve. Dots are medians of ratios within a round, bars their range.",
    svg: draw(results, {
      ...lanes(rows),
      x: {
        type: "log",
        label: "× Deno.serve →",
        grid: true,
        ticks: ratioTicks(rows),
        inset: 8,
        tickFormat: "~g",
      },
      marks: [...laneMarks(rows), Plot.ruleX([1], { stroke: "currentColor", strokeWidth: 1.5 })],
    }),
  };
}

/** Round ratios among those shown: a plot draws the ticks it is given even outside its frame. */
function ratioTicks(rows: readonly Row[]): number[] {
  const shown = rows.flatMap(({ min, max }) => [Number(min), Number(max)]);
  const [least, most] = [Math.min(...shown, 1), Math.max(...shown, 1)];
  return [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10, 20, 50]
    .filter((tick) => tick >= least && tick <= most);
}

function drawLatency(results: Results): ReturnType<Draw> {
  const cases = results.cases.filter(({ series }) => series !== null)
    .filter(({ connections }) => [64, 1024, 4096].includes(connections ?? 0));
  const rows = cases.flatMap((at) =>
    firstOnTop(results).flatMap(({ id, title }): Row[] => {
      const latency = cellOf(results.runs, { case: at.id, peer: id })?.figures?.latencyMs;
      if (!latency) return [];
      const values = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max];
      return PERCENTILES.map((percentile, index) => ({
        peer: title,
        load: `${at.connections?.toLocaleString("en-US")} connections`,
        percentile,
        ms: values[index] ?? 0,
      }));
    })
  );
  if (rows.length === 0) return null;
  return {
    title: "Latency of `/` by percentile",
    caption: "Lower and flatter is better. A line that shoots up is a server that lets some wait.",
    svg: draw(results, {
      height: 360,
      x: { label: null, domain: [...PERCENTILES] },
      y: { type: "log", label: "↑ milliseconds", grid: true, tickFormat: "~g" },
      fx: { label: null, domain: distinct(rows, "load") },
      marks: [
        Plot.frame({ strokeOpacity: 0.2 }),
        Plot.lineY(rows, {
          x: "percentile",
          y: "ms",
          fx: "load",
          stroke: "peer",
          z: "peer",
          strokeWidth: 2,
        }),
        Plot.dot(rows, { x: "percentile", y: "ms", fx: "load", fill: "peer", title: tip("ms") }),
      ],
    }),
  };
}

function drawThroughput(results: Results): ReturnType<Draw> {
  const rows = results.cases.filter(({ series }) => series !== null).flatMap((at) =>
    firstOnTop(results).flatMap(({ id, title }): Row[] => {
      const subject = { case: at.id, peer: id, figure: "perSecond" } as const;
      const spread = figureSpread(results.runs, subject);
      if (spread === null) return [];
      return [{ peer: title, connections: at.connections ?? 0, perSecond: spread.median }];
    })
  );
  rows.sort((a, b) => Number(a.connections) - Number(b.connections));
  if (rows.length === 0) return null;
  const ticks = [...new Set(rows.map((row) => Number(row.connections)))];
  return {
    title: "Throughput of `/` against connections",
    caption:
      "Higher is better. With one processor for the load, oha itself is often the limit: compare costs, too.",
    svg: draw(results, {
      height: 340,
      x: { type: "log", base: 2, label: "connections →", ticks, tickFormat: ",d" },
      y: { label: "↑ answers per second", grid: true, zero: true, tickFormat: "~s" },
      marks: [
        Plot.ruleY([0]),
        Plot.lineY(rows, {
          x: "connections",
          y: "perSecond",
          stroke: "peer",
          z: "peer",
          strokeWidth: 2,
        }),
        Plot.dot(rows, {
          x: "connections",
          y: "perSecond",
          fill: "peer",
          title: tip("perSecond"),
        }),
      ],
    }),
  };
}

function drawCost(results: Results): ReturnType<Draw> {
  const rows = results.cases.flatMap((at) =>
    shown(results).flatMap(({ id, title }): Row[] => {
      const spread = figureSpread(results.runs, { case: at.id, peer: id, figure: "cpuMicros" });
      return spread === null ? [] : [{ peer: title, case: plain(at.title), ...spread }];
    })
  );
  if (rows.length === 0) return null;
  return {
    title: "Cost of a request",
    caption: "Processor time of the server, user and system. Further left is cheaper; log scale.",
    svg: draw(results, {
      ...lanes(rows),
      x: {
        type: "log",
        label: "µs per request →",
        grid: true,
        inset: 8,
        tickFormat: ",~g",
        ticks: 6,
      },
      marks: laneMarks(rows),
    }),
  };
}

function drawIdle(results: Results): ReturnType<Draw> {
  const rows = shown(results).flatMap(({ id, title }): Row[] => {
    const subject = { case: "idle", peer: id, figure: "bytesPerConnection" } as const;
    const spread = figureSpread(results.runs, subject);
    return spread === null ? [] : [{ peer: title, kib: spread.median / 1024 }];
  });
  if (rows.length === 0) return null;
  return {
    title: "Memory of an idle connection",
    caption: "Growth of resident memory per connection that waits for its next request.",
    svg: draw(results, {
      height: 60 + 32 * rows.length,
      marginLeft: 170,
      x: { label: "KiB per connection →", grid: true, zero: true },
      y: { label: null, domain: distinct(rows, "peer") },
      marks: [
        Plot.barX(rows, {
          x: "kib",
          y: "peer",
          fill: "peer",
          insetTop: 3,
          insetBottom: 3,
          title: tip("kib"),
        }),
        Plot.ruleX([0]),
      ],
    }),
  };
}

function drawFairness(results: Results): ReturnType<Draw> {
  const cases = results.cases.filter(({ id }) => id.startsWith("fair-"));
  const rows = cases.flatMap((at) =>
    shown(results).flatMap(({ id, title }): Row[] => {
      const subject = { case: at.id, peer: id, figure: "leastShare" } as const;
      const spread = figureSpread(results.runs, subject);
      if (spread === null) return [];
      const load = `${at.connections?.toLocaleString("en-US")} connections`;
      return [{ peer: title, load, share: spread.median }];
    })
  );
  if (rows.length === 0) return null;
  return {
    title: "The least served connection",
    caption: "Answers it got, as a share of the mean: 1 is fair, 0 is starved.",
    svg: draw(results, {
      height: 60 + 32 * distinct(rows, "peer").length,
      marginLeft: 170,
      x: { label: "share of the mean →", grid: true, domain: [0, 1] },
      y: { label: null, domain: distinct(rows, "peer") },
      fx: { label: null, domain: distinct(rows, "load") },
      marks: [
        Plot.barX(rows, {
          x: "share",
          y: "peer",
          fx: "load",
          fill: "peer",
          insetTop: 3,
          insetBottom: 3,
          title: tip("share"),
        }),
        Plot.ruleX([0]),
      ],
    }),
  };
}

/** One band per case with one lane per peer, so that equal peers do not hide each other. */
function lanes(rows: readonly Row[]): Plot.PlotOptions {
  const cases = distinct(rows, "case");
  const peers = distinct(rows, "peer");
  return {
    height: 60 + cases.length * (14 + 8 * peers.length),
    marginLeft: 270,
    fy: { label: null, domain: cases, axis: "left", padding: 0.1 },
    y: { axis: null, domain: peers },
  };
}

function laneMarks(rows: readonly Row[]): Plot.Markish[] {
  const place = { fy: "case", y: "peer" };
  return [
    Plot.frame({ strokeOpacity: 0.12 }),
    Plot.ruleY(rows, { ...place, x1: "min", x2: "max", stroke: "peer", strokeWidth: 2 }),
    Plot.dot(rows, { ...place, x: "median", fill: "peer", r: 4, title: tip("median") }),
  ];
}

function distinct(rows: readonly Row[], field: string): (string | number | undefined)[] {
  return [...new Set(rows.map((row) => row[field]))];
}

/** The text beside the pointer. */
function tip(field: string): (row: Row) => string {
  return (row) => {
    const value = Number(row[field]);
    return `${row.peer}: ${value.toLocaleString("en-US", { maximumSignificantDigits: 3 })}`;
  };
}

function draw(results: Results, options: Plot.PlotOptions): string {
  const { document } = blankWindow();
  const peers = shown(results);
  const svg = Plot.plot({
    document,
    width: WIDTH,
    marginLeft: 60,
    marginBottom: 40,
    style: { fontSize: "12px", background: "transparent", overflow: "visible" },
    ...options,
    color: { domain: peers.map(({ title }) => title), range: peers.map(({ id }) => colourOf(id)) },
  });
  return svg.outerHTML;
}

/** The peers that have runs. */
function shown(results: Results): Results["peers"] {
  return results.peers.filter(({ id }) => results.runs.some(({ peer }) => peer === id));
}

/** In drawing order: the first peer comes last, so that its line is on top. */
function firstOnTop(results: Results): Results["peers"] {
  return [...shown(results)].reverse();
}

function plain(title: string): string {
  return title.replaceAll("`", "");
}

/** linkedom gives its window the browser's type, which a program without the browser's library lacks. */
function blankWindow(): Pick<Plot.PlotOptions, "document"> {
  return parseHTML("<!doctype html><html><body></body></html>") as Pick<
    Plot.PlotOptions,
    "document"
  >;
}
