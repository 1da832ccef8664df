/**
 * A server at work, with its status page on a port of its own: clients that ask again and again, one whose
 * answer never comes, and some that break the rules.
 *
 * @module
 */

import {
  eventStream,
  Health,
  serve,
  type Server,
  StatusPage,
  type StatusPageOptions,
  upgradeWebSocket,
} from "../../mod.ts";
import { pause, within } from "../support/time.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0, onListen: () => {} };

const TOKEN = "a token of enough characters";

/** See the head of this file. */
export class Busy implements AsyncDisposable {
  readonly server: Server<Deno.NetAddr>;
  readonly status: StatusPage;
  readonly statusServer: Server<Deno.NetAddr>;
  /** Drains that the page asked for. */
  drains = 0;
  readonly #clients: Deno.Conn[] = [];
  readonly #work: Promise<void>[] = [];
  readonly #force = new AbortController();
  #over = false;

  constructor(options: StatusPageOptions = {}) {
    const health = new Health();
    const { signal } = this.#force;
    this.server = serve({ ...LOCAL, signal, timeouts: { linger: 200 } }, (request, info) => {
      const isCheck = request.url.endsWith("/readyz");
      return isCheck ? health.handler(request, info) : answer(request);
    });
    health.observe(this.server);
    this.status = new StatusPage({
      token: TOKEN,
      intervalMs: 100,
      onDrain: () => {
        this.drains++;
        this.server.shutdown({ readyDelay: 1_500, firstRequest: 0, deadline: 1_000, grace: 100 });
      },
      ...options,
    });
    this.status.observe(this.server);
    this.statusServer = serve(LOCAL, this.status.handler);
  }

  /** The page's address. */
  get url(): string {
    return `http://127.0.0.1:${this.statusServer.addr.port}/_weir/`;
  }

  /** The same, for a visitor who may use the buttons. */
  get link(): string {
    return `${this.url}?token=${encodeURIComponent(TOKEN)}`;
  }

  /** What the server says to those who ask whether it is ready. */
  async ready(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.server.addr.port}/readyz`, {
      headers: { connection: "close" },
    });
    await response.body?.cancel();
    return response.status;
  }

  /** A client of the server that does nothing yet. */
  async client(): Promise<Deno.Conn> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.server.addr.port });
    this.#clients.push(conn);
    return conn;
  }

  /** A client that asks for `path` until the end, with a pause of `everyMs` after each answer. */
  async asks(path: string, everyMs: number): Promise<void> {
    this.#work.push(this.#ask(await this.client(), path, everyMs));
  }

  /** Sends `text` on a connection of its own. */
  async sends(text: string): Promise<Deno.Conn> {
    const conn = await this.client();
    await conn.write(new TextEncoder().encode(text));
    return conn;
  }

  async #ask(conn: Deno.Conn, path: string, everyMs: number): Promise<void> {
    const bytes = new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const into = new Uint8Array(65_536);
    try {
      while (!this.#over) {
        await conn.write(bytes);
        if (await conn.read(into) === null) return;
        await pause(everyMs);
      }
    } catch {
      // The server has closed it.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    for (const conn of this.#clients) hangUp(conn);
    await within(Promise.all(this.#work), "the clients to end");
    this.#force.abort();
    await within(this.server.finished, "the server to end");
    await this.statusServer.shutdown({ deadline: 0, grace: 0 });
  }
}

/** Closes a connection that the test may have closed already. */
export function hangUp(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/hang") return new Promise(() => {});
  if (pathname === "/fails") return new Response(null, { status: 500 });
  if (pathname === "/socket") return echo(request);
  if (pathname === "/ticks") return eventStream(request, ticks());
  if (pathname === "/slow") await pause(20 + 60 * Math.random());
  return new Response("x".repeat(200 + 3_000 * Math.random()));
}

/** A WebSocket that sends back what it gets. */
function echo(request: Request): Response {
  const { socket, response } = upgradeWebSocket(request);
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
}

/** Three events, and no end. */
async function* ticks(): AsyncGenerator<{ data: string }> {
  for (let at = 0; at < 3; at++) yield { data: `${at}` };
  await new Promise(() => {});
}
