/**
 * The plots: what each shows, and the last two minutes of it.
 *
 * @module
 */

import { formatBytes, formatCount, formatMs, formatNumber } from "./format.js";

/** How far back they go, and how much room they show at least, in seconds. */
const WINDOW_S = 120;
const LEAST_WINDOW_S = 30;

/** A little more than the window at the shortest interval that a server may be given. */
const MOST_SAMPLES = 1_250;

const HEIGHT = 170;
const rate = (value) => `${formatNumber(value)}/s`;
const byteRate = (value) => `${formatBytes(value)}/s`;

/** Each line has a dash of its own, so that colour is not all that tells them apart. */
const DASHES = [[], [6, 3], [2, 3]];

const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);
const WHOLE = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** power))
  .flat();

/** From zero to a little over the highest value. */
const fromZero = { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] };

/** By powers of ten: a median and a 99th percentile may lie far apart. */
const byTens = {
  distr: 3,
  range: (_, least, most) => least > 0 ? uPlot.rangeLog(least, most, 10, true) : [0.1, 100],
};

const PLOTS = [
  {
    title: "Throughput",
    scale: fromZero,
    format: rate,
    lines: [
      { label: "answers", value: (now) => now.answers * perSecond(now) },
      { label: "refused", value: (now) => now.refused * perSecond(now) },
      { label: "5xx", value: (now) => now.errors * perSecond(now) },
    ],
  },
  {
    title: "Latency",
    scale: byTens,
    format: (ms) => formatMs(ms),
    lines: [
      { label: "p50", value: (now) => now.latency?.p50 ?? null },
      { label: "p90", value: (now) => now.latency?.p90 ?? null },
      { label: "p99", value: (now) => now.latency?.p99 ?? null },
    ],
  },
  {
    title: "Connections and queue",
    scale: fromZero,
    steps: WHOLE,
    format: formatCount,
    lines: [
      { label: "open", value: (now) => openOf(now) },
      { label: "at work", value: (now) => openOf(now) - (now.states.idle ?? 0) },
      { label: "queued", value: (now) => now.states.queued ?? 0 },
    ],
  },
  {
    title: "Bytes",
    scale: fromZero,
    steps: POWERS_OF_TWO,
    format: byteRate,
    lines: [
      { label: "received", value: (now) => now.bytesIn * perSecond(now) },
      { label: "sent", value: (now) => now.bytesOut * perSecond(now) },
    ],
  },
];

/** What turns a count of a snapshot's interval into one of a second. */
export function perSecond(snapshot) {
  return snapshot.overMs > 0 ? 1000 / snapshot.overMs : 0;
}

/** All open connections. */
export function openOf(snapshot) {
  return Object.values(snapshot.states).reduce((sum, count) => sum + count, 0);
}

/** Puts the plots into `place`; the function returned adds a snapshot to each. */
export function plotsIn(place) {
  const plots = PLOTS.map((plot) => plotIn(place, plot));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { redraw } of plots) redraw();
  });
  return (snapshot) => {
    for (const { add } of plots) add(snapshot);
  };
}

function plotIn(place, plot) {
  const { title, format, lines } = plot;
  const figure = document.createElement("figure");
  const box = document.createElement("div");
  const values = lines.map((line, index) => legendEntry(line, index));
  figure.append(captionOf(title, values), box);
  place.append(figure);
  const data = [[], ...lines.map(() => [])];
  const chart = new uPlot(optionsOf(plot, box.clientWidth), data, box);
  chart.root.setAttribute("aria-hidden", "true");
  new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  const add = (snapshot) => {
    data[0].push(snapshot.atMs / 1000);
    lines.forEach(({ value }, index) => {
      const now = value(snapshot);
      data[index + 1].push(now);
      values[index].textContent = now === null ? "–" : format(now);
    });
    if (data[0].length > MOST_SAMPLES) data.forEach((each) => each.shift());
    chart.setData(data);
  };
  return { add, redraw: () => chart.redraw(false, true) };
}

/** The legend says the latest values as text: what a reader hears instead of the plot. */
function captionOf(title, values) {
  const caption = document.createElement("figcaption");
  const name = document.createElement("h2");
  name.textContent = title;
  const list = document.createElement("ul");
  list.append(...values.map((value) => value.parentElement));
  caption.append(name, list);
  return caption;
}

function legendEntry({ label }, index) {
  const item = document.createElement("li");
  const key = document.createElement("span");
  const value = document.createElement("b");
  key.className = `key line-${index + 1}`;
  value.textContent = "–";
  item.append(key, `${label} `, value);
  return value;
}

function optionsOf({ lines, format, scale, steps }, width) {
  const axis = { stroke: () => colour("--muted"), font: "12px system-ui, sans-serif" };
  const grid = { stroke: () => colour("--grid"), width: 1, filter: decadesOf };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 28, 0, 0],
    scales: {
      x: { time: true, range: windowOf },
      y: scale,
    },
    axes: [
      { ...axis, grid, ticks: { show: false }, space: 70, size: 22, values: timesOf },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 76,
        ...(steps === undefined ? {} : { incrs: steps }),
        values: (_, each) => each.map((value) => value === null ? null : format(value)),
      },
    ],
    series: [{}, ...lines.map((_, index) => seriesOf(index))],
  };
}

/** The latest two minutes; at first the little that there is, in some room. */
function windowOf(_, first, latest) {
  const seconds = Math.min(WINDOW_S, Math.max(LEAST_WINDOW_S, latest - first));
  return [latest - seconds, latest];
}

/** Lines at powers of ten alone where the scale goes by them. */
function decadesOf(chart, splits, axis) {
  const { distr } = chart.scales[chart.axes[axis].scale];
  return distr === 3
    ? splits.map((each) => Number.isInteger(Math.log10(each)) ? each : null)
    : splits;
}

function timesOf(_, seconds) {
  return seconds.map((each) => new Date(each * 1000).toTimeString().slice(0, 8));
}

function seriesOf(index) {
  return {
    stroke: () => colour(`--line-${index + 1}`),
    width: 2,
    dash: DASHES[index],
    points: { show: false },
    spanGaps: false,
  };
}

/** A colour of the style sheet as it is now, light or dark. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
