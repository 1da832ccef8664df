import { assertEquals } from "../support/assert.ts";
import { chunked, head, request } from "../support/requests.ts";
import { WireClient } from "../support/wire.ts";
import type { Values } from "./collector.ts";
import { asking, traced } from "./traced.ts";

const DURATION = "http.server.request.duration";
const ACTIVE = "http.server.active_requests";
const REQUEST_SIZE = "http.server.request.body.size";
const RESPONSE_SIZE = "http.server.response.body.size";

/** The attributes of an answer. */
function answered(method: string, status: number, more: Values = {}): Values {
  return {
    "http.request.method": method,
    "http.response.status_code": status,
    "network.protocol.version": "1.1",
    "url.scheme": "http",
    ...more,
  };
}

/** The attributes of an answer to a request without a known method. */
function refused(status: number, errorType: string): Values {
  const { "network.protocol.version": _, ...rest } = answered("_OTHER", status);
  return { ...rest, "error.type": errorType };
}

Deno.test("metrics count what was sent, by the conventions", async () => {
  const telemetry = await traced(async (port) => {
    using client = await WireClient.connect(port);
    for (let count = 0; count < 5; count++) await client.ask(request());
    await client.ask(request({ target: "/echo", body: "a".repeat(300) }));
    const fields = ["Transfer-Encoding: chunked"];
    await client.ask(request({ method: "POST", fields }) + chunked("ab", "cde"));
    await client.ask(request({ method: "HEAD" }));
    await client.ask(request({ method: "MAKEUP" }));
    await client.ask(request({ method: "made-up" }));
    await asking("/route", "/routes", "/404", "/500")(port);
  });
  const series: readonly (readonly [Values, count: number, bytesIn: number, bytesOut: number])[] = [
    [answered("GET", 200), 5, 0, 25],
    [answered("POST", 200), 2, 305, 305],
    [answered("HEAD", 200), 1, 0, 0],
    [answered("_OTHER", 200), 2, 0, 0],
    [answered("GET", 200, { "http.route": "/:any" }), 1, 0, 6],
    [answered("GET", 200, { "http.route": "/:some" }), 1, 0, 6],
    [answered("GET", 404), 1, 0, 7],
    [answered("GET", 500, { "error.type": "500" }), 1, 0, 6],
  ];
  for (const [attributes, count, bytesIn, bytesOut] of series) {
    const label = JSON.stringify(attributes);
    assertEquals(telemetry.point(DURATION, attributes).count, count, label);
    assertEquals(telemetry.point(REQUEST_SIZE, attributes).sum, bytesIn, label);
    assertEquals(telemetry.point(RESPONSE_SIZE, attributes).sum, bytesOut, label);
  }
  for (const name of [DURATION, REQUEST_SIZE, RESPONSE_SIZE]) {
    assertEquals(telemetry.metric(name).points.length, series.length, name);
  }
  const active = telemetry.metric(ACTIVE);
  assertEquals(active.points.map(({ value }) => value), [0, 0, 0, 0]);
  assertEquals([active.unit, telemetry.metric(DURATION).unit], ["{request}", "s"]);
});

Deno.test("metrics have the names, units, bounds and, if nothing fails, series of Deno.serve", async () => {
  const act = asking("/", "/404", "/route");
  const [ours, theirs] = [await traced(act), await traced(act, { server: "Deno.serve" })];
  for (const name of [DURATION, ACTIVE, REQUEST_SIZE, RESPONSE_SIZE]) {
    const [weir, deno] = [ours.metric(name), theirs.metric(name)];
    assertEquals([weir.unit, weir.points.length], [deno.unit, deno.points.length], name);
    for (const { attributes, count, bounds } of deno.points) {
      // Deno.serve sends it as text, where the conventions say a number.
      const status = attributes["http.response.status_code"];
      const same = status === undefined
        ? attributes
        : { ...attributes, "http.response.status_code": Number(status) };
      const point = ours.point(name, same);
      assertEquals([point.count, point.bounds], [count, bounds], name);
    }
  }
});

Deno.test("what the engine answers on its own counts too, and what is under way shows", async () => {
  const options = {
    timeouts: { head: 200 },
    limits: { headBytes: 1_000, bodyBytes: 10 },
    overrides: [{ path: "/slow/*", timeouts: { handler: 1_000 } }],
    queue: { maxActive: 1, maxQueued: 0 },
  };
  const telemetry = await traced(async (port) => {
    const raw = [
      "GET / HTTP/1.1\r\n\r\n",
      head("GET  / HTTP/1.1"),
      head("GET / HTTP/1.1", "Host: h", `Long: ${"a".repeat(2_000)}`),
      "GET / HTTP/1.1\r\nHost",
      request({ body: "a".repeat(11) }),
    ];
    for (const bytes of raw) {
      using client = await WireClient.connect(port);
      await client.ask(bytes);
    }
    using slow = await WireClient.connect(port);
    await slow.send(request({ target: "/slow/never" }));
    // The slow request may not have the one place yet: then these are answered.
    let status = 200;
    for (let count = 0; count < 1_000 && status === 200; count++) {
      using client = await WireClient.connect(port);
      status = (await client.ask(request())).status;
    }
    await slow.response();
  }, { options });
  const series: readonly Values[] = [
    answered("GET", 400, { "error.type": "bad_host" }),
    refused(400, "bad_request_line"),
    refused(431, "head_too_large"),
    refused(408, "head_timeout"),
    answered("POST", 413, { "error.type": "body_too_large" }),
    answered("GET", 503, { "error.type": "503" }),
    answered("GET", 503, { "error.type": "handler_timeout" }),
  ];
  for (const attributes of series) assertEquals(telemetry.point(DURATION, attributes).count, 1);
  const { sum } = telemetry.point(DURATION, series.at(-1)!);
  assertEquals(sum >= 1 && sum < 8, true, `${sum} s`);
  assertEquals(telemetry.metric(ACTIVE).points.map(({ value }) => value), [0, 0]);
});
