/**
 * What becomes due: pings for quiet sockets, the end of silent ones, lifetimes, the closing handshake; and
 * that a process that stood still blames nobody.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { pause, until, within } from "../support/time.ts";
import { close, frame, lineOf, nextFrame, opened, PONG, TEXT } from "./raw_socket.ts";
import { socketServer } from "./servers.ts";

Deno.test("a quiet client gets a ping, and a silent one is closed with 1001", async () => {
  await using sockets = socketServer({ idleTimeout: 0.6, closeTimeout: 0.2 });
  using client = await opened(sockets.server);
  const begin = performance.now();
  assertEquals(lineOf(await nextFrame(client)), "ping:");
  const pinged = performance.now() - begin;
  assertEquals(lineOf(await nextFrame(client)), "close:1001 No response from ping frame.");
  const closed = performance.now() - begin;
  assert(pinged >= 290 && pinged < 1_500, `${pinged}`);
  assert(closed >= 590 && closed < 3_000, `${closed}`);
  const event = await within(sockets.seen[0]!.closed, "the close event");
  assertEquals([event.code, event.reason], [1001, "No response from ping frame."] as unknown[]);
  assertEquals(sockets.seen[0]!.events, ["open", "error", "close 1001 false"]);
});

Deno.test("whatever comes keeps a socket: pongs, messages, single bytes of a frame", async () => {
  const SENDERS = [
    () => frame(PONG),
    () => frame(TEXT, "x"),
    (turn: number) => frame(TEXT, "a long text that takes its time").slice(turn, turn + 1),
  ];
  await using sockets = socketServer({ idleTimeout: 0.6 });
  await Promise.all(SENDERS.map(async (next) => {
    using client = await opened(sockets.server);
    for (let turn = 0; turn < 15; turn++) {
      await client.send(next(turn));
      await pause(100);
    }
  }));
  await until(() => sockets.seen.every(({ socket }) => socket.readyState === 3), "all to end");
  assertEquals(sockets.seen.map(({ events }) => events), [
    ["open", "error", "close 1006 false"],
    ["open", "error", "close 1006 false"],
    ["open", "error", "close 1006 false"],
  ]);
});

Deno.test("idleTimeout: 0 never asks", async () => {
  await using sockets = socketServer({ idleTimeout: 0 });
  using client = await opened(sockets.server);
  await pause(400);
  await client.send(close());
  assertEquals(lineOf(await nextFrame(client)), "close:");
});

Deno.test("maxLifetime closes with 1001, however busy the socket is", async () => {
  await using sockets = socketServer({ maxLifetime: 0.3 });
  using client = await opened(sockets.server);
  let line = "";
  while (!line.startsWith("close")) {
    await client.send(frame(TEXT, "x"));
    line = lineOf(await nextFrame(client));
  }
  assertEquals(line, "close:1001");
  await client.send(close(1001));
  await client.rest();
  client.close();
  await within(sockets.seen[0]!.closed, "the close event");
  assertEquals(sockets.seen[0]!.events, ["open", "close 1001 true"]);
});

Deno.test("closeTimeout cuts a client that does not answer a Close frame", async () => {
  await using sockets = socketServer({ closeTimeout: 0.3 });
  using client = await opened(sockets.server);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  const { socket, events, closed } = sockets.seen[0]!;
  socket.close(1000);
  assertEquals(lineOf(await nextFrame(client)), "close:1000");
  const begin = performance.now();
  // It talks on, which does not help.
  while (events.length < 2 && performance.now() - begin < 5_000) {
    await client.sendWhileOpen(frame(TEXT, "still here"));
    await pause(20);
  }
  await within(closed, "the close event");
  assert(performance.now() - begin < 2_000);
  assertEquals(events, ["open", "close 1006 false"]);
});

Deno.test("a client that reads slowly is there, one that stops to read is not", async () => {
  await using sockets = socketServer({
    idleTimeout: 1.2,
    closeTimeout: 0.2,
    maxBufferedBytes: 0,
    onSocket: () => {},
  });
  using client = await opened(sockets.server);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  const { socket, events, closed } = sockets.seen[0]!;
  // More than the kernel's buffers take, at once.
  for (let count = 0; count < 100; count++) socket.send(new Uint8Array(500_000));
  const slowUntil = performance.now() + 3_000;
  while (performance.now() < slowUntil) {
    await client.exactly(200_000);
    await pause(30);
  }
  assert(socket.bufferedAmount > 0, "It was not slow enough");
  assertEquals([socket.readyState, events], [1, ["open"]] as unknown[]);
  await within(closed, "the close event");
  assertEquals(events, ["open", "error", "close 1001 false"]);
});

/** A client in a process of its own: it answers pings whatever this process does. */
const CLIENT = `
  const socket = new WebSocket(Deno.args[0]);
  socket.onopen = () => socket.send("here");
  socket.onclose = ({ code }) => { console.log("closed " + code); Deno.exit(); };
  setInterval(() => {}, 1000);
`;

Deno.test("a process that stands still again and again loses no socket", async () => {
  const got: unknown[] = [];
  await using sockets = socketServer({
    idleTimeout: 0.6,
    onSocket: (socket) => socket.addEventListener("message", ({ data }) => got.push(data)),
  });
  const url = sockets.server.url().replace("http", "ws");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1", "--ext=js", "-", url],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(CLIENT));
    await writer.close();
    await until(() => got.length === 1, "the client");
    const { socket, events } = sockets.seen[0]!;
    for (let stall = 0; stall < 6; stall++) {
      // The first lasts far longer than the idle time-out, the others hit other moments.
      const until = performance.now() + (stall === 0 ? 2_500 : 550 + stall * 30);
      while (performance.now() < until);
      await pause(5 + stall * 40);
      assertEquals([socket.readyState, events], [1, ["open"]] as unknown[], `stall ${stall}`);
    }
    socket.close(4000);
    await within(sockets.seen[0]!.closed, "the close event");
    assertEquals(events, ["open", "close 4000 true"]);
  } finally {
    await child.stdout.cancel();
    await within(child.status, "the client to end").catch(() => child.kill("SIGKILL"));
    await child.status;
  }
});
