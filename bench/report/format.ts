/**
 * Numbers as people read them.
 *
 * @module
 */

import type { FigureName } from "../model.ts";
import type { Spread } from "../stats.ts";

/** Shown where there is no figure. */
export const NONE = "–";

/** A count with separators of thousands. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Three significant digits at most, thousands with separators. */
export function short(value: number): string {
  if (value >= 100) return count(value);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A share of one, in percent. */
export function percent(share: number): string {
  return (share * 100).toFixed(0);
}

/** A ratio with its range over the rounds; the range is left out when there was one round. */
export function ratio(spread: Spread | null): string {
  if (spread === null) return NONE;
  const { median, min, max, count } = spread;
  const range = count > 1 ? ` (${min.toFixed(2)}–${max.toFixed(2)})` : "";
  return `${median.toFixed(2)}${range}`;
}

/** The name of a figure, the unit it is shown in, and how many base units make one of those. */
export const UNITS: Readonly<
  Record<FigureName, { readonly name: string; readonly unit: string; readonly scale: number }>
> = {
  cpuMicros: { name: "processor time per request", unit: "µs", scale: 1 },
  perSecond: { name: "answers per second", unit: "/s", scale: 1 },
  p50Ms: { name: "median latency", unit: "ms", scale: 1 },
  p99Ms: { name: "99th percentile of latency", unit: "ms", scale: 1 },
  leastShare: { name: "least served connection to the mean", unit: "", scale: 1 },
  peakBytes: { name: "peak resident memory", unit: "MiB", scale: 1024 * 1024 },
  bytesPerConnection: { name: "memory per idle connection", unit: "KiB", scale: 1024 },
  goodput: { name: "answers in time per second", unit: "/s", scale: 1 },
  acceptedP99Ms: { name: "99th percentile of the accepted", unit: "ms", scale: 1 },
  highP99Ms: { name: "99th percentile of health checks", unit: "ms", scale: 1 },
  shedShare: { name: "share shed", unit: "%", scale: 0.01 },
  coldMs: { name: "time to the first answer", unit: "ms", scale: 1 },
};

/** A figure with its unit. */
export function figure(name: FigureName, value: number | null): string {
  if (value === null) return NONE;
  const { unit, scale } = UNITS[name];
  return `${short(value / scale)}${unit.startsWith("/") || unit === "" ? "" : " "}${unit}`;
}
