/**
 * `limits.requestsPerClient` on real sockets: whoever `info.client` says it is, through one proxy or two, by
 * fields or by a PROXY header; and what the metrics and the access log say of what is refused.
 *
 * @module
 */

import {
  AccessLog,
  Metrics,
  serve,
  type ServeHandler,
  type ServeOptions,
  upgradeWebSocket,
} from "../../mod.ts";
import { request } from "../engine/requests.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { type Running, start, type StartOptions, WEIR } from "../support/servers.ts";
import { until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { close, handshake } from "../websocket/raw_socket.ts";
import { curlFrom2, documented, nginxBy } from "./fronts.ts";

const QUIET = { hostname: "127.0.0.1", port: 0, onListen() {} };
const ONE = { ...QUIET, limits: { requestsPerClient: 1 } };

/** A handler that answers `/slow` when it is told to, and all others at once. */
class Slow {
  readonly #release = Promise.withResolvers<void>();
  calls = 0;
  readonly handle: ServeHandler = async ({ url }) => {
    this.calls++;
    if (url.endsWith("/slow")) await this.#release.promise;
    return new Response("ok");
  };

  /** Sends a request whose answer takes until `end`. */
  async begin(client: WireClient, fields: readonly string[] = []): Promise<void> {
    const before = this.calls;
    await client.send(request({ target: "/slow", fields }));
    await until(() => this.calls > before, "the handler to be called");
  }

  end(): void {
    this.#release.resolve();
  }
}

interface Row {
  readonly name: string;
  readonly options?: Partial<ServeOptions>;
  /** The fields of a request that is at work, and of one that comes then. */
  readonly first: readonly string[];
  readonly second: readonly string[];
  readonly status: number;
}

const ROWS: readonly Row[] = [
  { name: "the same peer", first: [], second: [], status: 429 },
  {
    name: "fields that nobody believes",
    first: ["X-Forwarded-For: 203.0.113.1"],
    second: ["X-Forwarded-For: 203.0.113.2"],
    status: 429,
  },
  {
    name: "two clients of a trusted proxy",
    options: { trustedProxies: ["loopback"] },
    first: ["X-Forwarded-For: 203.0.113.1"],
    second: ["X-Forwarded-For: 203.0.113.2"],
    status: 200,
  },
  {
    name: "one client of a trusted proxy that lies in front",
    options: { trustedProxies: ["loopback"] },
    first: ["X-Forwarded-For: 198.51.100.1, 203.0.113.1"],
    second: ["X-Forwarded-For: 198.51.100.2, 203.0.113.1"],
    status: 429,
  },
  {
    name: "two clients of two trusted proxies",
    options: { trustedProxies: ["loopback", "10.0.0.0/8"] },
    first: ["X-Forwarded-For: 203.0.113.1, 10.0.0.1"],
    second: ["X-Forwarded-For: 203.0.113.2, 10.0.0.1"],
    status: 200,
  },
  {
    name: "one client that comes by two ways of two proxies",
    options: { trustedProxies: 2 },
    first: ["X-Forwarded-For: 203.0.113.1, 10.0.0.1"],
    second: ["X-Forwarded-For: 203.0.113.1, 10.0.0.2"],
    status: 429,
  },
  {
    name: "one /64 behind a trusted proxy",
    options: { trustedProxies: 1, forwardedFields: "forwarded" },
    first: ['Forwarded: for="[2001:db8::1]:5"'],
    second: ['Forwarded: for="[2001:db8::2]:6"'],
    status: 429,
  },
  {
    name: "two /64 behind a trusted proxy",
    options: { trustedProxies: 1, forwardedFields: "forwarded" },
    first: ['Forwarded: for="[2001:db8::1]"'],
    second: ['Forwarded: for="[2001:db8:0:1::1]"'],
    status: 200,
  },
  {
    name: "a client that its proxy hides, and the proxy itself",
    options: { trustedProxies: 1, forwardedFields: "forwarded" },
    first: ["Forwarded: for=unknown"],
    second: [],
    status: 429,
  },
];

for (const { name, options, first, second, status } of ROWS) {
  Deno.test(`limits.requestsPerClient of ${name}: ${status}`, async () => {
    const slow = new Slow();
    await using server = serve({ ...ONE, ...options }, slow.handle);
    using one = await WireClient.connect(server.addr.port);
    using two = await WireClient.connect(server.addr.port);
    await slow.begin(one, first);
    const answer = await two.ask(request({ fields: second }));
    assertEquals([answer.status, slow.calls], [status, status === 200 ? 2 : 1]);
    slow.end();
    assertEquals((await one.response()).status, 200);
    // The connection goes on, and there is room again.
    assertEquals((await two.ask(request({ fields: second }))).status, 200);
  });
}

Deno.test("limits.requestsPerClient goes by the addresses of PROXY headers", async () => {
  const slow = new Slow();
  await using server = serve({ ...ONE, proxyProtocol: { from: ["loopback"] } }, slow.handle);
  const from = async (address: string) => {
    const client = await WireClient.connect(server.addr.port);
    await client.send(`PROXY TCP4 ${address} 192.0.2.9 5 80\r\n`);
    return client;
  };
  using one = await from("203.0.113.1");
  using again = await from("203.0.113.1");
  using other = await from("203.0.113.2");
  await slow.begin(one);
  assertEquals((await again.ask(request())).status, 429);
  assertEquals((await other.ask(request())).status, 200);
  slow.end();
});

Deno.test("limits.requestsPerClient has no effect at a unix socket, where nobody is known", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  const slow = new Slow();
  await using _server = serve({ path, limits: ONE.limits, onListen() {} }, slow.handle as never);
  using one = await Deno.connect({ transport: "unix", path });
  using two = await Deno.connect({ transport: "unix", path });
  const send = (conn: Deno.Conn, target: string) =>
    conn.write(new TextEncoder().encode(request({ target })));
  await send(one, "/slow");
  await until(() => slow.calls === 1, "the handler to be called");
  await send(two, "/");
  const into = new Uint8Array(999);
  const count = await two.read(into);
  assertStringIncludes(new TextDecoder().decode(into.subarray(0, count!)), "HTTP/1.1 200 ");
  slow.end();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("limits.requestsPerClient counts a WebSocket until it has ended", async () => {
  await using server = serve(ONE, (request) => {
    if (request.headers.get("upgrade") === null) return new Response("ok");
    return upgradeWebSocket(request).response;
  });
  using socket = await WireClient.connect(server.addr.port);
  assertEquals((await socket.ask(handshake())).status, 101);
  using client = await WireClient.connect(server.addr.port);
  assertEquals((await client.ask(request())).status, 429);
  assertEquals((await client.ask(handshake())).status, 429);
  await socket.send(close(1000));
  socket.close();
  await until(() => server.connections.size === 1, "the socket to end");
  assertEquals((await client.ask(request())).status, 200);
});

Deno.test("a client that resets its requests gets no new handlers while the old ones work", async () => {
  const slow = new Slow();
  const limits = { requestsPerClient: 3 };
  await using server = serve({ ...QUIET, limits }, slow.handle);
  let refused = 0;
  for (let at = 0; at < 20; at++) {
    const client = await WireClient.connect(server.addr.port);
    const answer = client.ask(request({ target: "/slow" })).catch(() => null);
    await until(() => slow.calls + refused > at || slow.calls === 3, "the request to arrive");
    if (at >= 3 && (await answer)?.status === 429) refused++;
    client.close();
    await answer;
  }
  assertEquals([slow.calls, refused], [3, 17]);
  slow.end();
});

Deno.test("what limits.requestsPerClient refuses is counted, and logged with its client", async () => {
  const path = await Deno.makeTempFile();
  const slow = new Slow();
  await using server = serve({ ...ONE, trustedProxies: 1 }, slow.handle);
  const metrics = new Metrics();
  metrics.observe(server);
  const log = new AccessLog({ format: "json", to: { path } });
  log.observe(server);
  const fields = ["X-Forwarded-For: 203.0.113.1"];
  using one = await WireClient.connect(server.addr.port);
  using two = await WireClient.connect(server.addr.port);
  await slow.begin(one, fields);
  assertEquals((await two.ask(request({ fields }))).status, 429);
  const text = await (await metrics.handler(new Request("http://h/metrics"))).text();
  assertStringIncludes(text, 'weir_http_refusals_total{code="too_many_requests"} 1');
  slow.end();
  await one.response();
  await server.shutdown();
  await log.close();
  const [line] = (await Deno.readTextFile(path)).split("\n");
  const { client, status } = JSON.parse(line!);
  assertEquals([client, status], ["203.0.113.1", 429]);
  await Deno.remove(path);
});

withProgram("nginx", "limits.requestsPerClient through nginx by the page", async () => {
  const release = Promise.withResolvers<void>();
  let calls = 0;
  const handler = async () => {
    calls++;
    await release.promise;
    return new Response("ok");
  };
  const options = { trustedProxies: ["127.0.0.1"], limits: { requestsPerClient: 1 } };
  await using running: Running = start(WEIR, handler, options as StartOptions);
  await using nginx = await nginxBy(documented("nginx", "X-Forwarded-For"), running.port);
  const first = curlFrom2(nginx.port);
  await until(() => calls === 1, "the handler to be called");
  const status = ["-o", "/dev/null", "-w", "%{http_code}"];
  assertEquals(await curlFrom2(nginx.port, ...status), "429");
  const other = fetch(`http://127.0.0.1:${nginx.port}/`);
  await until(() => calls === 2, "the other client's request to begin");
  release.resolve();
  assertEquals(await first, "ok");
  assertEquals(await (await other).text(), "ok");
});
