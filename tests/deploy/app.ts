/**
 * What is served behind the balancers: it tells which process answers, gives bodies back, and has an event
 * stream and a WebSocket.
 *
 * @module
 */

import { eventStream, type ServeHandlerInfo, upgradeWebSocket } from "../../mod.ts";

/** Long enough that some requests are in a program when it is killed, in milliseconds. */
const WORK_MS = 5;

export default {
  async fetch(request: Request, info: ServeHandlerInfo): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/client") return Response.json(info.client);
    if (pathname === "/events") return events(request);
    if (pathname === "/socket") return socket(request);
    if (pathname === "/silent") return await new Promise(() => {});
    const body = await request.text();
    await new Promise((resolve) => setTimeout(resolve, WORK_MS));
    return new Response(`${Deno.pid} ${body}`);
  },
};

/** One event at once, and then none: who buffers shows nothing. */
function events(request: Request): Response {
  return eventStream(request, async (stream) => {
    stream.send({ data: "first" });
    await new Promise((resolve) => stream.signal.addEventListener("abort", resolve));
  });
}

function socket(request: Request): Response {
  const { socket, response } = upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}
