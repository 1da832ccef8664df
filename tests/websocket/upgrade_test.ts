/**
 * What becomes of an upgrade: the 101 goes out with the response that the handler returns, and a handler
 * that fails, or returns something else, answers as any other.
 *
 * @module
 */

import { upgradeWebSocket } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { GET } from "../support/requests.ts";
import { start, WEIR } from "../support/servers.ts";
import { pause, settles, until, within } from "../support/time.ts";
import { upgradeOf } from "../support/upgrade.ts";
import { close, frame, handshake, lineOf, nextFrame, opened, TEXT } from "./raw_socket.ts";
import { echo, type Seen, socketServer, watched } from "./servers.ts";

Deno.test("the 101 is sent when the handler returns the response, with the headers that it has then", async () => {
  const entered = Promise.withResolvers<Seen>();
  const go = Promise.withResolvers<void>();
  await using server = start(WEIR, async (request) => {
    const { socket, response } = upgradeWebSocket(request);
    assertEquals([response.status, socket.readyState], [101, WebSocket.CONNECTING]);
    entered.resolve(watched(socket));
    await go.promise;
    response.headers.append("set-cookie", "a=1");
    response.headers.append("set-cookie", "b=2");
    return response;
  });
  using client = await server.connect();
  await client.send(handshake());
  const { events } = await entered.promise;
  const answer = client.response();
  assertEquals([await settles(answer, 50), events], [false, []] as unknown[]);
  go.resolve();
  assertEquals((await answer).headers("set-cookie"), ["a=1", "b=2"]);
  await until(() => events.length > 0, "the open event");
  assertEquals(events, ["open"]);
});

Deno.test("open fires after the handler has returned, and so do messages that came with the handshake", async () => {
  const order: string[] = [];
  await using server = start(WEIR, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    socket.onopen = () => order.push("open");
    socket.onmessage = ({ data }) => order.push(data);
    order.push("returned");
    return response;
  });
  using client = await server.connect();
  await client.send(handshake());
  await client.send(frame(TEXT, "early"));
  await client.response();
  await until(() => order.length === 3, "the message");
  assertEquals(order, ["returned", "open", "early"]);
});

Deno.test("frames that came in one packet with the handshake are not lost", async () => {
  await using sockets = socketServer();
  using client = await sockets.server.connect();
  await client.send(handshake() + String.fromCharCode(...frame(TEXT, "early"), ...close(1000)));
  assertEquals((await client.response()).status, 101);
  assertEquals(lineOf(await nextFrame(client)), "text:early");
  assertEquals(lineOf(await nextFrame(client)), "close:1000");
});

/** What a handler may do instead of returning the response. */
const OTHERWISE: Readonly<Record<string, () => Response | Promise<Response>>> = {
  "throws": () => {
    throw new Error("Thrown by the handler");
  },
  "rejects": () => Promise.reject(new Error("Rejected by the handler")),
  "returns another response": () => new Response("no", { status: 403 }),
  "returns nothing": () => undefined as unknown as Response,
};

for (const [what, act] of Object.entries(OTHERWISE)) {
  Deno.test(`a handler that ${what} answers as any other, and its socket fails`, async () => {
    let seen!: Seen;
    await using server = start(WEIR, (request) => {
      if (request.headers.get("upgrade") === null) return new Response("plain");
      seen = watched(upgradeWebSocket(request).socket);
      return act();
    });
    using client = await server.connect();
    await client.send(handshake());
    const { status } = await client.response();
    assertEquals(status, what === "returns another response" ? 403 : 500);
    await within(seen.closed, "the close event");
    assertEquals(
      [seen.events, seen.socket.readyState],
      [["error", "close 1006 false"], 3] as unknown[],
    );
    // The connection goes on as HTTP.
    assertEquals((await client.ask(GET)).text, "plain");
  });
}

