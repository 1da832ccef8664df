/**
 * What uses the client of a request: the handler, lane functions, the access log. And what it costs a server
 * that trusts nobody: nothing is looked at.
 *
 * @module
 */

import { AccessLog, type QueuedRequest, serve, type ServeHandlerInfo } from "../../mod.ts";
import { answers, onRig } from "../engine/rig.ts";
import { GET, request } from "../engine/requests.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const FROM_7 = request({ fields: ["X-Forwarded-For: 203.0.113.7"] });

const QUIET = { hostname: "127.0.0.1", port: 0, onListen() {} };

Deno.test("the access log has the client, and in JSON the peer beside it", async () => {
  const folder = await Deno.makeTempDir();
  await using server = serve({ ...QUIET, trustedProxies: 1 }, () => new Response("ok"));
  const logs = (["common", "json"] as const).map((format) =>
    new AccessLog({ format, to: { path: `${folder}/${format}` } })
  );
  for (const log of logs) log.observe(server);
  using client = await WireClient.connect(server.addr.port);
  await client.ask(FROM_7);
  await client.ask("BAD\r\n\r\n");
  await server.shutdown();
  for (const log of logs) await log.close();
  const [common, json] = await Promise.all(
    ["common", "json"].map((format) => Deno.readTextFile(`${folder}/${format}`)),
  );
  assertEquals(common!.match(/^\S+/gm), ["203.0.113.7", "127.0.0.1"]);
  const [first] = json!.split("\n").map((line) => line && JSON.parse(line));
  assertEquals([first.client, first.peer], ["203.0.113.7", "127.0.0.1"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a lane function sees the client and the head of the request that waits", async () => {
  const seen: unknown[] = [];
  const lane = (waiting: QueuedRequest) => {
    const { client, method, target, path } = waiting;
    const field = waiting.header("X-Forwarded-Host");
    seen.push([client.address, client.host, method, target, path, field]);
    return client.address === "203.0.113.7" ? "high" : "normal";
  };
  const release = Promise.withResolvers<void>();
  await using server = serve({
    ...QUIET,
    trustedProxies: ["loopback"],
    queue: { maxActive: 1, lane },
  }, async (request) => {
    if (request.url.endsWith("/slow")) await release.promise;
    return new Response(request.url);
  });
  using slow = await WireClient.connect(server.addr.port);
  await slow.send(request({ target: "/slow" }));
  using waiting = await WireClient.connect(server.addr.port);
  await waiting.send(
    request({ target: "/x?y", fields: ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Host: a"] }),
  );
  await until(() => seen.length > 0, "the lane function to be called");
  release.resolve();
  assertEquals((await waiting.response()).status, 200);
  assertEquals((await slow.response()).status, 200);
  assertEquals(seen, [["203.0.113.7", "a", "GET", "/x?y", "/x", "a"]]);
});

Deno.test("info.client is one object, made when it is asked for, also after the answer", async () => {
  let info: ServeHandlerInfo | undefined;
  await using server = serve({ ...QUIET, trustedProxies: 1 }, (_, given) => {
    info = given;
    return new Response("ok");
  });
  using client = await WireClient.connect(server.addr.port);
  await client.ask(FROM_7);
  await server.shutdown();
  assert(info!.client === info!.client);
  assertEquals(info!.client, {
    address: "203.0.113.7",
    port: null,
    protocol: "http",
    host: "h",
  });
  assertEquals(info!.proxyHeader, null);
});

Deno.test("without trustedProxies the client is the peer, whatever the fields say", async () => {
  await using server = serve(QUIET, (_, { client }) => Response.json(client));
  using client = await WireClient.connect(server.addr.port);
  const fields = ["X-Forwarded-For: 1.1.1.1", "Forwarded: for=1.1.1.1", "X-Forwarded-Host: a"];
  const told = JSON.parse((await client.ask(request({ fields }))).text);
  const { port } = client.localAddr;
  assertEquals(told, { address: "127.0.0.1", port, protocol: "http", host: "h" });
});

Deno.test("a server that listens on all addresses knows a client of IPv4 by its IPv4 address", async () => {
  const told: unknown[] = [];
  await using server = serve({ ...QUIET, hostname: "::" }, (_, { client, remoteAddr }) => {
    told.push(client.address, remoteAddr.hostname);
    return new Response("ok");
  });
  using client = await WireClient.connect(server.addr.port);
  await client.ask(GET);
  assertEquals(told[0], "127.0.0.1");
  assertStringIncludes(String(told[1]), "127.0.0.1");
});

Deno.test("who the client is is found out when somebody asks, and once for each request", async () => {
  let asked = 0;
  const client = { address: "203.0.113.7", port: null, protocol: "http", host: null };
  const clientOf = () => {
    asked++;
    return client;
  };
  await onRig({ handle: answers("ok"), clientOf }, async (rig) => {
    const line = await rig.sent(GET + GET);
    assertEquals([line.statuses(), asked], [[200, 200], 0]);
    const { info } = rig.last.exchange;
    assertEquals([info.client === client, info.client === client, asked], [true, true, 1]);
  });
});
