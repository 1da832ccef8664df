/**
 * Real clients: Deno's own `WebSocket`, npm's `ws` in Node, Python's `websockets`, Chromium. Each sends
 * texts and bytes of many lengths, gets them back, and closes; then the server closes.
 *
 * @module
 */

import { loadFraming } from "../../handlers/websocket/framing.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fixture, run, withProgram } from "../support/programs.ts";
import { selfSigned } from "../support/self_signed.ts";
import { start, WEIR } from "../support/servers.ts";
import { until, within } from "../support/time.ts";
import { Chromium } from "../status/browser.ts";
import { type SocketServer, socketServer } from "./servers.ts";

/** Lengths around every border of the frame format. */
const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000];

/** What a client has to have done: its `end`, and what the server saw of it. */
async function endOf(sockets: SocketServer, count = 1): Promise<string[]> {
  await until(() => sockets.seen.length === count, "the client's socket");
  const seen = sockets.seen.at(-1)!;
  await within(seen.closed, "the close event");
  return seen.events;
}

Deno.test("Deno's WebSocket: messages, and a close from either side", async () => {
  await using sockets = socketServer({ protocol: "b" });
  const url = sockets.server.url("/x").replace("http", "ws");
  const client = new WebSocket(url, ["a", "b"]);
  client.binaryType = "arraybuffer";
  const got: unknown[] = [];
  client.onmessage = ({ data }) => got.push(data.length ?? data.byteLength);
  await new Promise((resolve) => client.onopen = resolve);
  assertEquals(client.protocol, "b");
  for (const length of LENGTHS) {
    client.send("é".repeat(length / 2) + "x".repeat(length % 2));
    client.send(new Uint8Array(length));
  }
  await until(() => got.length === LENGTHS.length * 2, "all messages");
  assertEquals(
    got,
    LENGTHS.flatMap((length) => [Math.floor(length / 2) + length % 2, length]) as unknown[],
  );
  client.close(4000, "bye");
  const { code, wasClean } = await new Promise<CloseEvent>((resolve) => client.onclose = resolve);
  assertEquals([code, wasClean], [4000, true] as unknown[]);
  assertEquals(await endOf(sockets), ["open", "close 4000 true"]);

  const second = new WebSocket(url, "b");
  await until(() => sockets.seen[1]?.socket.readyState === 1, "the second socket");
  sockets.seen[1]!.socket.close(4001, "go");
  const event = await new Promise<CloseEvent>((resolve) => second.onclose = resolve);
  assertEquals([event.code, event.reason, event.wasClean], [4001, "go", true] as unknown[]);
  assertEquals(await endOf(sockets, 2), ["open", "close 4001 true"]);
});