Deno.test("a client that leaves before the handler returns fails the socket", async () => {
  const entered = Promise.withResolvers<Seen>();
  const go = Promise.withResolvers<void>();
  await using server = start(WEIR, async (request) => {
    const { socket, response } = upgradeWebSocket(request);
    entered.resolve(watched(socket));
    await go.promise;
    return response;
  });
  const client = await server.connect();
  await client.send(handshake());
  const seen = await entered.promise;
  client.close();
  // Long enough for the server to notice.
  await pause(50);
  go.resolve();
  await within(seen.closed, "the close event");
  assert(!seen.events.includes("close 1000 true"));
  assertEquals(seen.events.at(-1), "close 1006 false");
});

Deno.test("a handler that takes too long is answered for, and its socket fails", async () => {
  let seen!: Seen;
  const go = Promise.withResolvers<void>();
  await using server = start(WEIR, async (request) => {
    const { socket, response } = upgradeWebSocket(request);
    seen = watched(socket);
    await go.promise;
    return response;
  }, { timeouts: { handler: 100 } });
  using client = await server.connect();
  await client.send(handshake());
  assertEquals((await client.response()).status, 503);
  await within(seen.closed, "the close event");
  assertEquals(seen.events, ["error", "close 1006 false"]);
  go.resolve();
});

Deno.test("a request can be upgraded once, and not after its answer", async () => {
  const errors: TypeError[] = [];
  await using server = start(WEIR, (request, info) => {
    const first = upgradeWebSocket(request);
    errors.push(assertThrows(() => upgradeWebSocket(request), TypeError));
    if (new URL(request.url).pathname === "/raw") {
      const raw = upgradeOf(info)({ headers: { upgrade: "websocket" } });
      raw.close();
      errors.push(assertThrows(() => upgradeWebSocket(request), TypeError));
    }
    return first.response;
  });
  using client = await opened(server);
  await client.send(close(1000));
  assertEquals(lineOf(await nextFrame(client)), "close:1000");
  using other = await opened(server, [], "/raw");
  assertEquals((await other.remains()).text, "");
  assertEquals([errors.length, server.errors], [3, []] as unknown[]);
});

Deno.test("a Proxy of the request works, a copy of it does not", async () => {
  await using server = start(WEIR, (request) => {
    assertThrows(() => upgradeWebSocket(new Request(request)), TypeError);
    assertThrows(() => upgradeWebSocket(request.clone()), TypeError);
    const { socket, response } = upgradeWebSocket(new Proxy(request, {}));
    echo(socket);
    return response;
  });
  using client = await server.connect();
  await client.send(handshake());
  assertEquals((await client.response()).status, 101);
});

Deno.test("sockets work with compressed answers, and behind a queue", async () => {
  await using server = start(WEIR, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    echo(socket);
    return response;
  }, { automaticCompression: true, queue: { maxActive: 1 } } as never);
  for (let turn = 0; turn < 3; turn++) {
    using client = await opened(server, ["Accept-Encoding: gzip, br"]);
    await client.send(frame(TEXT, "x"));
    assertEquals(lineOf(await nextFrame(client)), "text:x");
  }
});

Deno.test("a 101 that a framework has made of the response works, one out of nothing does not", async () => {
  await using server = start(WEIR, (request) => {
    if (new URL(request.url).pathname === "/nothing") return new Response(null, { status: 101 });
    const { socket, response } = upgradeWebSocket(request);
    echo(socket);
    const copy = new Response(response.body, response);
    copy.headers.set("x-copy", "1");
    return copy;
  });
  using client = await server.connect();
  await client.send(handshake([], "/nothing"));
  assertEquals((await client.response()).status, 500);
  await client.send(handshake());
  const answer = await client.response();
  assertEquals([answer.status, answer.headers("x-copy")], [101, ["1"]] as unknown[]);
  await client.send(frame(TEXT, "x"));
  assertEquals(lineOf(await nextFrame(client)), "text:x");
});
