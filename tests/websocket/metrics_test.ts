/**
 * What the metrics tell of sockets: of each server its own, and nothing is lost when a socket ends.
 *
 * @module
 */

import { Metrics, serve, upgradeWebSocket } from "../../mod.ts";
import { readSample } from "../metrics/samples.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { until } from "../support/time.ts";

const OPTIONS = { hostname: "127.0.0.1", port: 0, onListen: () => {} } as const;

function echo(request: Request): Response {
  const { socket, response } = upgradeWebSocket(request, { compress: true });
  socket.onmessage = ({ data }) => {
    socket.send(data);
    socket.send("!");
  };
  return response;
}

async function samplesOf(metrics: Metrics): Promise<number[]> {
  const text = await (await metrics.handler(new Request("http://a/"))).text();
  return [
    "weir_websockets",
    'weir_websocket_messages_total{direction="in"}',
    'weir_websocket_messages_total{direction="out"}',
    'weir_websocket_bytes_total{direction="in"}',
    'weir_websocket_bytes_total{direction="out"}',
  ].map((name) => readSample(text, name));
}

Deno.test("the metrics count open sockets, messages and bytes, of their own server alone", async () => {
  await using server = serve(OPTIONS, echo);
  await using other = serve(OPTIONS, echo);
  const [metrics, otherMetrics] = [new Metrics(), new Metrics()];
  metrics.observe(server);
  otherMetrics.observe(other);
  const sockets = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${server.addr.port}/`));
  let got = 0;
  for (const socket of sockets) {
    socket.onopen = () => {
      socket.send("äx");
      socket.send(new Uint8Array(2_000));
    };
    socket.onmessage = () => got++;
  }
  await until(() => got === 8, "all echoes");
  const sum = [4, 8, 2 * 2_003, 2 * 2_005];
  assertEquals(await samplesOf(metrics), [2, ...sum]);
  sockets[0]!.close();
  await until(() => server.connections.size === 1, "the socket to be gone");
  assertEquals(await samplesOf(metrics), [1, ...sum]);
  assertEquals(await samplesOf(otherMetrics), [0, 0, 0, 0, 0]);
  sockets[1]!.close();
  await until(() => server.connections.size === 0, "the other socket to be gone");
  assertEquals(await samplesOf(metrics), [0, ...sum]);
});

Deno.test("docs/websocket.md names them", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/websocket.md", import.meta.url));
  for (const name of ["weir_websockets", "weir_websocket_messages_total"]) {
    assertStringIncludes(page, name);
  }
});
