/**
 * From what was counted to the text format of Prometheus, by prom-client: names, help texts, labels. It is
 * loaded when a server is first measured.
 *
 * @module
 */

import { type Aggregator, Counter, Gauge, type Histogram, Registry } from "prom-client";
import type { QueueStats } from "../../reactor/admission/admission.ts";
import { type ProtocolCode, STATUS_OF } from "../../reactor/errors.ts";
import { type State, STATES } from "../../reactor/states.ts";
import { type Sums, sumUp } from "../connection_sums.ts";
import { anyStreamMade, openTallies } from "../events/tally.ts";
import { addTally, anySocketMade, type SocketTally, socketTallyOf } from "../websocket/tally.ts";
import { type MetricValues, valuesOf } from "./aggregate.ts";
import type { Buckets } from "./buckets.ts";
import type { Counts } from "./counts.ts";
import type { Measured } from "./measured.ts";

/** What is reported. */
export interface Source {
  readonly server: Measured;
  readonly counts: Counts;
}

/** How many sockets are open, and what all have carried. */
interface SocketSums extends SocketTally {
  open: number;
}

/** Values of one metric by the value of its label. */
type Values = Iterable<readonly [label: string, value: number]>;

/** The states of connections that are open. */
const OPEN = (Object.keys(STATES) as State[]).filter((state) => state !== "closed");

/** The rules that the server refuses by. */
const CODES = Object.keys(STATUS_OF) as ProtocolCode[];

/** The time-outs that close a connection, by their names among the options. */
const TIMEOUTS = [
  "proxy_header",
  "handshake",
  "idle",
  "head",
  "body",
  "write",
  "handler",
] as const;

/** The metrics of one server. */
export class Exposition {
  readonly #registry = new Registry();
  readonly #source: Source;
  /** Of the connections that are open, at the last scrape. */
  #sums: Sums;
  /** Of the queue, at the last scrape: whoever asks for these has the waits sorted. `null` without a queue. */
  #queue: QueueStats | null;
  /** The same of the sockets among them, once there was one. */
  #sockets: SocketSums | null = null;
  #hasEventStreams = false;

