import { BadReport, ohaCommand, parseOha } from "../../bench/oha.ts";
import { caseTable } from "../../bench/report/table.ts";
import { ROUTES } from "../../bench/routes.ts";
import { parseWrk, wrkCommand } from "../../bench/wrk.ts";
import { loadResult } from "../../bench/bout.ts";
import { judge } from "../../bench/judge.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { outcomeRun, session } from "./sample.ts";

const HELLO = { bodyBytes: 14 };

function recorded(name: string): string {
  return Deno.readTextFileSync(new URL(`./recorded/${name}`, import.meta.url));
}

Deno.test("parseOha() reads a recorded report", () => {
  const tally = parseOha(recorded("oha_hello.json"), HELLO);
  assertEquals(tally, {
    requests: 14558,
    good: 14558,
    bad: 0,
    socketErrors: 0,
    seconds: 0.502546802,
    latencyMs: tally.latencyMs,
    fairness: null,
  });
  assertEquals(tally.latencyMs?.max.toFixed(6), "6.601074");
  const { p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0 } = tally.latencyMs ?? {};
  assert(0 < p50 && p50 < p90 && p90 < p99 && p99 < p999 && p999 < max);
});

Deno.test("a recorded report comes out as a row of the table", () => {
  const tally = parseOha(recorded("oha_hello.json"), HELLO);
  const usage = (cpuMs: number) => ({ cpuMs, residentBytes: 0, peakBytes: 45 * 2 ** 20 });
  const outcome = judge({ fault: () => null }, loadResult(tally, usage(100), usage(245.58)));
  const results = session([outcomeRun("hello/weir", outcome)]);
  const [at] = results.cases;
  assert(at !== undefined);
  const [, title = "", , row = ""] = caseTable(results, at).split("\n");
  assertStringIncludes(title, "[hello]");
  const cells = row.split(/ {2,}/);
  assertEquals(cells.slice(0, 7), ["Weir", "14,558", "14,558", "0", "0", "0.5", "28,968"]);
  // 145.58 ms over 14,558 requests, and the peak.
  assertEquals(cells.slice(-2), ["10.0", "45.0"]);
});

Deno.test("parseOha() counts a refused connection as a socket error, with no latency", () => {
  const { requests, good, bad, socketErrors, latencyMs } = parseOha(
    recorded("oha_refused.json"),
    HELLO,
  );
  assertEquals(
    { requests, good, bad, socketErrors, latencyMs },
    { requests: 50, good: 0, bad: 0, socketErrors: 50, latencyMs: null },
  );
});

Deno.test("parseOha() counts every status but 200 as bad", () => {
  const { requests, good, bad } = parseOha(recorded("oha_500s.json"), HELLO);
  assertEquals({ requests, good, bad }, { requests: 200, good: 180, bad: 20 });
});

Deno.test("parseOha() takes bodies of another size for bad answers", () => {
  const { good, bad } = parseOha(recorded("oha_hello.json"), { bodyBytes: 15 });
  assertEquals({ good, bad }, { good: 0, bad: 14558 });
});

Deno.test("parseOha() does not count what the deadline cut short", () => {
  const report = JSON.parse(recorded("oha_hello.json"));
  report.errorDistribution = { "aborted due to deadline": 16, "connection reset": 3 };
  const { requests, socketErrors } = parseOha(JSON.stringify(report), HELLO);
  assertEquals({ requests, socketErrors }, { requests: 14561, socketErrors: 3 });
});

Deno.test("parseOha() refuses what is no report", () => {
  for (const text of ["", "oha: error", "{}", '{"summary":{}}']) {
    assertThrows(() => parseOha(text, HELLO), BadReport);
  }
});

Deno.test("parseWrk() reads the line after wrk's own report", () => {
  assertEquals(parseWrk(recorded("wrk_pipelined.txt")), {
    requests: 57744,
    good: 57744,
    bad: 0,
    socketErrors: 0,
    seconds: 1.101762,
    latencyMs: null,
    fairness: null,
  });
  assertThrows(() => parseWrk("unable to connect"), BadReport);
});

Deno.test("load generators are asked for the route, the time and the connections", () => {
  const oha = ohaCommand(ROUTES.echo, {
    port: 81,
    connections: 7,
    amount: { seconds: 0.25 },
    newConnections: true,
    extra: [["x-a", "1"]],
    bodyFile: "echo.body",
  }).join(" ");
  for (
    const part of [
      "-z 250ms -w",
      "-c 7",
      "--disable-keepalive",
      "-m POST",
      "-H x-a: 1",
      "-D echo.body",
      "http://127.0.0.1:81/echo",
    ]
  ) assertStringIncludes(oha, part);
  const amount = { requests: 100 };
  const counted = ohaCommand(ROUTES.hello, { port: 81, connections: 1, amount, bodyFile: "" });
  assertStringIncludes(counted.join(" "), "-n 100");
  const wrk = wrkCommand({ port: 81, connections: 7, depth: 16, seconds: 0.3 }).join(" ");
  assertStringIncludes(wrk, "-c7 -d1s");
  assert(wrk.endsWith("-- 16"));
});
