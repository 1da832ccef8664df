/**
 * The two ways in which a case reaches the engine, both with the fetch application on top: the fake wire
 * of the engine's own tests, which is fast and checks that nothing is left, and a real socket.
 *
 * @module
 */

import { fetchApplication } from "../../handlers/fetch/application.ts";
import type { ServeHandler } from "../../handlers/serve_options.ts";
import type { ReactorOptions } from "../../reactor/options/options.ts";
import { settled } from "../engine/fakes.ts";
import { type Line, Rig } from "../engine/rig.ts";
import { type Running, start, WEIR } from "../support/servers.ts";
import type { Handler, Seen } from "./case.ts";
import { DEFAULT_HOST, type Desk, serveAt } from "./handlers.ts";

/** Options of the server. */
export interface WireOptions extends Pick<ReactorOptions, "keepAliveHeader"> {
  readonly limits?: Readonly<Record<string, number>>;
}

/** What a client does. */
export interface Script {
  readonly packets: readonly string[];
  readonly handler: Handler | undefined;
  /** The client ends its side after the packets. */
  readonly ends: boolean;
}

/** The result of a script. */
export interface Observed {
  /** All that the client got, one character a byte. */
  readonly output: string;
  readonly seen: readonly Seen[];
  /** Whether the server ended its side, other than because the client did. */
  readonly closed: boolean;
}

/** As the default, without its report: the status of an error that the client caused, else 500. */
function onError(error: unknown): Response {
  const { status = 500 } = error as { status?: number };
  return new Response(null, { status });
}

/** The engine on a fake wire. Runs one script at a time. */
export class FakeWire implements AsyncDisposable {
  #desk: Desk = { seen: [], handler: undefined };
  readonly #rig: Rig;

  constructor(options: WireOptions = {}) {
    const handler = (request: Request, info: Deno.ServeHandlerInfo) =>
      serveAt(this.#desk, request, info);
    const application = fetchApplication({
      handler: handler as ServeHandler,
      onError,
      addr: { transport: "tcp", hostname: "127.0.0.1", port: 8000 },
      defaultHost: DEFAULT_HOST,
      compressing: false,
      context: null,
    });
    this.#rig = new Rig({ ...options, application });
  }

  async run({ packets, handler, ends }: Script): Promise<Observed> {
    const desk: Desk = { seen: [], handler };
    this.#desk = desk;
    const line = await this.#rig.connect();
    await line.wire.send(...packets);
    if (ends) await line.wire.end();
    await quiet(line, desk);
    const { output, finished, closed } = line.wire;
    await line.wire.reset();
    return { output, seen: desk.seen, closed: finished || closed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rig.finish();
  }
}

/** Waits until nothing more happens without time passing. */
async function quiet(line: Line, desk: Desk): Promise<void> {
  const state = () => `${line.wire.output.length} ${line.wire.reads} ${desk.seen.length}`;
  let before: string;
  do {
    before = state();
    await settled();
  } while (state() !== before);
}

/** A server on a real socket. */
export class SocketWire implements AsyncDisposable {
  readonly #desks = new Map<number, Desk>();
  readonly #running: Running;

  constructor(options: WireOptions = {}) {
    this.#running = start(WEIR, (request, info) => {
      const { port } = info.remoteAddr as Deno.NetAddr;
      return serveAt(this.#desks.get(port)!, request, info);
    }, { ...options, onError });
  }

  /** Only for scripts at whose end the server closes, or the client ends. */
  async run({ packets, handler, ends }: Script): Promise<Observed> {
    using client = await this.#running.connect();
    const desk: Desk = { seen: [], handler };
    this.#desks.set(client.localAddr.port, desk);
    let output = "";
    for (const [at, packet] of packets.entries()) {
      await client.sendWhileOpen(packet);
      if (at + 1 < packets.length) output += await client.readOnce();
    }
    if (ends) await client.closeWrite();
    const { text, end } = await client.remains();
    if (end !== "clean") throw new Error(`The connection ended with a reset after ${output}`);
    return { output: output + text, seen: desk.seen, closed: !ends };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#running[Symbol.asyncDispose]();
  }
}
