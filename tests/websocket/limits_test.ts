/**
 * Bounds: the longest message, what waits for a slow client, what a client can make the server keep.
 *
 * @module
 */

import { upgradeWebSocket } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { concat } from "../support/response.ts";
import { start, WEIR } from "../support/servers.ts";
import { pause, until, within } from "../support/time.ts";
import {
  BINARY,
  close,
  CONTINUATION,
  frame,
  framesOf,
  handshake,
  lineOf,
  nextFrame,
  opened,
  PING,
  PONG,
  TEXT,
} from "./raw_socket.ts";
import { socketServer } from "./servers.ts";

const part = (opcode: number, bytes: number) => frame(opcode, "x".repeat(bytes), { fin: false });

Deno.test("maxMessageBytes counts a message over its fragments, and closes with 1009", async () => {
  await using sockets = socketServer({ maxMessageBytes: 1000 });
  const rows = [
    { sent: [frame(TEXT, "x".repeat(1000))], isRight: true },
    { sent: [frame(TEXT, "x".repeat(1001))], isRight: false },
    { sent: [part(TEXT, 600), frame(CONTINUATION, "x".repeat(400))], isRight: true },
    { sent: [part(TEXT, 600), frame(CONTINUATION, "x".repeat(401))], isRight: false },
    { sent: [part(BINARY, 1000), part(CONTINUATION, 0), frame(CONTINUATION, "x")], isRight: false },
    { sent: [frame(TEXT, "x".repeat(900)), frame(TEXT, "x".repeat(900))], isRight: true },
    // Refused by what its head says, before any of it comes.
    { sent: [frame(BINARY, "", { length: 1001 })], isRight: false },
  ];
  for (const { sent, isRight } of rows) {
    using client = await opened(sockets.server);
    await client.sendWhileOpen(concat(sent));
    if (isRight) await client.send(close(1000));
    const lines = framesOf(await client.rest()).map(lineOf);
    assertEquals(lines.at(-1), isRight ? "close:1000" : "close:1009");
  }
});

Deno.test("maxMessageBytes: 0 is no limit, and the default takes 16 MiB", async () => {
  for (
    const [options, bytes] of [[{ maxMessageBytes: 0 }, 17_000_000], [{}, 16_777_216]] as const
  ) {
    let got = 0;
    await using sockets = socketServer({
      ...options,
      onSocket: (socket) => {
        socket.onmessage = ({ data }) => {
          got = data.byteLength;
        };
      },
    });
    using client = await opened(sockets.server);
    await client.send(frame(BINARY, new Uint8Array(bytes), { mask: [0, 0, 0, 0] }));
    await until(() => got > 0, "the message");
    assertEquals(got, bytes);
    client.close();
  }
});

Deno.test("a message of too many fragments closes with 1008", async () => {
  await using sockets = socketServer();
  using client = await opened(sockets.server);
  const empty = part(CONTINUATION, 0);
  const many = new Uint8Array(empty.length * 140_000);
  for (let at = 0; at < many.length; at += empty.length) many.set(empty, at);
  await client.sendWhileOpen(concat([part(TEXT, 0), many]));
  assertEquals(framesOf((await client.remains()).bytes).map(lineOf), ["close:1008"]);
});

Deno.test("one message always fits into the output, however large", async () => {
  await using sockets = socketServer({ maxBufferedBytes: 10, onSocket: () => {} });
  using client = await opened(sockets.server);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  sockets.seen[0]!.socket.send(new Uint8Array(100_000));
  assertEquals((await nextFrame(client)).payload.length, 100_000);
  client.close();
});

/** Sends until the output is full, to a client that does not read. */
function fill(socket: WebSocket, { limit, bytes }: { limit: number; bytes: number }): number {
  let sent = 0;
  while (socket.bufferedAmount + bytes <= limit && socket.readyState === WebSocket.OPEN) {
    socket.send(new Uint8Array(bytes));
    sent++;
  }
  return sent;
}

Deno.test("a slow client's socket is closed when its output is full", async () => {
  const limit = 1_000_000;
  await using sockets = socketServer({
    maxBufferedBytes: limit,
    closeTimeout: 0.3,
    onSocket: () => {},
  });
  using client = await opened(sockets.server);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  const { socket, events, closed } = sockets.seen[0]!;
  // The kernel's own buffers take some megabytes first.
  for (let turn = 0; turn < 1000 && socket.bufferedAmount < limit / 2; turn++) {
    fill(socket, { limit, bytes: 50_000 });
    await pause(1);
  }
  fill(socket, { limit, bytes: 50_000 });
  assert(socket.bufferedAmount <= limit);
  socket.send(new Uint8Array(limit));
  assertEquals([socket.readyState, events], [WebSocket.CLOSING, ["open", "error"]] as unknown[]);
  const begin = performance.now();
  await within(closed, "the close event");
  assert(performance.now() - begin < 2_000);
  assertEquals(events, ["open", "error", "close 1006 false"]);
  client.close();
});

