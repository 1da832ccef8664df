import { Collector } from "../../handlers/status/collector.ts";
import { Histogram } from "../../handlers/status/histogram.ts";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { State } from "../../reactor/states.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** The median of what was answered since the last call. */
function medianOf(collector: Collector): number | null {
  const histogram = new Histogram();
  histogram.addAll(collector.take().latency);
  return histogram.percentile(0.5);
}

/** A connection with only the fields that a collector reads. */
function connection(state: State, stateMs = 0): ConnectionInfo & { state: State } {
  return { state, stateMs, closeReason: null, bytesIn: 0, bytesOut: 0 } as ConnectionInfo;
}

Deno.test("Collector tells how long a request waits, and how long the last one did", () => {
  const collector = new Collector(() => {});
  const each = connection("queued", 7);
  assertEquals(collector.queueMs(each), 7);
  each.state = "handling";
  assertEquals(collector.queueMs(each), null);
  collector.moved(each, "queued", 12);
  assertEquals(collector.queueMs(each), 12);
  assertEquals(collector.queueMs(connection("handling")), null);
});

Deno.test("Collector counts the time in the queue to the request that spent it, and to no other", () => {
  const collector = new Collector(() => {});
  const each = connection("handling");
  collector.moved(each, "queued", 1_000);
  each.state = "writing";
  collector.moved(each, "handling", 100);
  const first = medianOf(collector)!;
  assert(first >= 1_100 && first < 1_160, `${first}`);
  collector.moved(each, "handling", 100);
  const second = medianOf(collector)!;
  assert(second >= 100 && second < 106, `${second}`);
});

Deno.test("Collector counts no time for a request that got no answer", () => {
  const collector = new Collector(() => {});
  const each = connection("closed");
  collector.moved(each, "handling", 100);
  collector.closed(each);
  const { latency, closeReasons } = collector.take();
  assertEquals(latency.every((count) => count === 0), true);
  assertEquals([...closeReasons.values()], [1]);
  assertEquals(collector.take().closeReasons.size, 0);
});
