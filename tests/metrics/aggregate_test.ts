/**
 * The metrics of several threads as those of one server.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type MetricFamily, type MetricValues, Totals } from "../../handlers/metrics/aggregate.ts";

function family(
  name: string,
  type: string,
  values: MetricFamily["values"],
  aggregator = "sum",
): MetricFamily {
  return { name, help: name, type, aggregator, values };
}

/** A thread that has answered so many requests, and has so many connections open. */
function thread(requests: number, open: number, rss = 100): MetricValues {
  return [
    family("requests_total", "counter", [
      { labels: { class: "2xx" }, value: requests },
      { labels: { class: "5xx" }, value: 1 },
    ]),
    family("open", "gauge", [{ labels: {}, value: open }]),
    family("rss", "gauge", [{ labels: {}, value: rss }], "max"),
    family("seconds", "histogram", [
      { metricName: "seconds_bucket", labels: { le: 1 }, value: requests },
      { metricName: "seconds_bucket", labels: { le: "+Inf" }, value: requests + 1 },
      { metricName: "seconds_sum", labels: {}, value: requests / 2 },
      { metricName: "seconds_count", labels: {}, value: requests + 1 },
    ]),
  ];
}

async function valuesOf(totals: Totals): Promise<Map<string, number>> {
  const lines = (await totals.text()).split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

Deno.test("totals: counters, gauges and buckets are added up; of what is shared the largest counts", async () => {
  const totals = new Totals();
  totals.set(1, thread(10, 3, 100));
  totals.set(2, thread(5, 4, 120));
  assertEquals(
    await valuesOf(totals),
    new Map([
      ['requests_total{class="2xx"}', 15],
      ['requests_total{class="5xx"}', 2],
      ["open", 7],
      ["rss", 120],
      ['seconds_bucket{le="1"}', 15],
      ['seconds_bucket{le="+Inf"}', 17],
      ["seconds_sum", 7.5],
      ["seconds_count", 17],
    ]),
  );
});

Deno.test("totals: what a thread had counted stays when it ends, what it had open does not", async () => {
  const totals = new Totals();
  totals.set(1, thread(10, 3));
  totals.set(2, thread(5, 4));
  totals.end(1);
  const values = await valuesOf(totals);
  assertEquals(values.get('requests_total{class="2xx"}'), 15);
  assertEquals(values.get("seconds_count"), 17);
  assertEquals(values.get("open"), 4);
  totals.end(1);
  assertEquals((await valuesOf(totals)).get('requests_total{class="2xx"}'), 15);
});

Deno.test("totals: a counter never falls, however many threads come and go", async () => {
  const totals = new Totals();
  let before = 0;
  for (let number = 1; number <= 60; number++) {
    totals.set(number, thread(number, 1));
    totals.set(number + 1, thread(0, 1));
    const scrape = valuesOf(totals);
    // While others are being joined.
    totals.end(number);
    const sum = (await scrape).get('requests_total{class="2xx"}')!;
    assert(sum >= before, `${sum} after ${before}`);
    before = sum;
  }
  assertEquals((await valuesOf(totals)).get('requests_total{class="2xx"}'), 60 * 61 / 2);
});
