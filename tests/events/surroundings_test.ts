/**
 * Streams in what people put around them: a framework, the handler's time-out, the queue.
 *
 * @module
 */

import { Hono } from "hono";
import { eventStream, serve } from "../../mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { until, within } from "../support/time.ts";
import { lastRetry, StreamClient } from "./stream_client.ts";

const QUIET = { hostname: "127.0.0.1", port: 0, onListen: () => {} };

Deno.test("in Hono, a stream made of c.req.raw hears of the shutdown", async () => {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.res.headers.set("x-from", "hono");
  });
  app.get("/events", (context) => eventStream(context.req.raw, ({ send }) => void send("first")));
  const server = serve(QUIET, (request) => app.fetch(request));
  using client = await StreamClient.open(server, { request: "GET /events HTTP/1.1" });
  assertStringIncludes(client.head, "x-from: hono");
  while (!(await client.chunk())!.includes("data: first"));
  const report = server.shutdown({ deadline: 5_000 });
  assert(lastRetry((await client.chunks()).join("")) >= 0);
  const { aborted, forced } = await within(report, "the shutdown");
  assertEquals([aborted, forced], [0, 0]);
});

Deno.test("timeouts.handler is for the whole stream, unless an override lifts it", async () => {
  await using server = serve({
    ...QUIET,
    timeouts: { handler: 300 },
    overrides: [{ path: "/events/*", timeouts: { handler: 0 } }],
  }, (request) => eventStream(request, () => {}, { heartbeat: 100 }));
  using cut = await StreamClient.open(server, { request: "GET /other HTTP/1.1" });
  const { text } = await cut.remains();
  assert(!text.endsWith("0\r\n\r\n"));
  using client = await StreamClient.open(server, { request: "GET /events/a HTTP/1.1" });
  for (let i = 0; i < 8; i++) assert(await client.chunk() !== null);
});

Deno.test("with a queue, a stream holds its slot as long as it lasts", async () => {
  await using server = serve(
    { ...QUIET, queue: { maxActive: 2 } },
    (request) => eventStream(request, () => {}),
  );
  using client = await StreamClient.open(server);
  await client.chunk();
  assertEquals(server.queue!.stats().active, 1);
  client.wire.close();
  await until(() => server.queue!.stats().active === 0, "the slot to be free");
});
