import { drawAll } from "../../bench/report/plots.ts";
import { markdown } from "../../bench/report/markdown.ts";
import { page } from "../../bench/report/page.ts";
import { caseGrid } from "../../bench/report/rows.ts";
import { seedTable } from "../../bench/report/seed_table.ts";
import { parseOha } from "../../bench/oha.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { figures, fullSession, outcomeRun, run, session } from "./sample.ts";

Deno.test("caseGrid() shows ratios with their range, and why a peer has none", () => {
  const results = session([
    run("hello/weir", { round: 1, cpuMicros: 6 }),
    run("hello/weir", { round: 2, cpuMicros: 5 }),
    run("hello/deno", { round: 1, cpuMicros: 5 }),
    run("hello/deno", { round: 2, cpuMicros: 5 }),
    outcomeRun("hello/node", { kind: "failed", why: "did not start" }),
    outcomeRun("hello/nginx", {
      kind: "invalid",
      why: "3 wrong answers",
      figures: figures({ good: 997, bad: 3 }),
    }),
  ]);
  const grid = caseGrid(results, results.cases[0]!);
  const row = (title: string) => {
    const cells = grid.rows.find(([name]) => name === title) ?? [];
    return Object.fromEntries(grid.columns.map((column, index) => [column, cells[index]]));
  };
  assertEquals(row("Weir")["cpu × Deno.serve"], "1.10 (1.00–1.20)");
  assertEquals(row("Weir").note, "");
  assertEquals(row("Deno.serve")["cpu × Deno.serve"], "–");
  assertEquals(row("node:http").note, "failed: did not start");
  assertEquals(row("node:http")["per second"], "–");
  assertEquals([row("nginx").bad, row("nginx").note], ["3", "invalid: 3 wrong answers"]);
  assertEquals(row("nginx")["cpu × Deno.serve"], "–");
  assert(!grid.columns.includes("KiB/conn"), "columns without a figure stay out");
});

Deno.test("markdown() holds machine, date, overview and one table per case", () => {
  const results = session([run("hello/weir"), run("hello/deno"), run("json/weir")], {
    notes: ["one thing"],
  });
  const text = markdown({
    ...results,
    peers: [...results.peers, { id: "node", title: "node:http", version: "", absent: "not there" }],
  });
  for (
    const part of [
      "2026-01-02 03:04 UTC",
      "Example 9000, 2 processors, 8 GiB",
      "server on processor 1, load on 0",
      "Left out: node:http, not there",
      "Note: one thing",
      "| `/`, 64 connections | processor time per request | 10.0 µs, 1.00 × | 10.0 µs |",
      "## `/json`: URL and two headers read",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("seedTable() prints the kernel server's rows, one column per peer", () => {
  const file = new URL("./recorded/oha_500s.json", import.meta.url);
  const tally = parseOha(Deno.readTextFileSync(file), { bodyBytes: 14 });
  const table = seedTable([
    { title: "Weir", tally: { ...tally, seconds: 2 }, why: "" },
    { title: "nginx", tally: null, why: "did not start" },
  ]);
  const rows = table.split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(rows.slice(1), [
    ["requests:", "200", "failed"],
    ["good requests:", "180 [90%]", "failed"],
    ["bad requests:", "20 [10%]", "failed"],
    ["socket errors:", "0 [0%]", "failed"],
    ["seconds:", "2.000", "failed"],
    ["requests/sec:", "100.000", "failed"],
    ["nginx: did not start"],
  ]);
});

Deno.test("drawAll() draws every plot of a full session, and only those it has figures for", () => {
  const ids = drawAll(fullSession()).map(({ id }) => id);
  assertEquals(ids, ["ratios", "latency", "throughput", "cost", "idle", "fairness"]);
  assertEquals(drawAll(session([run("cold/weir", { cpuMicros: null, coldMs: 40 })])), []);
});

Deno.test("page() needs nothing from outside and runs nothing", () => {
  const text = page(fullSession());
  assertEquals([...text.matchAll(/\b(?:src|href)=|<script|@import|url\(/g)].length, 0);
  assert(!/https?:\/\/(?!www\.w3\.org)/.test(text));
});

Deno.test("page() shows text of peers as text", () => {
  const why = '<script>alert("1")</script>';
  const text = page(session([outcomeRun("hello/weir", { kind: "failed", why })]));
  assertStringIncludes(text, "&lt;script>");
  assert(!text.includes("<script"));
});
