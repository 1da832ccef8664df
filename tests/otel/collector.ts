/**
 * A collector of OpenTelemetry on loopback: takes OTLP over HTTP in JSON, and keeps what it is sent.
 *
 * @module
 */

/** Attributes, numbers as numbers whichever way they were encoded. */
export type Values = Record<string, string | number | boolean>;

/** A span as it arrived. */
export interface SentSpan {
  readonly scope: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly attributes: Values;
  readonly events: readonly { readonly name: string; readonly attributes: Values }[];
  /** In milliseconds. */
  readonly ms: number;
}

/** One time series of a metric. */
export interface SentPoint {
  readonly attributes: Values;
  /** Of a histogram: how many values and their sum. */
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  /** Of a counter. */
  readonly value: number;
}

/** A metric as it arrived. */
export interface SentMetric {
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly points: readonly SentPoint[];
}

interface Attribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}

interface OtlpPoint {
  readonly attributes?: readonly Attribute[];
  readonly count?: string;
  readonly sum?: number;
  readonly explicitBounds?: readonly number[];
  readonly asInt?: string;
  readonly asDouble?: number;
}

interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status?: { readonly code?: number };
  readonly attributes?: readonly Attribute[];
  readonly events?: readonly {
    readonly name: string;
    readonly attributes?: readonly Attribute[];
  }[];
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface Otlp {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly {
      readonly scope?: { readonly name?: string };
      readonly spans: readonly OtlpSpan[];
    }[];
  }[];
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly {
      readonly scope?: { readonly name?: string };
      readonly metrics: readonly {
        readonly name: string;
        readonly unit?: string;
        readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] };
        readonly sum?: { readonly dataPoints: readonly OtlpPoint[] };
      }[];
    }[];
  }[];
}

/** See the head of this file. */
export class Collector implements AsyncDisposable {
  readonly spans: SentSpan[] = [];
  readonly metrics: SentMetric[] = [];
  /** The `traceparent` of each request that was no export. */
  readonly callers: (string | null)[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** What a process has to find in its environment to send everything here when it ends. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_METRIC_EXPORT_INTERVAL: "600000",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/v1/")) {
      this.callers.push(request.headers.get("traceparent"));
      return new Response("hello");
    }
    this.#keep(await request.json());
    return Response.json({});
  }

  #keep({ resourceSpans = [], resourceMetrics = [] }: Otlp): void {
    for (const { scope, spans } of resourceSpans.flatMap((each) => each.scopeSpans)) {
      this.spans.push(...spans.map((span) => spanOf(span, scope?.name ?? "")));
    }
    for (const { scope, metrics } of resourceMetrics.flatMap((each) => each.scopeMetrics)) {
      for (const { name, unit = "", histogram, sum } of metrics) {
        const points = (histogram ?? sum)?.dataPoints ?? [];
        this.metrics.push({ scope: scope?.name ?? "", name, unit, points: points.map(pointOf) });
      }
    }
  }
}

function spanOf(span: OtlpSpan, scope: string): SentSpan {
  const { name, kind, traceId, spanId, parentSpanId = "", status, events = [] } = span;
  return {
    scope,
    name,
    kind,
    traceId,
    spanId,
    parentSpanId,
    status: status?.code ?? 0,
    attributes: valuesOf(span.attributes),
    events: events.map((event) => ({ name: event.name, attributes: valuesOf(event.attributes) })),
    ms: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
  };
}

function pointOf(point: OtlpPoint): SentPoint {
  return {
    attributes: valuesOf(point.attributes),
    count: Number(point.count ?? 0),
    sum: point.sum ?? 0,
    bounds: point.explicitBounds ?? [],
    value: point.asDouble ?? Number(point.asInt ?? 0),
  };
}

function valuesOf(attributes: readonly Attribute[] = []): Values {
  return Object.fromEntries(attributes.map(({ key, value }) => [
    key,
    value.stringValue ?? value.doubleValue ?? value.boolValue ?? Number(value.intValue),
  ]));
}