Deno.test("a slow client that reads again in time gets all, and the Close frame", async () => {
  const limit = 1_000_000;
  await using sockets = socketServer({ maxBufferedBytes: limit, onSocket: () => {} });
  using client = await opened(sockets.server);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  const { socket, events, closed } = sockets.seen[0]!;
  let sent = 0;
  for (let turn = 0; turn < 1000 && socket.bufferedAmount < limit / 2; turn++) {
    sent += fill(socket, { limit, bytes: 50_000 });
    await pause(1);
  }
  socket.send(new Uint8Array(limit));
  for (let count = 0; count < sent; count++) {
    assertEquals((await nextFrame(client)).payload.length, 50_000);
  }
  assertEquals(lineOf(await nextFrame(client)), "close:1008 Too slow");
  await client.send(close(1008));
  await client.rest();
  client.close();
  await within(closed, "the close event");
  assertEquals(events, ["open", "error", "close 1008 true"]);
});

Deno.test('onBufferFull: "drop" drops whole messages, and the socket stays open', async () => {
  const limit = 500_000;
  await using sockets = socketServer({
    maxBufferedBytes: limit,
    onBufferFull: "drop",
    onSocket: () => {},
  });
  using client = await opened(sockets.server);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  const { socket, events } = sockets.seen[0]!;
  const COUNT = 4_000;
  for (let count = 0; count < COUNT; count++) {
    socket.send(`${count}:` + "x".repeat(10_000));
    if (count % 200 === 0) await pause(1);
  }
  assert(socket.bufferedAmount <= limit, `${socket.bufferedAmount}`);
  socket.binaryType = "arraybuffer";
  const numbers: number[] = [];
  for (;;) {
    const { payload } = await nextFrame(client);
    const text = new TextDecoder().decode(payload);
    if (text === "last") break;
    assertEquals(text.length, `${parseInt(text)}:`.length + 10_000);
    numbers.push(parseInt(text));
    if (socket.bufferedAmount === 0) socket.send("last");
  }
  assert(numbers.length < COUNT && numbers.length > 0, `${numbers.length}`);
  assertEquals(numbers, numbers.toSorted((a, b) => a - b));
  assertEquals(events, ["open"]);
  client.close();
});

Deno.test("pings without reading cost the server one pong", async () => {
  await using sockets = socketServer();
  using client = await opened(sockets.server);
  const COUNT = 100_000;
  const ping = (count: number) => frame(PING, `${count}`.padStart(125, "0"));
  const size = ping(0).length;
  let most = 0;
  for (let count = 0; count < COUNT; count += 1000) {
    const many = new Uint8Array(size * 1000);
    for (let at = 0; at < 1000; at++) many.set(ping(count + at), at * size);
    await client.send(many);
    most = Math.max(most, sockets.seen[0]!.socket.bufferedAmount);
  }
  let pongs = 0;
  for (let last = -1; last < COUNT - 1; pongs++) {
    const { opcode, payload } = await nextFrame(client);
    assertEquals(opcode, PONG);
    const number = Number(new TextDecoder().decode(payload));
    assert(number > last, `${number} after ${last}`);
    last = number;
  }
  assert(most < 200_000, `${most} bytes waited`);
  client.close();
});

Deno.test("what comes before the handler has returned stays with the client", async () => {
  const go = Promise.withResolvers<void>();
  let got = 0;
  await using server = start(WEIR, async (request) => {
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = () => got++;
    await go.promise;
    return response;
  });
  using client = await server.connect();
  await client.send(handshake());
  const one = frame(BINARY, new Uint8Array(100_000));
  const sending = (async () => {
    for (let count = 0; count < 200; count++) await client.send(one);
  })();
  await pause(300);
  const [connection] = (server.server as unknown as { connections: Set<{ bytesIn: number }> })
    .connections;
  assert(connection!.bytesIn < 200_000, `${connection!.bytesIn}`);
  go.resolve();
  await within(sending, "all to be sent");
  await until(() => got === 200, "all messages");
});
