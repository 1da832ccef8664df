/**
 * Servers with sockets for tests, and what a test sees of them.
 *
 * @module
 */

import { upgradeWebSocket, type UpgradeWebSocketOptions } from "../../mod.ts";
import { type Running, start, type StartOptions, WEIR } from "../support/servers.ts";

/** A socket as its handler got it, and what has happened to it. */
export interface Seen {
  readonly socket: WebSocket;
  readonly events: string[];
  readonly closed: Promise<CloseEvent>;
}

/** A server whose every request becomes a socket. */
export interface SocketServer extends AsyncDisposable {
  readonly server: Running;
  readonly seen: Seen[];
}

/** What a handler does with a socket, and how it is made. */
export interface SocketServerOptions extends UpgradeWebSocketOptions {
  readonly onSocket?: (socket: WebSocket) => void;
  readonly serve?: StartOptions & Partial<Deno.TlsCertifiedKeyPem>;
}

/** Starts one; without `onSocket` it sends every message back. */
export function socketServer(options: SocketServerOptions = {}): SocketServer {
  const { onSocket = echo, serve = {}, ...rest } = options;
  const seen: Seen[] = [];
  const server = start(WEIR, (request) => {
    const { socket, response } = upgradeWebSocket(request, rest);
    socket.binaryType = "arraybuffer";
    seen.push(watched(socket));
    onSocket(socket);
    return response;
  }, serve);
  return { server, seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Sends each message back. */
export function echo(socket: WebSocket): void {
  socket.addEventListener("message", ({ data }) => socket.send(data));
}

/** Notes what happens to a socket. */
export function watched(socket: WebSocket): Seen {
  const events: string[] = [];
  const { promise, resolve } = Promise.withResolvers<CloseEvent>();
  socket.addEventListener("open", () => events.push("open"));
  socket.addEventListener("error", () => events.push("error"));
  socket.addEventListener("close", (event) => {
    events.push(`close ${event.code} ${event.wasClean}`);
    resolve(event);
  });
  return { socket, events, closed: promise };
}
