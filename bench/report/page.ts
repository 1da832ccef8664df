/**
 * The report as one HTML file: plots and tables, without a script and without anything from a network.
 *
 * @module
 */

import type { Results } from "../model.ts";
import { about } from "./markdown.ts";
import { colourOf, drawAll, type Drawing } from "./plots.ts";
import { hasOverload, OVERLOAD_LEGEND, overloadGrid } from "./overload.ts";
import { caseGrid, type Grid, overviewGrid } from "./rows.ts";
import { STYLE } from "./style.ts";

/** The whole page. */
export function page(results: Results): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weir: measured</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Weir, measured beside its peers</h1>
<ul class="about">${about(results).map((line) => `<li>${inline(line)}</li>`).join("")}</ul>
${drawAll(results).map((drawing) => section(results, drawing)).join("\n")}
<section><h2>Overview</h2>
<p>Medians of the rounds, and their ratios to Deno.serve in the same round.</p>
${table(overviewGrid(results))}</section>
${hasOverload(results) ? overloadSection(results) : ""}
${
    results.cases.map((at) =>
      `<section><h2>${inline(at.title)}</h2>${table(caseGrid(results, at))}</section>`
    ).join("\n")
  }
</main>
</body>
</html>
`;
}

function overloadSection(results: Results): string {
  return `<section><h2>Before and after the queue</h2>
<p>${inline(OVERLOAD_LEGEND)}</p>
${table(overloadGrid(results))}</section>`;
}

function section(results: Results, drawing: Drawing): string {
  return `<section id="${drawing.id}"><h2>${inline(drawing.title)}</h2>
<p>${inline(drawing.caption)}</p>
${legend(results, drawing)}
<figure class="plot">${drawing.svg}</figure></section>`;
}

/** Only the peers that the plot shows. */
function legend(results: Results, drawing: Drawing): string {
  const entries = results.peers.filter(({ id }) => drawing.svg.includes(`"${colourOf(id)}"`));
  return `<ul class="legend">${
    entries.map(({ id, title }) =>
      `<li><span style="background:${colourOf(id)}"></span>${escaped(title)}</li>`
    ).join("")
  }</ul>`;
}

function table(grid: Grid): string {
  const row = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${
      cells.map((cell, column) =>
        column === 0 ? `<th scope="row">${inline(cell)}</th>` : `<${tag}>${inline(cell)}</${tag}>`
      ).join("")
    }</tr>`;
  return `<div class="scroll"><table><thead>${row(grid.columns, "th")}</thead><tbody>${
    grid.rows.map((cells) => row(cells, "td")).join("")
  }</tbody></table></div>`;
}

/** Text with its `code` marked up. */
function inline(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
