/**
 * Runs the fixture of this folder with OpenTelemetry on and the network as its only permission, and
 * returns what it sent to its collector until its end.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ChildServer } from "../support/programs.ts";
import { request } from "../support/requests.ts";
import { WireClient } from "../support/wire.ts";
import { Collector, type SentMetric, type SentPoint, type SentSpan } from "./collector.ts";

const FIXTURE = decodeURIComponent(new URL("./fixture.ts", import.meta.url).pathname);

/** A caller's span. */
export const CALLER = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
} as const;
export const TRACEPARENT = `traceparent: 00-${CALLER.traceId}-${CALLER.spanId}-01`;

/** What to run. */
export interface TracedOptions {
  readonly server?: "weir" | "Deno.serve";
  /** For the server; with `early` the program asks it or ends it right after `serve`. */
  readonly options?: object;
}

/** All that the program sent. */
export class Telemetry {
  readonly spans: readonly SentSpan[];
  readonly metrics: readonly SentMetric[];
  readonly callers: readonly (string | null)[];

  constructor({ spans, metrics, callers }: Collector) {
    this.spans = spans;
    this.metrics = metrics;
    this.callers = callers;
  }

  /** The only span of kind SERVER for a path. */
  readonly served = (path: string): SentSpan => {
    const found = this.spans.filter((span) =>
      span.kind === 2 && span.attributes["url.path"] === path
    );
    assertEquals(found.length, 1, `Spans for ${path}`);
    return found[0]!;
  };

  /** The only span of that name. */
  readonly named = (name: string): SentSpan => {
    const found = this.spans.filter((span) => span.name === name);
    assertEquals(found.length, 1, `Spans named ${name}`);
    return found[0]!;
  };

  /** The metric of that name. */
  metric(name: string): SentMetric {
    const found = this.metrics.find((metric) => metric.name === name);
    assert(found !== undefined, `No metric ${name}`);
    return found;
  }

  /** The time series of a metric that has these attributes and no others. */
  point(name: string, attributes: SentPoint["attributes"]): SentPoint {
    const wanted = sorted(attributes);
    const { points } = this.metric(name);
    const found = points.find((point) => sorted(point.attributes) === wanted);
    assert(found !== undefined, `No ${wanted} in ${points.map((p) => sorted(p.attributes))}`);
    return found;
  }
}

function sorted(attributes: object): string {
  return JSON.stringify(Object.entries(attributes).sort(([one], [two]) => one < two ? -1 : 1));
}

/** Runs `act` against the fixture, and ends it in good order. */
export async function traced(
  act: (port: number) => Promise<void>,
  { server = "weir", options = {} }: TracedOptions = {},
): Promise<Telemetry> {
  await using collector = new Collector();
  const flags = ["run", "--no-prompt", "--quiet", "--allow-net=127.0.0.1"];
  const args = [...flags, FIXTURE, server, JSON.stringify(options), collector.url];
  await using child = ChildServer.spawn(Deno.execPath(), args, { env: collector.env });
  await act(await child.port());
  const { code, stderr } = await child.exit();
  assertEquals([code, stderr], [0, ""]);
  return new Telemetry(collector);
}

/** Asks for each path on a connection of its own. */
export function asking(...paths: readonly string[]): (port: number) => Promise<void> {
  return async (port) => {
    for (const target of paths) {
      using client = await WireClient.connect(port);
      await client.send(request({ target, fields: ["Connection: close", TRACEPARENT] }));
      await client.remains();
    }
  };
}
