/**
 * Servers of event streams for tests, and a client that shows each piece of a stream as it comes.
 *
 * @module
 */

import { eventStream, type EventStreamOptions, type EventStreamSource } from "../../mod.ts";
import { serve, type Server } from "../../mod.ts";
import { fromLatin1, type Remains, WireClient } from "../support/wire.ts";

/** How a server of one stream is made. */
export interface StreamServerOptions extends EventStreamOptions {
  /** What `onError` is told. */
  readonly errors?: unknown[];
  readonly timeouts?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Record<string, number>>;
}

/** Answers every request with a stream from `source`. */
export function streamServer(
  source: EventStreamSource,
  { errors = [], timeouts = {}, limits = {}, ...options }: StreamServerOptions = {},
): Server<Deno.NetAddr> {
  return serve({
    hostname: "127.0.0.1",
    port: 0,
    timeouts,
    limits,
    onListen: () => {},
    onError: (error) => {
      errors.push(error);
      return new Response("Failed", { status: 500 });
    },
  }, (request) => eventStream(request, source, options));
}

/** A client of one stream, in chunks. */
export class StreamClient implements Disposable {
  readonly wire: WireClient;
  readonly head: string;

  private constructor(wire: WireClient, head: string) {
    this.wire = wire;
    this.head = head;
  }

  /** Asks for a stream, of a server or of what stands in front of one. */
  static async open(
    server: { readonly addr: { readonly port: number } },
    { request = "GET / HTTP/1.1", fields = [] as readonly string[] } = {},
  ): Promise<StreamClient> {
    const wire = await WireClient.connect(server.addr.port);
    await wire.send([request, "Host: a", ...fields, "", ""].join("\r\n"));
    const lines: string[] = [];
    for (let line = await wire.line(); line !== ""; line = await wire.line()) lines.push(line);
    return new StreamClient(wire, lines.join("\n"));
  }

  /** The next chunk as text; `null` for the last one. */
  async chunk(): Promise<string | null> {
    const size = Number.parseInt(await this.wire.line(), 16);
    const text = fromLatin1(await this.wire.exactly(size));
    await this.wire.line();
    return size === 0 ? null : text;
  }

  /** All chunks to the last one. */
  async chunks(): Promise<string[]> {
    const all: string[] = [];
    for (let one = await this.chunk(); one !== null; one = await this.chunk()) all.push(one);
    return all;
  }

  /** Whatever is left, and how the connection ended. */
  remains(): Promise<Remains> {
    return this.wire.remains();
  }

  [Symbol.dispose](): void {
    this.wire.close();
  }
}

/** The milliseconds in the last `retry` line of a text; -1 without one. */
export function lastRetry(text: string): number {
  return Number([...text.matchAll(/^retry: (\d+)$/gm)].at(-1)?.[1] ?? -1);
}
