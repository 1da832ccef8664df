/**
 * The handlers of the cases, and how their calls are recorded.
 *
 * @module
 */

import { upgradeOf } from "../support/upgrade.ts";
import { fromLatin1, latin1 } from "../support/wire.ts";
import type { Handler, Seen } from "./case.ts";

/** Where the calls of one connection are recorded, and the handler that answers them. */
export interface Desk {
  readonly seen: Seen[];
  readonly handler: Handler | undefined;
}

/** The targets of the requests before and after a case; they never reach its handler. */
export const BEFORE_TARGET = "/before";
export const AFTER_TARGET = "/after";

/** Records the call, then calls the case's handler. */
export function serveAt(
  desk: Desk,
  request: Request,
  info: Deno.ServeHandlerInfo,
): Response | Promise<Response> {
  const seen: Seen = {
    method: request.method,
    url: withoutPort(request.url),
    fields: Object.fromEntries(request.headers),
    body: undefined,
  };
  desk.seen.push(seen);
  const around = [BEFORE_TARGET, AFTER_TARGET].some((target) => request.url.endsWith(target));
  const handler = around ? undefined : desk.handler;
  return (handler ?? readsAll)(request, { seen, upgrade: upgradeOf(info) });
}

/** The authority that stands in for a missing Host, which on a real socket has a port of its own. */
export const DEFAULT_HOST = "default";

function withoutPort(url: string): string {
  return url.replace(/^http:\/\/localhost:\d+/, `http://${DEFAULT_HOST}`);
}

/** Reads the body as bytes and keeps them. */
export async function read(request: Request, seen: Seen): Promise<string> {
  seen.body = null;
  return seen.body = fromLatin1(await request.bytes());
}

/** The handler of a case that has none of its own. */
export async function readsAll(request: Request, { seen }: { seen: Seen }): Promise<Response> {
  await read(request, seen);
  return new Response("ok");
}

/** Answers with what `make` makes, after the body. */
export function answers(make: () => Response): Handler {
  return async (request, { seen }) => {
    await read(request, seen);
    return make();
  };
}

/** Answers at once and leaves the body alone. */
export const ignoresBody: Handler = () => new Response("early");

/** Cancels the body and answers. */
export const cancelsBody: Handler = async (request) => {
  await request.body?.cancel();
  return new Response("early");
};

/** Reads one piece of the body, cancels the rest and answers. */
export const readsOnePiece: Handler = async (request) => {
  const reader = request.body!.getReader();
  await reader.read();
  await reader.cancel();
  return new Response("early");
};

/** A stream of these pieces. */
export function streamOf(...pieces: readonly string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(pieces.map(latin1)) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Takes the connection over and sends back what comes, after a `>`, until the client ends. */
export function takesOver(init: { status?: number; headers?: HeadersInit } = {}): Handler {
  return (_, { upgrade }) => {
    const raw = upgrade(init);
    echo(raw);
    return new Response();
  };
}

async function echo(raw: ReturnType<ReturnType<typeof upgradeOf>>): Promise<void> {
  const into = new Uint8Array(1024);
  for (let count = await raw.read(into); count !== null; count = await raw.read(into)) {
    await raw.write(latin1(`>${fromLatin1(into.subarray(0, count))}`));
  }
  raw.close();
}
