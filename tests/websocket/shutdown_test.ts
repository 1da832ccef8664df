/**
 * Sockets in the server's life: counted among its connections, closed with 1001 at its shutdown, cut when it
 * has to end.
 *
 * @module
 */

import { serve, type Server, upgradeWebSocket, type UpgradeWebSocketOptions } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { eachOf, settles, until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { close, handshake, lineOf, nextFrame } from "./raw_socket.ts";
import { echo, type Seen, watched } from "./servers.ts";

interface Started {
  readonly server: Server<Deno.NetAddr>;
  readonly seen: Seen[];
}

function started(options: UpgradeWebSocketOptions = {}, signal?: AbortSignal): Started {
  const seen: Seen[] = [];
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    ...(signal === undefined ? {} : { signal }),
  }, (request) => {
    const { socket, response } = upgradeWebSocket(request, options);
    echo(socket);
    seen.push(watched(socket));
    return response;
  });
  return { server, seen };
}

async function clientOf({ server, seen }: Started): Promise<WireClient> {
  const before = seen.length;
  const client = await WireClient.connect(server.addr.port);
  await client.send(handshake());
  assertEquals((await client.response()).status, 101);
  await until(() => seen[before]?.socket.readyState === 1, "an open socket");
  return client;
}

Deno.test("a shutdown closes all sockets with 1001, and waits for their clients", async () => {
  const its = started();
  const clients = await Promise.all([clientOf(its), clientOf(its), clientOf(its)]);
  assertEquals([...its.server.connections].map(({ state }) => state), [
    "upgraded",
    "upgraded",
    "upgraded",
  ]);
  const report = its.server.shutdown({ deadline: 5_000 });
  for (const client of clients) assertEquals(lineOf(await nextFrame(client)), "close:1001");
  assertEquals(await settles(report, 100), false);
  for (const client of clients) {
    await client.send(close(1001));
    assertEquals((await client.remains()).end, "clean");
    client.close();
  }
  const { drained, forced, aborted } = await within(report, "the shutdown");
  assertEquals([drained, forced, aborted], [3, 0, 0]);
  assertEquals(its.seen.map(({ events }) => events), Array(3).fill(["open", "close 1001 true"]));
});

Deno.test("a shutdown waits no longer than closeTimeout for a client that does not answer", async () => {
  const its = started({ closeTimeout: 0.2 });
  using client = await clientOf(its);
  const begin = performance.now();
  const { drained, forced } = await its.server.shutdown({ deadline: 5_000 });
  assert(performance.now() - begin < 2_000);
  assertEquals([drained, forced], [1, 0]);
  assertEquals(its.seen[0]!.events, ["open", "close 1006 false"]);
  client.close();
});

Deno.test("a shutdown keeps its deadline, whatever closeTimeout is", async () => {
  const its = started({ closeTimeout: 60 });
  using client = await clientOf(its);
  const begin = performance.now();
  const { forced } = await its.server.shutdown({ deadline: 200, grace: 100 });
  assert(performance.now() - begin < 2_000);
  assertEquals(forced, 1);
  await within(its.seen[0]!.closed, "the close event");
  assertEquals(its.seen[0]!.events, ["open", "close 1006 false"]);
  assertEquals(lineOf(await nextFrame(client)), "close:1001");
});

Deno.test("an aborted signal cuts the sockets", async () => {
  const controller = new AbortController();
  const its = started({}, controller.signal);
  using client = await clientOf(its);
  controller.abort();
  await within(its.server.finished, "the end");
  assertEquals((await client.remains()).text, "");
  await within(its.seen[0]!.closed, "the close event");
  assertEquals(its.seen[0]!.events, ["open", "error", "close 1006 false"]);
});

Deno.test("a handshake that ends during the shutdown is closed with 1001 at once", async () => {
  const entered = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const seen: Seen[] = [];
  const server = serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { socket, response } = upgradeWebSocket(request);
    seen.push(watched(socket));
    entered.resolve();
    await go.promise;
    return response;
  });
  using client = await WireClient.connect(server.addr.port);
  await client.send(handshake());
  await entered.promise;
  const report = server.shutdown({ deadline: 5_000 });
  go.resolve();
  assertEquals((await client.response()).status, 101);
  assertEquals(lineOf(await nextFrame(client)), "close:1001");
  await client.send(close(1001));
  await client.remains();
  client.close();
  assertEquals((await within(report, "the shutdown")).forced, 0);
  assertEquals(seen[0]!.events, ["open", "close 1001 true"]);
});

Deno.test("close() on a connection of the server closes its socket with 1001, abort() cuts it", async () => {
  const its = started();
  using client = await clientOf(its);
  for (const connection of its.server.connections) connection.close();
  assertEquals(lineOf(await nextFrame(client)), "close:1001");
  await client.send(close(1001));
  await client.remains();
  client.close();
  await within(its.seen[0]!.closed, "the close event");
  using other = await clientOf(its);
  for (const connection of its.server.connections) connection.abort();
  assertEquals((await other.remains()).text, "");
  await within(its.seen[1]!.closed, "the close event");
  assertEquals(its.seen[1]!.events, ["open", "error", "close 1006 false"]);
  assertEquals([...its.server.connections].length, 0);
  await its.server.shutdown();
});

Deno.test("a thousand quiet sockets are closed and gone within the deadline", async () => {
  const its = started();
  const COUNT = 1_000;
  const clients: WireClient[] = [];
  await eachOf(Array(COUNT).keys(), async () => {
    const client = await WireClient.connect(its.server.addr.port);
    clients.push(client);
    await client.send(handshake());
    assertEquals((await client.response()).status, 101);
  });
  await until(() => its.seen.every(({ socket }) => socket.readyState === 1), "all to open");
  assertEquals([...its.server.connections].length, COUNT);
  const report = its.server.shutdown({ deadline: 10_000 });
  await eachOf(clients, async (client) => {
    assertEquals(lineOf(await nextFrame(client)), "close:1001");
    await client.send(close(1001));
    await client.remains();
    client.close();
  });
  const { drained, forced } = await within(report, "the shutdown");
  assertEquals([drained, forced], [COUNT, 0]);
  assertEquals(
    its.seen.filter(({ events }) => events.join() === "open,close 1001 true").length,
    COUNT,
  );
});
