/**
 * What a server without sockets loads: nothing of `ws`; and what a server with sockets may do: nothing more
 * than any other.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { run } from "../support/programs.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;

/** Prints what is loaded before and after a first socket, with the permission for the network alone. */
const PROGRAM = `
  import process from "node:process";
  import { serve, upgradeWebSocket } from ${JSON.stringify(MOD)};
  const require = process.getBuiltinModule("node:module").createRequire("file:///a.js");
  const loaded = () => Object.keys(require.cache).filter((name) => name.includes("/ws/")).length > 0;
  const server = serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.headers.get("upgrade") === null) return new Response("plain");
    const { socket, response } = upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  const { port } = server.addr;
  await (await fetch("http://127.0.0.1:" + port)).text();
  const before = loaded();
  const client = new WebSocket("ws://127.0.0.1:" + port);
  const message = await new Promise((resolve) => {
    client.onopen = () => client.send("echo");
    client.onmessage = ({ data }) => resolve(data);
  });
  const http = process.getBuiltinModule("node:http");
  client.close();
  console.log(JSON.stringify({ before, after: loaded(), message, lent: "websocketMask" in http }));
  await server.shutdown();
`;

Deno.test("ws is loaded with the first socket, needs no permission, and leaves nothing behind", async () => {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { code, stdout, stderr } = await run(Deno.execPath(), [
    "run",
    "--no-prompt",
    `--config=${config}`,
    "--allow-net=127.0.0.1",
    "--ext=js",
    "-",
  ], { stdin: PROGRAM });
  assertEquals([code, stderr], [0, ""] as unknown[]);
  assertEquals(JSON.parse(stdout), { before: false, after: true, message: "echo", lent: false });
});
