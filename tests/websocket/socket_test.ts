/**
 * The socket as a program sees it: what the WHATWG's standard says of `WebSocket`, on the server's side.
 *
 * @module
 */

import { upgradeWebSocket } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { start, WEIR } from "../support/servers.ts";
import { until, within } from "../support/time.ts";
import {
  BINARY,
  close,
  frame,
  framesOf,
  handshake,
  lineOf,
  nextFrame,
  opened,
  TEXT,
} from "./raw_socket.ts";
import { echo, type Seen, socketServer, watched } from "./servers.ts";

/** The socket of a server to which one client has connected. */
async function connected(sockets: ReturnType<typeof socketServer>, more: readonly string[] = []) {
  const client = await opened(sockets.server, more, "/chat?room=1");
  await until(() => sockets.seen.at(-1)?.socket.readyState === WebSocket.OPEN, "an open socket");
  return { client, seen: sockets.seen.at(-1)! };
}

Deno.test("a socket is a WebSocket, with its constants, and says what was agreed on", async () => {
  await using sockets = socketServer({ protocol: "chat" });
  const { client, seen: { socket } } = await connected(sockets, ["Sec-WebSocket-Protocol: chat"]);
  assert(socket instanceof WebSocket);
  assert(socket instanceof EventTarget);
  assertEquals(socket.constructor, WebSocket as unknown);
  assertEquals(Object.prototype.toString.call(socket), "[object WebSocket]");
  assertEquals([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED], [0, 1, 2, 3]);
  assertEquals(
    [socket.url, socket.protocol, socket.extensions, socket.bufferedAmount],
    ["ws://h/chat?room=1", "chat", "", 0] as unknown[],
  );
  assert(Deno.inspect(socket).startsWith("WebSocket {"), Deno.inspect(socket));
  const named = (object: object) => {
    const names: string[] = [];
    for (const name in object) names.push(name);
    return names.sort();
  };
  const own = named(WebSocket.prototype);
  assertEquals(own.filter((name) => !named(socket).includes(name)), []);
  client.close();
});

Deno.test("binaryType is blob at first, and takes no third value", async () => {
  const sockets: WebSocket[] = [];
  await using server = start(WEIR, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    sockets.push(socket);
    return response;
  });
  using client = await opened(server);
  const [socket] = sockets as [WebSocket];
  const got: unknown[] = [];
  socket.onmessage = ({ data }) => got.push(data);
  assertEquals(socket.binaryType, "blob");
  Reflect.set(socket, "binaryType", "string");
  assertEquals(socket.binaryType, "blob");
  await client.send(frame(BINARY, "abc"));
  await until(() => got.length === 1, "a Blob");
  assert(got[0] instanceof Blob);
  assertEquals(await got[0].text(), "abc");
  socket.binaryType = "arraybuffer";
  await client.send(frame(BINARY, "de"));
  await until(() => got.length === 2, "an ArrayBuffer");
  assert(got[1] instanceof ArrayBuffer);
  assertEquals(got[1].byteLength, 2);
});

Deno.test("send() takes text, buffers, views and Blobs, in their order, as they are when it is called", async () => {
  await using sockets = socketServer({ onSocket: () => {} });
  const { client, seen: { socket } } = await connected(sockets);
  const bytes = new Uint8Array([1, 2, 3, 4]);
  socket.send("text");
  socket.send(bytes);
  socket.send(new DataView(bytes.buffer, 1, 2));
  socket.send(new Blob(["blob"]));
  socket.send(bytes.subarray(2));
  socket.send(bytes.buffer);
  socket.send(new Blob([]));
  socket.send(5 as unknown as string);
  socket.send("\ud800");
  bytes.fill(9);
  assert(socket.bufferedAmount > 0);
  const lines: string[] = [];
  for (let count = 0; count < 9; count++) lines.push(lineOf(await nextFrame(client)));
  assertEquals(lines, [
    "text:text",
    "binary:\x01\x02\x03\x04",
    "binary:\x02\x03",
    "binary:blob",
    "binary:\x03\x04",
    "binary:\x01\x02\x03\x04",
    "binary:",
    "text:5",
    "text:\xef\xbf\xbd",
  ]);
  await until(() => socket.bufferedAmount === 0, "an empty buffer");
  assertThrows(() => Reflect.apply(socket.send, socket, []), TypeError);
  client.close();
});

Deno.test("send() and close() before and after the time for it", async () => {
  let early!: WebSocket;
  await using server = start(WEIR, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    early = socket;
    const error = assertThrows(() => socket.send("too early"), DOMException);
    assertEquals(error.name, "InvalidStateError");
    return response;
  });
  using client = await opened(server);
  const seen = watched(early);
  await until(() => early.readyState === WebSocket.OPEN, "an open socket");
  early.close(3000, "enough");
  assertEquals(early.readyState, WebSocket.CLOSING);
  early.send("too late");
  early.close(3001);
  assertEquals(lineOf(await nextFrame(client)), "close:3000 enough");
  await client.send(close(3000));
  assertEquals((await client.remains()).text, "");
  client.close();
  const event = await within(seen.closed, "the close event");
  assertEquals([event.code, event.wasClean, early.readyState], [3000, true, 3] as unknown[]);
  early.send("much too late");
  early.close();
});