  constructor(source: Source) {
    this.#source = source;
    this.#sums = sumUp(source.server.connections);
    this.#queue = source.server.queue?.stats() ?? null;
    this.#addConnections();
    this.#addRequests();
    this.#addDrops();
    if (this.#queue !== null) this.#addQueue(this.#queue);
    this.#addProcess();
  }

  /** The media type of the text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as they are now, in the text format. */
  text(): Promise<string> {
    this.#look();
    return this.#registry.metrics();
  }

  /** The same as plain data. */
  values(): Promise<MetricValues> {
    this.#look();
    return valuesOf(this.#registry);
  }

  #look(): void {
    const { connections, queue } = this.#source.server;
    this.#sums = sumUp(connections);
    this.#queue = queue?.stats() ?? null;
    if (!this.#hasEventStreams && anyStreamMade()) this.#addEventStreams();
    if (anySocketMade()) this.#sumUpSockets();
  }

  #addConnections(): void {
    const { counts } = this.#source;
    this.#gauges(
      "weir_connections",
      "Open connections by state.",
      "state",
      () => OPEN.map((state) => [state, this.#sums.states[state] ?? 0]),
    );
    this.#counter(
      "weir_connections_accepted_total",
      "Connections accepted.",
      () => counts.accepted,
    );
    this.#counters(
      "weir_connections_closed_total",
      "Connections that have ended, by why they did.",
      "reason",
      () => Object.entries(counts.ends),
    );
    this.#counters(
      "weir_timeouts_total",
      "Connections that ended because a time-out had passed, by its name among the options.",
      "timeout",
      () => TIMEOUTS.map((name) => [name, counts.ends[`${name}_timeout`]]),
    );
    this.#counter(
      "weir_received_bytes_total",
      "Bytes read from clients.",
      () => counts.endedBytes.in + this.#sums.bytesIn,
    );
    this.#counter(
      "weir_sent_bytes_total",
      "Bytes that the kernel has taken for clients.",
      () => counts.endedBytes.out + this.#sums.bytesOut,
    );
  }

  #addRequests(): void {
    const { counts } = this.#source;
    this.#counters(
      "weir_http_requests_total",
      "Requests by the class of their answer's status; none for those whose clients got no answer.",
      "class",
      () =>
        Array.from(counts.answers, (count, digit) => [classOf(digit), count] as const)
          .filter(([name]) => name !== ""),
    );
    this.#histogram(
      "weir_http_request_duration_seconds",
      "From a request's whole head to the last byte of its answer.",
      counts.requestTimes,
    );
    this.#counters(
      "weir_http_refusals_total",
      "Answers that the server gave by itself, by the rule, limit or time-out that caused them.",
      "code",
      () => CODES.map((code) => [code, counts.refusals[code] ?? 0]),
    );
    this.#counters(
      "weir_handlers_aborted_total",
      "Handlers that were told to stop through their request's signal, by why.",
      "code",
      () => Object.entries(counts.aborts),
    );
  }

  #addDrops(): void {
    const { counts } = this.#source;
    this.#counters(
      "weir_discarded_bytes_total",
      "Bytes that arrived and were thrown away unread, by where they were on their way.",
      "reason",
      () => Object.entries(counts.droppedBytes),
    );
    this.#counters(
      "weir_dropped_requests_total",
      "Requests that got no whole answer, by where they were on their way.",
      "reason",
      () => Object.entries(counts.droppedRequests),
    );
  }

  #addQueue(before: QueueStats): void {
    const { counts } = this.#source;
    const stats = () => this.#queue ?? before;
    this.#gauge("weir_queue_active", "Handlers at work.", () => stats().active);
    this.#gauge("weir_queue_limit", "Handlers that may be at work.", () => stats().limit);
    this.#gauges(
      "weir_queue_waiting",
      "Requests that wait for their handlers, by lane.",
      "lane",
      () => Object.entries(stats().queued),
    );
    this.#counter("weir_queue_shed_total", "Requests turned away with 503.", () => stats().shed);
    this.#histogram(
      "weir_queue_duration_seconds",
      "How long requests waited for their handlers.",
      counts.queueTimes,
    );
  }

  /** Added at the first scrape after the first stream. */
  #addEventStreams(): void {
    const { server, counts } = this.#source;
    this.#hasEventStreams = true;
    this.#gauge(
      "weir_event_streams",
      "Event streams that are open.",
      () => openTallies(server.connections).length,
    );
    this.#counter(
      "weir_event_stream_events_total",
      "Events sent in event streams, without comments.",
      () =>
        openTallies(server.connections)
          .reduce((sum, { events }) => sum + events, counts.endedEvents),
    );
  }

  /** Their metrics are added at the first scrape after the first socket. */
  #sumUpSockets(): void {
    const { server, counts } = this.#source;
    const isFirst = this.#sockets === null;
    const sums = { open: 0, ...counts.endedMessages };
    for (const connection of server.connections) {
      const tally = socketTallyOf(connection);
      if (tally === undefined) continue;
      sums.open++;
      addTally(sums, tally);
    }
    this.#sockets = sums;
    if (isFirst) this.#addSockets();
  }

  #addSockets(): void {
    const sums = () => this.#sockets!;
    this.#gauge("weir_websockets", "WebSockets that are open.", () => sums().open);
    this.#counters(
      "weir_websocket_messages_total",
      "Messages of WebSockets.",
      "direction",
      () => [["in", sums().messagesIn], ["out", sums().messagesOut]],
    );
    this.#counters(
      "weir_websocket_bytes_total",
      "Bytes of these messages, without frames and compression.",
      "direction",
      () => [["in", sums().bytesIn], ["out", sums().bytesOut]],
    );
  }

  #addProcess(): void {
    const { counts } = this.#source;
    this.#histogram(
      "weir_event_loop_lag_seconds",
      "How late a timer was that should have fired ten times a second.",
      counts.lags,
    );
    this.#gauge(
      "process_resident_memory_bytes",
      "Resident memory of the process.",
      () => Deno.memoryUsage().rss,
      // All threads share it.
      "max",
    );
    this.#gauges("weir_heap_bytes", "Memory of the JavaScript heap.", "kind", () => {
      const { heapTotal, heapUsed, external } = Deno.memoryUsage();
      return [["total", heapTotal], ["used", heapUsed], ["external", external]];
    });
  }

  #counter(name: string, help: string, value: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }

  #counters(name: string, help: string, label: string, values: () => Values): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [key, value] of values()) this.inc({ [label]: key }, value);
      },
    });
  }

  #gauge(
    name: string,
    help: string,
    value: () => number,
    aggregator: Aggregator = "sum",
  ): void {
    new Gauge({
      name,
      help,
      aggregator,
      registers: [this.#registry],
      collect() {
        this.set(value());
      },
    });
  }

  #gauges(name: string, help: string, label: string, values: () => Values): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [key, value] of values()) this.set({ [label]: key }, value);
      },
    });
  }

  #histogram(name: string, help: string, buckets: Buckets): void {
    this.#registry.registerMetric(counted(name, help, buckets));
  }
}

/** "" for the digits that no status begins with. */
function classOf(digit: number): string {
  if (digit === 0) return "none";
  return digit <= 5 ? `${digit}xx` : "";
}

/**
 * A histogram that was counted elsewhere: prom-client's own takes three times as long to count, and
 * cannot be given counts. Its registry takes whatever has a name and `get`, though its types do not
 * say so.
 */
function counted(name: string, help: string, buckets: Buckets): Histogram {
  const metric = {
    name,
    get: () =>
      Promise.resolve({
        name,
        help,
        type: "histogram",
        aggregator: "sum",
        values: bucketValues(name, buckets),
      }),
  };
  return metric as unknown as Histogram;
}

/** Cumulative, as the text format has them. */
function bucketValues(name: string, { boundsMs, counts, sumMs }: Buckets) {
  let total = 0;
  const values = Array.from(counts, (count, at) => {
    const le = at < boundsMs.length ? boundsMs[at]! / 1000 : "+Inf";
    return { metricName: `${name}_bucket`, labels: { le }, value: total += count };
  });
  return [
    ...values,
    { metricName: `${name}_sum`, labels: {}, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels: {}, value: total },
  ];
}
