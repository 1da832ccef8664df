/**
 * The samples of a soak as one drawing (SVG): a panel for each figure, one above the other, over the same
 * seconds. Drawn by Observable Plot on a document of linkedom, as the plots of the bench are.
 *
 * @module
 */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Sample } from "./samples.ts";

const WIDTH = 900;
const PANEL_HEIGHT = 150;
const COLOUR = "#0c9488";

interface Panel {
  readonly label: string;
  readonly value: (sample: Sample) => number;
}

const MIB = 1024 * 1024;

const PANELS: readonly Panel[] = [
  { label: "Resident memory (MiB)", value: ({ rss }) => rss / MIB },
  { label: "Heap (MiB)", value: ({ heapUsed }) => heapUsed / MIB },
  { label: "Open connections", value: ({ connections }) => connections },
  { label: "Descriptors beyond those at the start", value: ({ descriptors }) => descriptors },
  { label: "Lag of the event loop, the worst of a second (ms)", value: ({ lagMs }) => lagMs },
  { label: "Answers per second", value: ({ answers }) => answers },
];

/** The drawing, on white, to be read anywhere. */
export function draw(samples: readonly Sample[]): string {
  const height = PANELS.length * PANEL_HEIGHT;
  const panels = PANELS.map((panel, index) => {
    const at = `<g transform="translate(0 ${index * PANEL_HEIGHT})">`;
    return `${at}${drawPanel(samples, panel)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>` +
    `${panels.join("\n")}</svg>\n`;
}

function drawPanel(samples: readonly Sample[], { label, value }: Panel): string {
  const rows = samples.map((sample) => ({ minutes: sample.seconds / 60, value: value(sample) }));
  const { document } = blankWindow();
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: PANEL_HEIGHT,
    marginLeft: 60,
    marginTop: 28,
    style: { fontSize: "11px" },
    x: { label: "minutes →" },
    y: { label, labelAnchor: "top", grid: true, zero: true, nice: true, ticks: 4 },
    marks: [
      Plot.ruleY([0]),
      Plot.lineY(rows, { x: "minutes", y: "value", stroke: COLOUR, strokeWidth: 1.5 }),
    ],
  });
  return svg.outerHTML;
}

/** linkedom gives its window the browser's type, which a program without the browser's library lacks. */
function blankWindow(): Pick<Plot.PlotOptions, "document"> {
  return parseHTML("<!doctype html><html><body></body></html>") as Pick<
    Plot.PlotOptions,
    "document"
  >;
}
