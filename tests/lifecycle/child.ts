/**
 * Starts the fixtures of this folder and asks them for their figures.
 *
 * @module
 */

import type { ReactorOptions } from "../../mod.ts";
import { ChildServer } from "../support/programs.ts";
import { LAST_GET, request } from "../support/requests.ts";
import { peakBytesOf } from "../support/sampling.ts";
import { pause } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

/** The path of a program in this folder's `fixtures`. */
export function fixturePath(name: string): string {
  return decodeURIComponent(new URL(`./fixtures/${name}`, import.meta.url).pathname);
}

/** What a server process can report at once. */
export interface Look {
  readonly connections: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** The longest that a connection has been idle, in milliseconds of the server's own clock. */
  readonly idleMs: number;
}

/** What a server process holds, after a collection. */
export interface Stats extends Look {
  readonly descriptors: number;
}

/** A server in a process of its own. */
export class MeasuredServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildServer;

  private constructor(child: ChildServer, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async spawn(
    options: ReactorOptions = {},
    { descriptors = 0 } = {},
  ): Promise<MeasuredServer> {
    const limit = descriptors > 0 ? `ulimit -n ${descriptors}; ` : "";
    // The runtime's own check for updates, half a second after the start, fails without
    // descriptors.
    const command =
      `${limit}DENO_NO_UPDATE_CHECK=1 exec deno run --no-prompt --v8-flags=--expose-gc --allow-net ` +
      `--allow-run=sh "$@"`;
    const args = ["-c", command, "sh", fixturePath("server.ts"), JSON.stringify(options)];
    const child = ChildServer.spawn("sh", args);
    return new MeasuredServer(child, await child.port());
  }

  connect(): Promise<WireClient> {
    return WireClient.connect(this.port);
  }

  /** Asks for `path` on a connection of its own. */
  async ask(path: string): Promise<string> {
    using client = await this.connect();
    const raw = path === "/" ? LAST_GET : request({ target: path, fields: ["Connection: close"] });
    return (await client.ask(raw)).text;
  }

  async look(): Promise<Look> {
    return JSON.parse(await this.ask("/look"));
  }

  async stats(): Promise<Stats> {
    return JSON.parse(await this.ask("/stats"));
  }

  /** Waits until no connection but the one that asks is left; the counts are the least of a few. */
  async empty(): Promise<Stats> {
    const samples = [await this.stats()];
    for (let turn = 0; samples.at(-1)!.connections > 1; turn++) {
      if (turn === 100) throw new Error(`${samples.at(-1)!.connections - 1} connections are left`);
      await pause(50);
      samples.push(await this.stats());
    }
    // The program that counts descriptors needs some itself, and gives them back a little later.
    for (let turn = 0; turn < 3; turn++) samples.push(await this.stats());
    const last = samples.slice(-4);
    return {
      ...last[0]!,
      connections: 1,
      descriptors: Math.min(...last.map(({ descriptors }) => descriptors)),
      rss: Math.min(...last.map(({ rss }) => rss)),
    };
  }

  /** The most memory that it ever had resident, in bytes. */
  peakBytes(): Promise<number> {
    return peakBytesOf(this.#child.pid);
  }

  /** Ends it; returns what it wrote to stderr. */
  end(): Promise<string> {
    return this.#child.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** A number given to the tests as `-- --name=number`. */
export function numberArg(name: string, otherwise: number): number {
  const prefix = `--${name}=`;
  const arg = Deno.args.find((each) => each.startsWith(prefix));
  return arg === undefined ? otherwise : Number(arg.slice(prefix.length));
}

/** Bytes as MiB, for a test's output. */
export function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
