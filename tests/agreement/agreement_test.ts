/**
 * A load generator, the metrics and the access log count the same number of requests: 100,000, and
 * some that were refused.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { LAST_GET } from "../support/requests.ts";
import { WireClient } from "../support/wire.ts";
import { Program } from "../cli/child.ts";
import { readSample } from "../metrics/samples.ts";

const REQUESTS = 100_000;
const REFUSED = 25;

/** Answers by status, as oha counts them. */
async function load(address: string): Promise<Record<string, number>> {
  const args = ["--no-tui", "--output-format", "json", "-n", `${REQUESTS}`, "-c", "64", address];
  const { code, stdout, stderr } = await run("oha", args, { ms: 60_000 });
  assertEquals([code, stderr], [0, ""]);
  return JSON.parse(stdout).statusCodeDistribution;
}

async function sendBad(port: number): Promise<void> {
  using client = await WireClient.connect(port);
  assertEquals((await client.ask(LAST_GET.replace("Host: h\r\n", ""))).status, 400);
}

/** Lines of the log by their status; the last is the scrape's own. */
function countLines(log: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of log.trimEnd().split("\n").slice(0, -1)) {
    const { status } = JSON.parse(line);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

withProgram("oha", "load generator, metrics and access log count the same", async () => {
  const file = await Deno.makeTempFile();
  try {
    await using program = new Program(
      ["--port", "0", "--metrics", "--log=json", "--log-file", file],
    );
    const address = await program.address();
    const counted = await load(address);
    for (let turn = 0; turn < REFUSED; turn++) await sendBad(Number(new URL(address).port));
    const metrics = await (await fetch(`${address}metrics`)).text();
    program.send("SIGTERM");
    assertEquals((await program.end()).code, 0);
    assertEquals(counted, { 200: REQUESTS });
    assertEquals(readSample(metrics, 'weir_http_requests_total{class="2xx"}'), REQUESTS);
    // Every request whose head was whole, and that of the refused ones was.
    const timed = readSample(metrics, "weir_http_request_duration_seconds_count");
    assertEquals(timed, REQUESTS + REFUSED);
    assertEquals(readSample(metrics, 'weir_http_requests_total{class="4xx"}'), REFUSED);
    assertEquals(countLines(await Deno.readTextFile(file)), { 200: REQUESTS, 400: REFUSED });
  } finally {
    await Deno.remove(file);
  }
});