Deno.test("Deno's WebSocket through TLS", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const [certFile, keyFile] = await selfSigned(folder);
    const cert = Deno.readTextFileSync(certFile);
    await using sockets = socketServer({ serve: { cert, key: Deno.readTextFileSync(keyFile) } });
    const client = Deno.createHttpClient({ caCerts: [cert] });
    const socket = new WebSocket(`wss://127.0.0.1:${sockets.server.port}/x`, { client });
    await new Promise((resolve) => socket.onopen = resolve);
    assertEquals(sockets.seen[0]!.socket.url, `wss://127.0.0.1:${sockets.server.port}/x`);
    socket.send("x".repeat(100_000));
    const { data } = await new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
    assertEquals(data.length, 100_000);
    socket.close(1000);
    await new Promise((resolve) => socket.onclose = resolve);
    assertEquals(await endOf(sockets), ["open", "close 1000 true"]);
    client.close();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Where Deno keeps npm's `ws`, for Node to load it from there. */
async function folderOfWs(): Promise<string> {
  await loadFraming();
  const { stdout } = await run(Deno.execPath(), ["info", "--json"]);
  return `${JSON.parse(stdout).npmCache}/registry.npmjs.org/ws/8.23.0`;
}

for (const compress of [false, true]) {
  withProgram("node", `ws in Node: messages and closes, compress: ${compress}`, async () => {
    await using sockets = socketServer({ compress, protocol: "b" });
    const url = sockets.server.url("/x").replace("http", "ws");
    const args = [fixture("../../websocket/node_client.cjs"), await folderOfWs(), url];
    const { code, stdout, stderr } = await run("node", [...args, JSON.stringify(LENGTHS)]);
    assertEquals([code, stderr], [0, ""] as unknown[]);
    const said = JSON.parse(stdout);
    assertEquals(said, {
      protocol: "b",
      extensions: compress ? "permessage-deflate" : "",
      wrong: 0,
      pong: "hello",
      close: [4000, "bye"],
    });
    assertEquals(await endOf(sockets), ["open", "close 4000 true"]);
    const [seen] = sockets.seen;
    assertEquals(seen!.socket.extensions !== "", compress);
  });
}

/** Debian's, which has Debian's package `python3-websockets`; another may come first on the path. */
const PYTHON = "/usr/bin/python3";

for (const compress of [false, true]) {
  withProgram(
    PYTHON,
    `Python's websockets: messages and closes, compress: ${compress}`,
    async () => {
      await using sockets = socketServer({ compress, protocol: "b" });
      const url = sockets.server.url("/x").replace("http", "ws");
      const args = [fixture("../../websocket/python_client.py"), url, JSON.stringify(LENGTHS)];
      const { code, stdout, stderr } = await run(PYTHON, args);
      assertEquals([code, stderr], [0, ""] as unknown[]);
      assertEquals(JSON.parse(stdout), {
        protocol: "b",
        compressed: compress,
        wrong: 0,
        close: [4000, "bye"],
      });
      assertEquals(await endOf(sockets), ["open", "close 4000 true"]);
    },
  );
}

withProgram("chromium", "Chromium: messages, closes, and an origin that is refused", async () => {
  await using pages = start(WEIR, () => new Response("<!doctype html>"));
  await using sockets = socketServer({
    protocol: "b",
    allowedOrigins: [new URL(pages.url()).origin],
    compress: true,
    idleTimeout: 0.6,
  });
  await using strict = socketServer({ allowedOrigins: "same" });
  await using browser = await Chromium.start();
  const page = await browser.open(pages.url());
  const url = sockets.server.url("/x").replace("http", "ws");
  const talk = async (url: string, lengths: readonly number[]) => {
    const socket = new WebSocket(url, ["a", "b"]);
    socket.binaryType = "arraybuffer";
    const got: number[] = [];
    socket.onmessage = ({ data }) => got.push(data.length ?? data.byteLength);
    const failed = await new Promise((resolve) => {
      socket.onopen = () => resolve(false);
      socket.onerror = () => resolve(true);
    });
    if (failed) return { failed };
    for (const length of lengths) {
      socket.send("x".repeat(length));
      socket.send(new Uint8Array(length));
    }
    while (got.length < lengths.length * 2) await new Promise((resolve) => setTimeout(resolve, 10));
    // Long enough for two pings, which the browser answers by itself.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { protocol, extensions } = socket;
    socket.close(4000, "bye");
    const { code, reason, wasClean } = await new Promise<CloseEvent>((resolve) =>
      socket.onclose = resolve
    );
    return { failed, got, protocol, extensions, close: [code, reason, wasClean] };
  };
  const said = await within(page.evaluate(talk, url, LENGTHS), "the page", 20_000);
  assertEquals(said.got, LENGTHS.flatMap((length) => [length, length]));
  assertEquals([said.protocol, said.close], ["b", [4000, "bye", true]] as unknown[]);
  assert(said.extensions?.startsWith("permessage-deflate"), said.extensions ?? "");
  assertEquals(await endOf(sockets), ["open", "close 4000 true"]);
  const other = strict.server.url("/x").replace("http", "ws");
  assertEquals(await within(page.evaluate(talk, other, []), "the page"), { failed: true });
  assertEquals(strict.seen.length, 0);
  // The server's side: what the page gets when the server leaves.
  const leave = (url: string) =>
    new Promise<unknown>((resolve) => {
      const socket = new WebSocket(url, "b");
      socket.onclose = ({ code, wasClean }) => resolve([code, wasClean]);
    });
  const left = page.evaluate(leave, url);
  await until(() => sockets.seen.at(-1)?.socket.readyState === 1, "an open socket");
  const begin = performance.now();
  await sockets.server.server.shutdown();
  assert(performance.now() - begin < 3_000);
  assertEquals(await within(left, "the close event"), [1001, true]);
});