Deno.test("close() before the handshake's end closes as soon as there is a connection", async () => {
  let seen!: Seen;
  await using server = start(WEIR, (request) => {
    const { socket, response } = upgradeWebSocket(request);
    seen = watched(socket);
    socket.close(1008, "not you");
    assertEquals(socket.readyState, WebSocket.CLOSING);
    return response;
  });
  using client = await server.connect();
  await client.send(handshake());
  assertEquals((await client.response()).status, 101);
  assertEquals(lineOf(await nextFrame(client)), "close:1008 not you");
  await client.send(close(1008));
  await client.remains();
  client.close();
  await within(seen.closed, "the close event");
  assertEquals(seen.events, ["close 1008 true"]);
});

Deno.test("close() checks its arguments", async () => {
  await using sockets = socketServer();
  const { client, seen: { socket } } = await connected(sockets);
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 70_000, NaN, -1]) {
    const error = assertThrows(() => socket.close(code), DOMException);
    assertEquals(error.name, "InvalidAccessError", `${code}`);
  }
  const error = assertThrows(() => socket.close(1000, "ä".repeat(62)), DOMException);
  assertEquals([error.name, socket.readyState], ["SyntaxError", 1] as unknown[]);
  socket.close(1000, "ä".repeat(61) + "b");
  assertEquals((await nextFrame(client)).payload.length, 125);
  client.close();
});

for (const code of [undefined, 1000, 1001, 1003, 1008, 1011, 1012, 1014, 3000, 4999]) {
  Deno.test(`close(${code ?? ""}) is sent, and the client's answer told`, async () => {
    await using sockets = socketServer();
    const { client, seen } = await connected(sockets);
    seen.socket.close(code);
    assertEquals(lineOf(await nextFrame(client)), `close:${code ?? ""}`);
    await client.send(close(4001, "mine"));
    await client.remains();
    client.close();
    const event = await within(seen.closed, "the close event");
    assertEquals([event.code, event.reason, event.wasClean], [4001, "mine", true] as unknown[]);
  });
}

Deno.test("the client's close is told with its code and reason", async () => {
  await using sockets = socketServer();
  for (
    const [sent, code, reason] of [[close(), 1005, ""], [close(4000, "bye"), 4000, "bye"]] as const
  ) {
    const { client, seen } = await connected(sockets);
    await client.send(sent);
    await client.remains();
    client.close();
    const event = await within(seen.closed, "the close event");
    assertEquals([event.code, event.reason, event.wasClean], [code, reason, true] as unknown[]);
    assertEquals(seen.events, ["open", `close ${code} true`]);
  }
});

Deno.test("a client that leaves without a Close frame is an error and 1006", async () => {
  await using sockets = socketServer();
  const { client, seen } = await connected(sockets);
  client.close();
  await within(seen.closed, "the close event");
  assertEquals(seen.events, ["open", "error", "close 1006 false"]);
});

Deno.test("a broken frame is an error and the code that was sent", async () => {
  await using sockets = socketServer();
  const { client, seen } = await connected(sockets);
  const messages: string[] = [];
  seen.socket.onerror = (event) => messages.push((event as ErrorEvent).message);
  await client.send(frame(TEXT, "\xff"));
  await client.remains();
  client.close();
  await within(seen.closed, "the close event");
  assertEquals(seen.events, ["open", "error", "close 1007 false"]);
  assertEquals(messages, ["Invalid WebSocket frame: invalid UTF-8 sequence"]);
});

Deno.test("messages have the socket's URL as their origin, and none comes after close()", async () => {
  await using sockets = socketServer({ onSocket: () => {} });
  const { client, seen: { socket } } = await connected(sockets);
  const got: MessageEvent[] = [];
  socket.onmessage = (event) => {
    got.push(event);
    socket.close();
  };
  await client.send(frame(TEXT, "one"));
  await client.sendWhileOpen(frame(TEXT, "two"));
  await client.sendWhileOpen(close());
  assertEquals(framesOf(await client.rest()).map(lineOf), ["close:"]);
  assertEquals(got.map(({ data, origin }) => [data, origin]), [["one", "ws://h/chat?room=1"]]);
  client.close();
});

Deno.test("on… handlers keep their place, can be changed and removed", async () => {
  await using sockets = socketServer({ onSocket: () => {} });
  const { client, seen: { socket } } = await connected(sockets);
  const order: string[] = [];
  assertEquals([socket.onmessage, socket.onopen, socket.onerror, socket.onclose], [
    null,
    null,
    null,
    null,
  ]);
  const first = () => order.push("first");
  socket.onmessage = first;
  assertEquals(socket.onmessage, first);
  socket.addEventListener("message", () => order.push("listener"));
  socket.onmessage = function (this: WebSocket) {
    order.push(this === socket ? "second" : "wrong this");
  };
  await client.send(frame(TEXT, "1"));
  await until(() => order.length === 2, "both");
  socket.onmessage = null;
  Reflect.set(socket, "onmessage", "nothing to call");
  assertEquals(socket.onmessage, null);
  await client.send(frame(TEXT, "2"));
  await until(() => order.length === 3, "the listener");
  assertEquals(order, ["second", "listener", "listener"]);
  client.close();
});

Deno.test("addEventListener() takes once and signal", async () => {
  await using sockets = socketServer({ onSocket: echo });
  const { client, seen: { socket } } = await connected(sockets);
  const controller = new AbortController();
  const counts = { once: 0, signal: 0 };
  socket.addEventListener("message", () => counts.once++, { once: true });
  socket.addEventListener("message", () => counts.signal++, { signal: controller.signal });
  for (let turn = 0; turn < 3; turn++) {
    await client.send(frame(TEXT, "x"));
    await nextFrame(client);
    if (turn === 1) controller.abort();
  }
  assertEquals(counts, { once: 1, signal: 2 });
  client.close();
});
