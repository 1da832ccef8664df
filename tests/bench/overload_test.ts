/** The overload case: from oha's lines to its figures, and to the table. */

import { parseFlags } from "../../bench/flags.ts";
import { BadReport } from "../../bench/oha.ts";
import { type OhaSample, parseOhaCsv } from "../../bench/oha_csv.ts";
import { judgeOverload } from "../../bench/overload_case.ts";
import { hasOverload, overloadGrid } from "../../bench/report/overload.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { run, session } from "./sample.ts";

const HEADER = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status";

function samples(count: number, status: number, ms: number): OhaSample[] {
  return Array.from({ length: count }, () => ({ atMs: 0, ms, status }));
}

Deno.test("parseOhaCsv() reads a line for each answer", () => {
  const text = `${HEADER}\n0.5,0,0.1,0.002,0.0025,4,200\n0.75,0,0,0.001,0.00125,0,503\n`;
  assertEquals(parseOhaCsv(text), [
    { atMs: 500, ms: 2.5, status: 200 },
    { atMs: 750, ms: 1.25, status: 503 },
  ]);
  assertEquals(parseOhaCsv(`${HEADER}\n`), []);
});

Deno.test("parseOhaCsv() refuses a report of another form", () => {
  for (const text of ["", "start,status\n1,200", '{"summary":{}}']) {
    assertThrows(() => parseOhaCsv(text), BadReport);
  }
});

Deno.test("judgeOverload() counts what came in time, and takes what was shed for no mistake", () => {
  const outcome = judgeOverload({
    samples: [...samples(95, 200, 100), ...samples(5, 200, 101), ...samples(300, 503, 500)],
    checks: samples(10, 200, 7),
    capacity: 50,
    rate: 200,
    seconds: 2,
  });
  assert(outcome.kind === "measured");
  assertEquals(outcome.figures.overload, {
    capacity: 50,
    offered: 200,
    goodput: 47.5,
    acceptedP99Ms: 101,
    highP99Ms: 7,
    shedShare: 0.75,
  });
});

Deno.test("judgeOverload() takes any other status for wrong, of health checks a 503 as well", () => {
  const record = { capacity: 1, rate: 1, seconds: 1 };
  const load = judgeOverload({ ...record, samples: samples(1, 500, 1), checks: [] });
  const checks = judgeOverload({ ...record, samples: [], checks: samples(1, 503, 1) });
  assertEquals([load.kind, checks.kind], ["invalid", "invalid"]);
});

Deno.test("overloadGrid() puts the peers of each load side by side", () => {
  const overload = {
    capacity: 490,
    offered: 980,
    goodput: 480,
    acceptedP99Ms: 12.5,
    highP99Ms: 7,
    shedShare: 0.51,
  };
  const results = session([
    run("overload-burn-2/weir", { overload: { ...overload, goodput: 20, acceptedP99Ms: null } }),
    run("overload-burn-2/weir-auto", { overload }),
    run("hello/weir"),
  ]);
  assertEquals(overloadGrid(results).rows.map((row) => row.slice(1)), [
    ["20/s; – / 7.00 ms; 51 %", "480/s; 12.5 / 7.00 ms; 51 %"],
  ]);
  assert(!hasOverload(session([run("hello/weir")])));
});

Deno.test("parseFlags() takes the name of a family for all of it", () => {
  const { cases } = parseFlags(["--case", "overload", "--case", "pipelined"]);
  assertEquals(cases.length, 9);
  assert(cases.every((id) => id.startsWith("overload-") || id === "pipelined"));
});
