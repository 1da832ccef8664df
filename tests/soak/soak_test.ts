/**
 * What a soak says in the end, and what it draws. The soak itself is a task of its own.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { draw } from "./plot.ts";
import { describe } from "./report.ts";
import { compare, HEAP_BOUND, type Rest, RSS_BOUND, type Sample } from "./samples.ts";

const START: Rest = { rss: 80_000_000, heapUsed: 8_000_000, descriptors: 0, connections: 0 };

const SAMPLES: readonly Sample[] = Array.from({ length: 60 }, (_, at) => ({
  ...START,
  seconds: at,
  lagMs: at % 7,
  answers: 400 + at,
}));

const ENDS: Readonly<Record<string, [end: Partial<Rest>, good: boolean]>> = {
  "the same": [{}, true],
  "less": [{ rss: 1, heapUsed: 1 }, true],
  "a descriptor more": [{ descriptors: 1 }, false],
  "a connection more": [{ connections: 1 }, false],
  "memory up to its bound": [{ rss: START.rss + RSS_BOUND }, true],
  "memory over its bound": [{ rss: START.rss + RSS_BOUND + 1 }, false],
  "a heap over its bound": [{ heapUsed: START.heapUsed + HEAP_BOUND + 1 }, false],
};

for (const [name, [end, good]] of Object.entries(ENDS)) {
  Deno.test(`compare() takes ${name} for ${good ? "good" : "not good"}`, () => {
    const findings = compare(START, { ...START, ...end });
    assertEquals(findings.length, 4);
    assertEquals(findings.every((finding) => finding.good), good);
  });
}

Deno.test("draw() gives one SVG with a line in every panel", () => {
  const svg = draw(SAMPLES);
  assert(svg.startsWith("<svg xmlns=") && svg.endsWith("</svg>\n"));
  assertEquals(svg.match(/aria-label="line"/g)?.length, 6);
  for (const label of ["Resident memory", "Heap", "connections", "Descriptors", "Lag", "Answers"]) {
    assertStringIncludes(svg, label);
  }
});

Deno.test("describe() says what was good and what was not", () => {
  const findings = compare(START, { ...START, descriptors: 3 });
  const tally = { answers: 12_345, connections: 678 };
  const text = describe({ minutes: 30, samples: SAMPLES, findings, tally });
  assertStringIncludes(text, "12,345 right answers on 678 connections");
  assertStringIncludes(text, "- NOT GOOD: descriptors: 0 at the start, 3 at the end");
  assertStringIncludes(text, "- good: connections: 0");
});

Deno.test("the soak refuses flags that it does not know, in a line", async () => {
  const program = decodeURIComponent(new URL("./main.ts", import.meta.url).pathname);
  for (const args of [["--minute", "2"], ["--minutes", "none"], ["--minutes", "0"], ["--out"]]) {
    const { code, stderr } = await run(Deno.execPath(), ["run", "--quiet", program, ...args]);
    assertEquals([code, stderr], [2, "soak: takes --minutes <number> and --out <folder>\n"]);
  }
});
