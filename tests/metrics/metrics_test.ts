/**
 * What the metrics count, on the engine with fakes and on real sockets, and that Prometheus reads it.
 *
 * @module
 */

import { Metrics, serve, type Server } from "../../mod.ts";
import { Buckets } from "../../handlers/metrics/buckets.ts";
import { Counts } from "../../handlers/metrics/counts.ts";
import { Exposition } from "../../handlers/metrics/exposition.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { GET, request } from "../support/requests.ts";
import { pause, until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { answers, Rig, type RigOptions } from "../engine/rig.ts";
import { readSample, readSamples } from "./samples.ts";

Deno.test("a scrape asks the queue once for how it is", async () => {
  const rig = new Rig({ queue: { maxActive: 1 }, handle: () => {} });
  const queue = rig.reactor.admission!;
  let asked = 0;
  const watched = Object.create(queue, {
    stats: { value: () => (asked++, queue.stats()) },
  });
  const server = {
    connections: rig.reactor.connections,
    queue: watched,
    phase: rig.reactor.phase,
    observe: () => () => {},
  };
  const exposition = new Exposition({ server, counts: new Counts(rig.clock) });
  await rig.sent(GET);
  await rig.sent(GET);
  asked = 0;
  const found = readSamples(await exposition.text());
  assertEquals(asked, 1);
  assertEquals(found.get("weir_queue_active"), 1);
  assertEquals(found.get('weir_queue_waiting{lane="normal"}'), 1);
  for (const { exchange } of rig.calls) exchange.cut();
  await rig.finish();
});

Deno.test("Buckets counts each time in the first bucket that it fits into", () => {
  const buckets = new Buckets([1, 5, 10]);
  for (const ms of [0, 1, 1.01, 5, 9, 11, 1_000]) buckets.add(ms);
  assertEquals([...buckets.counts], [2, 2, 1, 2]);
  assertEquals(Math.round(buckets.sumMs), 1_027);
});

interface Count {
  readonly name: string;
  readonly options?: RigOptions;
  readonly act: (rig: Rig) => Promise<unknown>;
  /** Samples that must be there with these values; all others of the kind must be 0. */
  readonly samples: Readonly<Record<string, number>>;
}

const answering: RigOptions = { handle: answers("hello") };

const COUNTS: readonly Count[] = [
  {
    name: "two answers on one connection that stays",
    options: answering,
    act: (rig) => rig.sent(GET + GET),
    samples: {
      'weir_connections{state="idle"}': 1,
      "weir_connections_accepted_total": 1,
      'weir_http_requests_total{class="2xx"}': 2,
      "weir_http_request_duration_seconds_count": 2,
      "weir_received_bytes_total": 2 * GET.length,
    },
  },
  {
    name: "a request that breaks the protocol, and a client that goes",
    act: async (rig) => {
      const line = await rig.sent("GET / HTTP/1.1\r\n\r\nrest");
      await line.wire.end();
    },
    samples: {
      "weir_connections_accepted_total": 1,
      'weir_connections_closed_total{reason="bad_request"}': 1,
      'weir_http_requests_total{class="4xx"}': 1,
      'weir_http_refusals_total{code="bad_host"}': 1,
      'weir_discarded_bytes_total{reason="refused"}': 4,
      "weir_http_request_duration_seconds_count": 1,
      "weir_received_bytes_total": 22,
    },
  },
  {
    name: "a client that is gone before its answer",
    act: async (rig) => {
      const line = await rig.sent(GET);
      await line.wire.reset();
    },
    samples: {
      "weir_connections_accepted_total": 1,
      'weir_connections_closed_total{reason="peer_reset"}': 1,
      'weir_http_requests_total{class="none"}': 1,
      "weir_http_request_duration_seconds_count": 1,
      'weir_handlers_aborted_total{code="peer_gone"}': 1,
      'weir_dropped_requests_total{reason="closed"}': 1,
      "weir_received_bytes_total": GET.length,
    },
  },
  {
    name: "a handler that takes too long, and a head",
    options: { timeouts: { handler: 1_000, head: 1_000 } },
    act: async (rig) => {
      const [line, other] = [await rig.sent(GET), await rig.sent("GET")];
      await rig.advance(1_300);
      await Promise.all([line.wire.end(), other.wire.end()]);
    },
    samples: {
      "weir_connections_accepted_total": 2,
      'weir_connections_closed_total{reason="handler_timeout"}': 1,
      'weir_connections_closed_total{reason="head_timeout"}': 1,
      'weir_timeouts_total{timeout="handler"}': 1,
      'weir_timeouts_total{timeout="head"}': 1,
      'weir_http_requests_total{class="5xx"}': 1,
      'weir_http_requests_total{class="4xx"}': 1,
      'weir_http_refusals_total{code="handler_timeout"}': 1,
      'weir_http_refusals_total{code="head_timeout"}': 1,
      "weir_http_request_duration_seconds_count": 1,
      'weir_handlers_aborted_total{code="handler_timeout"}': 1,
      'weir_discarded_bytes_total{reason="refused"}': 3,
      "weir_received_bytes_total": GET.length + 3,
    },
  },
  {
    name: "a queue that turns away",
    options: { queue: { maxActive: 1, maxQueued: 1 } },
    act: async (rig) => {
      for (let turn = 0; turn < 3; turn++) await rig.sent(GET);
    },
    samples: {
      'weir_connections{state="handling"}': 1,
      'weir_connections{state="queued"}': 1,
      'weir_connections{state="idle"}': 1,
      "weir_connections_accepted_total": 3,
      'weir_http_requests_total{class="5xx"}': 1,
      'weir_http_refusals_total{code="overloaded"}': 1,
      "weir_http_request_duration_seconds_count": 1,
      "weir_queue_duration_seconds_count": 1,
      "weir_queue_active": 1,
      "weir_queue_limit": 1,
      'weir_queue_waiting{lane="normal"}': 1,
      "weir_queue_shed_total": 1,
      "weir_received_bytes_total": 3 * GET.length,
    },
  },
];

/** What depends on the time that things took, or on the machine. */
const INEXACT = /_(bucket|sum)\b|^process_|^weir_heap_|^weir_event_loop_|^weir_sent_bytes/;

for (const { name, options, act, samples } of COUNTS) {
  Deno.test(`metrics: ${name}`, async () => {
    const rig = new Rig(options);
    const counts = new Counts(rig.clock);
    rig.reactor.observe(counts);
    await act(rig);
    const server = {
      connections: rig.reactor.connections,
      queue: rig.reactor.admission,
      phase: rig.reactor.phase,
      observe: () => () => {},
    };
    const found = readSamples(await new Exposition({ server, counts }).text());
    const exact = [...found].filter(([sample, value]) => !INEXACT.test(sample) && value !== 0);
    assertEquals(Object.fromEntries(exact), samples);
    await rig.finish();
  });
}

/** A server that is measured, and its metrics on another. */
function measured(): { server: Server<Deno.NetAddr>; metrics: Metrics; stop: () => void } {
  const quiet = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = serve({ ...quiet, queue: {} }, () => new Response("hello"));
  const metrics = new Metrics();
  return { server, metrics, stop: metrics.observe(server) };
}

async function textOf(metrics: Metrics): Promise<string> {
  return await (await metrics.handler(new Request("http://a/metrics"))).text();
}

withProgram("promtool", "promtool finds no fault in /metrics", async () => {
  const { server, metrics } = measured();
  using client = await WireClient.connect(server.addr.port);
  await client.ask(GET);
  const response = await metrics.handler(new Request("http://a/metrics"));
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const { code, stdout, stderr } = await run("promtool", ["check", "metrics"], {
    stdin: await response.text(),
  });
  assertEquals([code, stdout, stderr], [0, "", ""]);
  await server.shutdown();
});

Deno.test("metrics: every metric of the text stands in README, and no other", async () => {
  const { server, metrics } = measured();
  const named = [...(await textOf(metrics)).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const listed = [...readme.matchAll(/`((?:weir|process)_[a-z_]+)(?:\{[a-z]+\})?`/g)];
  assertEquals([...new Set(listed.map(([, name]) => name!))].sort(), named.sort());
  await server.shutdown();
});

Deno.test("metrics: bytes are those of open and ended connections alike", async () => {
  const { server, metrics } = measured();
  const posted = request({ method: "POST", body: "x".repeat(1_000) });
  using client = await WireClient.connect(server.addr.port);
  await client.ask(posted);
  const open = await textOf(metrics);
  client.close();
  await until(() => server.connections.size === 0, "the connection to end");
  const ended = await textOf(metrics);
  for (const name of ["weir_received_bytes_total", "weir_sent_bytes_total"]) {
    assertEquals(readSample(open, name), readSample(ended, name));
  }
  assertEquals(readSample(ended, "weir_received_bytes_total"), posted.length);
  await server.shutdown();
});

Deno.test("metrics: a loop that stood still shows as lag", async () => {
  const { server, metrics } = measured();
  await pause(250);
  const until = performance.now() + 300;
  while (performance.now() < until);
  await pause(50);
  const text = await textOf(metrics);
  const name = "weir_event_loop_lag_seconds";
  const late = readSample(text, `${name}_count`) - readSample(text, `${name}_bucket{le="0.1"}`);
  assert(late >= 1, text);
  await server.shutdown();
});

Deno.test("metrics: the handler takes GET and HEAD, and says when no server is measured", async () => {
  const metrics = new Metrics();
  const statusOf = async (method: string) => {
    const response = await metrics.handler(new Request("http://a/", { method }));
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await statusOf("GET"), await statusOf("POST")], [503, 405]);
  const { server, stop } = measured();
  const again = metrics.observe(server);
  assertEquals([await statusOf("GET"), await statusOf("HEAD")], [200, 200]);
  again();
  assertEquals(await statusOf("GET"), 503);
  stop();
  await server.shutdown();
});

Deno.test("metrics: an end of the server leaves no timer and keeps the figures", async () => {
  const { server, metrics } = measured();
  using client = await WireClient.connect(server.addr.port);
  await client.ask(GET);
  await server.shutdown();
  assertStringIncludes(await textOf(metrics), '\nweir_http_requests_total{class="2xx"} 1\n');
  metrics.observe(server);
  assertStringIncludes(await textOf(metrics), '\nweir_http_requests_total{class="2xx"} 0\n');
});
