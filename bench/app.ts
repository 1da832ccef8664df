/**
 * The app that every fetch-style peer runs, the same code for all. It reads the URL as a real
 * handler does, so that a server which builds requests lazily pays for it.
 *
 * @module
 */

import {
  BLOCK,
  BURN_MS,
  DONE,
  FILLER,
  GREETING,
  JSON_FIELDS,
  POOL_MS,
  POOL_PLACES,
  STREAM_PIECE_BYTES,
  STREAM_PIECES,
} from "./app_values.mjs";

/** A handler as `Deno.serve` and Weir take it. */
export type App = (request: Request) => Response | Promise<Response>;

const PIECE = new Uint8Array(STREAM_PIECE_BYTES).fill(FILLER);
const HTML = { "content-type": "text/html; charset=utf-8" };

/** What the app is made of. */
export interface AppOptions {
  /** The file that `/page.html` serves. */
  readonly pageFile: string;
  /** What answers below `/files/`; nothing without it. */
  readonly files?: App;
}

/** Makes the app. */
export function createApp(options: AppOptions): App {
  const pool = new Pool(POOL_PLACES);
  return (request) => {
    const { url } = request;
    // The path begins at the first slash after "http://".
    const path = url.slice(url.indexOf("/", 7));
    if (path === "/") return new Response(GREETING);
    if (path.startsWith("/json")) return describe(request);
    if (path === "/echo") return echo(request);
    if (path === "/64k") return new Response(BLOCK);
    if (path === "/stream") return new Response(pieces());
    if (path === "/upload") return count(request);
    if (path === "/page.html") return page(options.pageFile);
    if (options.files && path.startsWith("/files/")) return options.files(request);
    if (path === "/burn") return burn();
    if (path === "/pool") return query(pool);
    if (path === "/healthz") return new Response(DONE);
    return new Response("Not Found\r\n", { status: 404 });
  };
}

function describe(request: Request): Response {
  const url = new URL(request.url);
  const [language = "", id = ""] = JSON_FIELDS;
  return Response.json({
    path: url.pathname,
    name: url.searchParams.get("name"),
    language: request.headers.get(language),
    id: request.headers.get(id),
  });
}

async function echo(request: Request): Promise<Response> {
  return Response.json(await request.json());
}

function pieces(): ReadableStream<Uint8Array> {
  let left = STREAM_PIECES;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(PIECE);
      if (--left === 0) controller.close();
    },
  });
}

async function count(request: Request): Promise<Response> {
  let bytes = 0;
  for await (const piece of request.body ?? []) bytes += piece.byteLength;
  return new Response(String(bytes));
}

/** Computes for a fixed time, so that its capacity does not depend on the processor's speed. */
function burn(): Response {
  const end = performance.now() + BURN_MS;
  while (performance.now() < end);
  return new Response(DONE);
}

async function query(pool: Pool): Promise<Response> {
  await pool.take();
  await new Promise((resolve) => setTimeout(resolve, POOL_MS));
  pool.give();
  return new Response(DONE);
}

/** The connections to a backend: a request that finds none free waits in line, without a limit. */
class Pool {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async take(): Promise<void> {
    if (this.#free-- > 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    this.#free++;
    this.#waiting.shift()?.();
  }
}

async function page(file: string): Promise<Response> {
  const opened = await Deno.open(file);
  return new Response(opened.readable, { headers: HTML });
}
