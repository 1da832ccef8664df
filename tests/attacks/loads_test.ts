/**
 * Load generators that others wrote, each with its own idea of HTTP: every answer is good, and none is
 * lost. (`ab` without a body is among the clients, in `tests/clients`.)
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { type Outcome, run, withProgram } from "../support/programs.ts";
import { type Running, start, WEIR } from "../support/servers.ts";

const BODY = "the answer to everything";

/** A server that counts what its handler was asked. */
class Counting implements AsyncDisposable {
  asked = 0;
  readonly running: Running;

  constructor() {
    this.running = start(WEIR, async (request) => {
      this.asked++;
      if (request.url.endsWith("/stream")) return new Response(new Blob([BODY]).stream());
      return new Response(await request.text() || BODY);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running[Symbol.asyncDispose]();
  }
}

interface Load {
  readonly program: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly path?: string;
  /** Checks the tool's report; `asked` is what the handler counted. */
  readonly check: (outcome: Outcome, asked: number) => void;
}

const COUNT = 4_000;

function assertAllOf(asked: number): void {
  assertEquals(asked, COUNT);
}

/** siege writes its settings into the user's home directory; `env` gives it another. */
function siege(...args: string[]): string[] {
  return ["HOME=/tmp", "siege", "-R", "/dev/null", "-b", ...args];
}

function siegeIsWell({ stdout, stderr }: Outcome, asked: number): void {
  const report = stdout + stderr;
  assertMatch(report, /Transactions:\s+4000 hits|"transactions":\s+4000,/);
  assertMatch(report, /Availability:\s+100\.00 %|"availability":\s+100\.00,/);
  assertMatch(report, /Failed transactions:\s+0\n|"failed_transactions":\s+0,/);
  assertAllOf(asked);
}

function h2loadIsWell({ stdout }: Outcome, asked: number): void {
  assertMatch(stdout, /4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout/);
  assertMatch(stdout, /status codes: 4000 2xx, 0 3xx, 0 4xx, 0 5xx/);
  assertAllOf(asked);
}

function wrkIsWell({ stdout }: Outcome, asked: number): void {
  const answers = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  assert(answers > 100, stdout);
  assert(!/Socket errors|Non-2xx/.test(stdout), stdout);
  // When wrk ends, at most one request on each connection is unanswered.
  assert(asked >= answers && asked <= answers + 32, `${asked} asked, ${answers} answered`);
}

function ohaIsWell({ stdout }: Outcome, asked: number): void {
  const report = JSON.parse(stdout);
  assertEquals(report.summary.successRate, 1);
  assertEquals(report.statusCodeDistribution, { "200": COUNT });
  assertEquals(report.errorDistribution, {});
  assertAllOf(asked);
}

function abIsWell({ stdout }: Outcome, asked: number): void {
  assertMatch(stdout, /Complete requests: +4000\n/);
  assertMatch(stdout, /Failed requests: +0\n/);
  assert(!stdout.includes("Non-2xx"), stdout);
  assertAllOf(asked);
}

const OHA = ["--no-tui", "--output-format", "json", "-n", `${COUNT}`];
const POSTED = "tests/attacks/honest.ts";

const LOADS: readonly Load[] = [
  {
    program: "siege",
    name: "kept connections",
    args: siege("-c", "20", "-r", "200", "-H", "Connection: keep-alive"),
    check: siegeIsWell,
  },
  {
    program: "siege",
    name: "one connection per request",
    args: siege("-c", "20", "-r", "200", "-H", "Connection: close"),
    check: siegeIsWell,
  },
  {
    program: "h2load",
    name: "HTTP/1.1, 32 connections",
    args: ["--h1", "-n", `${COUNT}`, "-c", "32"],
    check: h2loadIsWell,
  },
  {
    program: "h2load",
    name: "HTTP/1.1, streams, pipelined by eight",
    args: ["--h1", "-n", `${COUNT}`, "-c", "16", "-m", "8"],
    path: "/stream",
    check: h2loadIsWell,
  },
  { program: "wrk", name: "32 connections", args: ["-t1", "-c32", "-d2s"], check: wrkIsWell },
  { program: "oha", name: "32 connections", args: [...OHA, "-c", "32"], check: ohaIsWell },
  {
    program: "oha",
    name: "a body, one connection per request",
    args: [...OHA, "-c", "32", "-m", "POST", "-d", "x".repeat(5_000), "--disable-keepalive"],
    check: ohaIsWell,
  },
  {
    program: "ab",
    name: "a file posted over kept connections",
    args: ["-q", "-k", "-n", `${COUNT}`, "-c", "16", "-T", "text/plain", "-p", POSTED],
    check: abIsWell,
  },
];

for (const { program, name, args, path = "/", check } of LOADS) {
  withProgram(program, `${program}: ${name}, every answer good and none lost`, async () => {
    await using counting = new Counting();
    const command = program === "siege" ? "env" : program;
    const outcome = await run(command, [...args, counting.running.url(path)], { ms: 60_000 });
    assertEquals(outcome.code, 0, outcome.stdout + outcome.stderr);
    check(outcome, counting.asked);
    assertEquals(counting.running.errors, []);
    console.log(`  ${counting.asked} requests`);
  });
}
