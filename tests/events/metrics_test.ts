/**
 * What the metrics tell of event streams: of each server its own, and nothing where there was none.
 *
 * @module
 */

import { type EventSink, Metrics } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { until } from "../support/time.ts";
import { readSample } from "../metrics/samples.ts";
import { StreamClient, streamServer } from "./stream_client.ts";

const OPEN = "weir_event_streams";
const EVENTS = "weir_event_stream_events_total";

async function samplesOf(metrics: Metrics): Promise<number[]> {
  const text = await (await metrics.handler(new Request("http://a/"))).text();
  return [readSample(text, OPEN), readSample(text, EVENTS)];
}

Deno.test("the metrics count open streams and events, of their own server alone", async () => {
  const sinks: EventSink[] = [];
  await using server = streamServer((events) => void sinks.push(events), { heartbeat: 20 });
  await using other = streamServer(({ send }) => void send("x"));
  const [metrics, otherMetrics] = [new Metrics(), new Metrics()];
  metrics.observe(server);
  otherMetrics.observe(other);
  const clients = [await StreamClient.open(server), await StreamClient.open(server)];
  await until(() => sinks.length === 2, "both sources");
  assertEquals(await samplesOf(metrics), [2, 0]);
  for (const { send } of sinks) for (const text of ["a", "b", "c"]) send(text);
  for (const client of clients) while (!(await client.chunk())!.includes("data: c"));
  // A beat is no event.
  while (await clients[0]!.chunk() !== ": \n\n");
  assertEquals(await samplesOf(metrics), [2, 6]);
  sinks[0]!.close();
  await clients[0]!.chunks();
  assertEquals(await samplesOf(metrics), [1, 6], "the sum does not fall when a stream ends");
  clients[1]!.wire.close();
  await until(() => server.connections.size === 1, "the connection to be gone");
  assertEquals(await samplesOf(metrics), [0, 6]);
  clients[0]!.wire.close();
  using client = await StreamClient.open(other);
  while (!(await client.chunk())!.includes("data: x"));
  assertEquals([await samplesOf(metrics), await samplesOf(otherMetrics)], [[0, 6], [1, 1]]);
});

Deno.test("a process without event streams has no metrics of them, and docs/event_streams.md names them", async () => {
  const program = `
    import { Metrics, serve } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const server = serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("x"));
    const metrics = new Metrics();
    metrics.observe(server);
    await (await fetch("http://127.0.0.1:" + server.addr.port)).text();
    console.log(await (await metrics.handler(new Request("http://a/"))).text());
    await server.shutdown();
  `;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stdout } = await run(Deno.execPath(), [
    "run",
    "--no-prompt",
    `--config=${config}`,
    "--allow-net=127.0.0.1",
    "--allow-env",
    "--allow-read",
    "--allow-sys",
    "--ext=js",
    "-",
  ], { stdin: program });
  assertEquals([code, stdout.includes("weir_connections"), stdout.includes("event_stream")], [
    0,
    true,
    false,
  ]);
  const page = await Deno.readTextFile(new URL("../../docs/event_streams.md", import.meta.url));
  for (const name of [OPEN, EVENTS]) assert(page.includes(`\`${name}\``), name);
});
