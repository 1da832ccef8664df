/**
 * Writes `docs/conformance.md` from the tables beside this file:
 * `deno run --allow-write=docs tests/conformance/document.ts`.
 *
 * @module
 */

import { CASES } from "../fuzz/cases.ts";
import { DIFFERENCES } from "../fuzz/differences.ts";
import { DISAGREEMENTS } from "../fuzz/disagreements.ts";
import { escaped } from "../fuzz/reading.ts";
import type { Case, Outcome } from "./case.ts";
import {
  type Difference,
  ELSEWHERE,
  NOT_APPLICABLE,
  NOT_FOLLOWED,
  STRICTER,
} from "./differences.ts";
import { CORPUS } from "./smuggling/corpus.ts";
import { REQUIREMENTS } from "./table.ts";

/** The whole text. */
export function documentText(): string {
  const cases = REQUIREMENTS.flatMap((each) => each.cases).length;
  const attempts = CORPUS.flatMap((each) => each.cases);
  return [
    "<!-- deno-fmt-ignore-file -->",
    "<!-- Written by tests/conformance/document.ts; do not edit. -->",
    "# Conformance",
    `What RFC 9112 (HTTP/1.1) and RFC 9110 (HTTP semantics) ask of an origin server, as far as bytes on a
connection show it: ${REQUIREMENTS.length} requirements with ${cases} inputs, and ${attempts.length} attempts to smuggle a request.
Each input is run against the engine whole, after another request and byte by byte, and whole on a real
socket; the attempts are also cut at random. Another request follows each: it is served if the
connection goes on, and never if it does not. All of it is in \`tests/conformance/\`.`,
    `In the last column, \`400, closes\` is a refusal: the handler is not called, the connection ends, and
nothing that follows is read. In the second, \`rule\` marks a grammar or a procedure without a word like MUST.`,
    ...["9112", "9110"].flatMap((rfc) => [`## RFC ${rfc}`, requirementsText(rfc)]),
    "## Not followed",
    differencesText(NOT_FOLLOWED),
    "## Stricter than it has to be",
    differencesText(STRICTER),
    "## Shown elsewhere",
    table(["RFC", "what", "tests"], ELSEWHERE),
    "## Not for an origin server",
    table(["RFC", "what"], NOT_APPLICABLE),
    "## Smuggling",
    `Each attempt has one stated outcome: one request with exactly this body, or a refusal. ${
      new Set(attempts.map((each) => JSON.stringify(each.input))).size
    } of the
${attempts.length} differ in their bytes, the others in what the handler does.`,
    table(
      ["family", "what two servers would disagree on", "cases", "served", "refused"],
      CORPUS.map(({ name, about, cases }) => {
        const refused = cases.filter(({ outcome }) =>
          outcome.seen.length === 0 || isBroken(outcome)
        );
        const numbers = [cases.length, cases.length - refused.length, refused.length];
        return [name, about, ...numbers.map(String)];
      }),
    ),
    "## Disagreements with other servers",
    `The same streams, sound and damaged, are given to Weir and to other servers, and how many requests they
saw, with which methods and bodies, and whether they refused the rest is compared (docs/fuzzing.md). That Weir
refuses what another takes is not listed. All that Weir takes and another does not is here, and in no
case have two servers found different requests or bodies in the same bytes. Each example is a test.`,
    disagreementsText(),
  ].join("\n\n") + "\n";
}

function disagreementsText(): string {
  const ofNode = DIFFERENCES.map(({ name, section, reason }) => {
    const { bytes, weir, node } = CASES.find(({ as }) => as === name)!;
    const reads = node[0] > weir[0] ? "reads on" : "reads no further";
    const theirs = node[1] === null ? reads : `refuses (${node[1]})`;
    return [section, name, "Node", theirs, reason.replace(/\.$/, ""), bytes] as const;
  });
  const ofOthers = DISAGREEMENTS.map(({ section, name, servers, theirs, why, example }) =>
    [section, name, servers.join(", "), theirs, why, example] as const
  );
  return table(
    ["RFC", "what", "servers", "what they do", "why Weir reads it so", "example"],
    [...ofOthers, ...ofNode].map(([section, name, servers, theirs, why, example]) => [
      section.replace(/RFC /g, ""),
      ...[name, servers, theirs, why],
      `\`${escaped(example)}\``,
    ]),
  );
}

function requirementsText(rfc: string): string {
  const rows = REQUIREMENTS
    .filter(({ section }) => section.startsWith(rfc))
    .toSorted((a, b) => collator.compare(a.section, b.section))
    .map((
      { section, level, rule, cases },
    ) => [section.slice(rfc.length + 1), level, rule, outcomesOf(cases)]);
  return table(["section", "", "what is asked", "what Weir does (inputs)"], rows);
}

/** §10 comes after §9. */
const collator = new Intl.Collator("en", { numeric: true });

function outcomesOf(cases: readonly Case[]): string {
  const groups = Map.groupBy(cases, ({ outcome }) => outcomeText(outcome));
  return [...groups].map(([text, those]) => `${text} (${those.length})`).join("; ");
}

function isBroken({ seen }: Outcome): boolean {
  return seen.some(({ body }) => body === null);
}

function outcomeText(outcome: Outcome): string {
  const { statuses, seen, then } = outcome;
  if (then === "waits") return "waits";
  const words = statuses.length === 0 ? ["no answer"] : [statuses.join(", ")];
  const refusal = seen.length === 0;
  if (isBroken(outcome)) words.push("handler called, its body fails");
  else if (!refusal && statuses.some((status) => status >= 400)) words.push("by the handler");
  if (then === "closes") words.push("closes");
  if (then === "raw") words.push("handed over");
  return words.join(", ");
}

function differencesText(differences: readonly Difference[]): string {
  return table(
    ["RFC", "what it says", "Weir", "why"],
    differences.map(({ section, asks, weir, why }) => [section, asks, weir, why]),
  );
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = titles.map((_, at) => Math.max(3, ...lines.map((row) => row[at]!.length)));
  const [head, ...rest] = lines.map((row) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [head, rule, ...rest].join("\n");
}

if (import.meta.main) {
  Deno.writeTextFileSync(new URL("../../docs/conformance.md", import.meta.url), documentText());
}
