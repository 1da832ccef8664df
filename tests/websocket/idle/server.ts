/**
 * A server with sockets that echo, Weir's or Deno's own. Prints its port, and for each line that comes in what
 * it holds; ends with its stdin.
 *
 * @module
 */

import { serve, upgradeWebSocket } from "../../../mod.ts";

/** Longer than any measurement: nothing is sent while the sockets are idle. */
const options = { idleTimeout: 600 };
const sockets = new Set<WebSocket>();
const isWeir = Deno.args[0] === "weir";
const upgrade = isWeir ? upgradeWebSocket : Deno.upgradeWebSocket;

function handler(request: Request): Response {
  const { socket, response } = upgrade(request, options);
  socket.onopen = () => sockets.add(socket);
  socket.onmessage = ({ data }) => socket.send(data);
  socket.onclose = () => sockets.delete(socket);
  return response;
}

const listening = { hostname: "127.0.0.1", port: 0, onListen() {} };
const server = isWeir ? serve(listening, handler) : Deno.serve(listening, handler);
console.log(server.addr.port);
for await (const _ of Deno.stdin.readable) {
  for (let turn = 0; turn < 5; turn++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  console.log(JSON.stringify({ sockets: sockets.size, rss, heapUsed, external }));
}
Deno.exit(0);
