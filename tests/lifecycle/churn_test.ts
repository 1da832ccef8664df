/**
 * Connections that come and go in every way: nothing of them is left, neither in the Set nor among the
 * descriptors nor in memory. The long run: `deno task test tests/lifecycle/churn_test.ts -- --churn=200000`.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { chunked, GET, head, LAST_GET, request } from "../support/requests.ts";
import { eachOf } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { MeasuredServer, mib, numberArg } from "./child.ts";

const CONNECTIONS = numberArg("churn", 3_000);
const WARM_UP = 6_000;
const UPLOAD = head("POST / HTTP/1.1", "Host: h", "Content-Length: 100000");
const CHUNKED = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
const LARGE = request({ target: "/large" });

/** Each of them leaves the connection to be closed by the client. */
const ENDINGS: Readonly<Record<string, (client: WireClient) => Promise<unknown>>> = {
  "without a byte": () => Promise.resolve(),
  "half-closed without a byte": (client) => halfClosed(client, ""),
  "mid-head": (client) => client.send(GET.slice(0, 15)),
  "half-closed mid-head": (client) => halfClosed(client, GET.slice(0, 15)),
  "after an answer": (client) => client.ask(GET),
  "after three answers": async (client) => {
    for (let turn = 0; turn < 3; turn++) await client.ask(request({ body: "abc" }));
  },
  "with an answer unread: a reset": (client) => client.send(GET),
  "half-closed after a request": (client) => halfClosed(client, GET),
  "by Connection: close": async (client) => {
    await client.ask(LAST_GET);
    await client.remains();
  },
  "mid-body": (client) => client.send(UPLOAD + "x".repeat(1_000)),
  "half-closed mid-body": (client) => halfClosed(client, UPLOAD + "x".repeat(1_000)),
  "mid-chunk": (client) => client.send(CHUNKED + chunked("abc").slice(0, 5)),
  "mid-response: a reset": async (client) => {
    await client.send(LARGE);
    await client.readOnce();
  },
  "mid-stream: a reset": async (client) => {
    await client.send(request({ target: "/stream" }));
    await client.readOnce();
  },
  "by a bad request": (client) => halfClosed(client, "BAD\r\n\r\n"),
  "by a bad request, at once": (client) => client.send("BAD\r\n\r\n"),
  "pipelined: a reset": (client) => client.send(GET.repeat(20)),
};

async function halfClosed(client: WireClient, raw: string): Promise<void> {
  await client.send(raw);
  await client.closeWrite();
  await client.remains();
}

/** Opens and ends `count` connections, all endings in turn. */
async function churn(server: MeasuredServer, count: number): Promise<void> {
  const acts = Object.values(ENDINGS);
  const one = async (at: number) => {
    using client = await server.connect();
    await acts[at % acts.length]!(client);
  };
  await eachOf(Array.from({ length: count }, (_, at) => at), one);
}

Deno.test(`${CONNECTIONS} connections that end in every way leave nothing behind`, async () => {
  await using server = await MeasuredServer.spawn();
  // Memory that the runtime takes once is no leak: after this it has stopped growing.
  await churn(server, WARM_UP);
  const before = await server.empty();
  const begin = performance.now();
  await churn(server, CONNECTIONS);
  const seconds = (performance.now() - begin) / 1000;
  const after = await server.empty();
  const growth = after.rss - before.rss;
  console.log(
    `  ${Math.round(CONNECTIONS / seconds)} connections/s; descriptors ${before.descriptors} → ` +
      `${after.descriptors}; resident ${mib(before.rss)} → ${mib(after.rss)}`,
  );
  assertEquals([after.connections, after.descriptors], [1, before.descriptors]);
  assert(growth < 16 * 1024 * 1024, `${mib(growth)} more than before`);
  assertEquals(await server.ask("/"), "");
});
