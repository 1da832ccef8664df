/**
 * The fault tests' server in a process of its own, and what is checked after every fault: that it
 * serves, that nothing is left, and that it ends by itself.
 *
 * @module
 */

import type { ReactorOptions } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { ChildServer } from "../support/programs.ts";
import { request } from "../support/requests.ts";
import { descriptorsOf } from "../support/sampling.ts";
import { PATIENCE_MS, pause } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

/** What a server process reports of itself; memory in bytes. */
export interface Stats {
  /** Open connections without the one that asks. */
  readonly connections: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** The longest delay of a timer by its event loop since it was last asked. */
  readonly lagMs: number;
}

const PROGRAM = decodeURIComponent(new URL("./fixtures/server.ts", import.meta.url).pathname);

/** The most time from the end of stdin to that of the process; Deno alone takes tens of ms. */
const ENDING_MS = 5_000;

let ids = 0;

/** An id that no other request of this process has; always six digits. */
export function nextId(): string {
  return String(++ids % 1_000_000).padStart(6, "0");
}

/** See the head of this file. */
export class FaultServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildServer;
  #descriptors = 0;
  #ended = false;

  private constructor(child: ChildServer, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async spawn(options: ReactorOptions = {}): Promise<FaultServer> {
    const flags = ["run", "--no-prompt", "--v8-flags=--expose-gc", "--allow-net=127.0.0.1:0"];
    const args = [...flags, PROGRAM, JSON.stringify(options)];
    const child = ChildServer.spawn(Deno.execPath(), args);
    const server = new FaultServer(child, await child.port());
    await server.stats();
    server.#descriptors = await descriptorsOf(child.pid);
    return server;
  }

  get pid(): number {
    return this.#child.pid;
  }

  connect(): Promise<WireClient> {
    return WireClient.connect(this.port);
  }

  /** What it holds after a collection. */
  stats(): Promise<Stats> {
    return this.#ask("/stats");
  }

  /** What it holds at the moment. */
  look(): Promise<Stats> {
    return this.#ask("/look");
  }

  /** Its open descriptors, beyond those at the start. */
  async descriptors(): Promise<number> {
    return await descriptorsOf(this.pid) - this.#descriptors;
  }

  async #ask(target: string): Promise<Stats> {
    using client = await this.connect();
    const raw = request({ target, fields: ["Connection: close"] });
    const stats: Stats = JSON.parse((await client.ask(raw)).text);
    await client.remains();
    return { ...stats, connections: stats.connections - 1 };
  }

  /** A plain request on a connection of its own is answered rightly. */
  async assertServes(): Promise<void> {
    const id = nextId();
    using client = await this.connect();
    const raw = request({ target: `/get/${id}`, fields: ["Connection: close"] });
    const { status, text } = await client.ask(raw);
    assertEquals([status, text], [200, `got ${id}`]);
    assertEquals((await client.remains()).end, "clean");
  }

  /** Within a few seconds no connection is left, and no descriptor more than at the start; returns what is. */
  async assertEmpty(what: string): Promise<{ connections: number; descriptors: number }> {
    const end = performance.now() + PATIENCE_MS;
    let left = "";
    do {
      const { connections } = await this.stats();
      const descriptors = await this.descriptors();
      if (connections === 0 && descriptors <= 0) return { connections, descriptors };
      left = `${connections} connections and ${descriptors} descriptors are left`;
      await pause(20);
    } while (performance.now() < end);
    throw new Error(`${left}: ${what}`);
  }

  /** It ends by itself, as nothing keeps it: no timer, no socket. Returns what it wrote to stderr. */
  async assertEnds(): Promise<string> {
    this.#ended = true;
    const begin = performance.now();
    const { code, stderr } = await this.#child.exit();
    const ms = performance.now() - begin;
    assertEquals(code, 0, stderr);
    assert(ms < ENDING_MS, `It took ${Math.round(ms)} ms to end`);
    return stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.#child.end();
  }
}
