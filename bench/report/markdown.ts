/**
 * The report as Markdown: what README quotes.
 *
 * @module
 */

import type { Results } from "../model.ts";
import { hasOverload, OVERLOAD_LEGEND, overloadGrid } from "./overload.ts";
import { caseGrid, type Grid, overviewGrid } from "./rows.ts";

/** The whole report. */
export function markdown(results: Results): string {
  const parts = [
    "# Measured with `deno task bench`",
    about(results).map((line) => `- ${line}`).join("\n"),
    "Each cell gives the median of the rounds and its ratio to Deno.serve in the same round.",
    pipes(overviewGrid(results)),
    ...hasOverload(results)
      ? [`## Before and after the queue\n\n${OVERLOAD_LEGEND}\n\n${pipes(overloadGrid(results))}`]
      : [],
    ...results.cases.map((at) => `## ${at.title}\n\n${pipes(caseGrid(results, at))}`),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** When, on what and how the session ran, as lines. */
export function about(results: Results): string[] {
  const { machine, rounds, seconds } = results;
  const memory = machine.memoryBytes === null
    ? ""
    : `, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB`;
  const pinning = machine.pinning === null
    ? "server and load share all processors"
    : `server on processor ${machine.pinning.server}, load on ${machine.pinning.load}`;
  const present = results.peers.filter((peer) => peer.absent === null);
  const absent = results.peers.filter((peer) => peer.absent !== null);
  return [
    `Date: ${results.startedAt.slice(0, 16).replace("T", " ")} UTC`,
    `Machine: ${machine.cpu}, ${machine.cores} processors${memory}, ${machine.os}; ${pinning}`,
    `Versions: ${
      [...new Set([...Object.values(results.tools), ...present.map((peer) => peer.version)])]
        .join("; ")
    }`,
    `Command: \`${results.commandLine}\` (rounds: ${rounds}, seconds per load: ${seconds})`,
    ...absent.map((peer) => `Left out: ${peer.title}, ${peer.absent}`),
    ...results.notes.map((note) => `Note: ${note}`),
  ];
}

function pipes(grid: Grid): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = grid.columns.map((_, column) => column === 0 ? "---" : "---:");
  return [line(grid.columns), line(rule), ...grid.rows.map(line)].join("\n");
}
