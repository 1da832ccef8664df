/**
 * The program behind the balancers, started with the flags that their files give.
 *
 * @module
 */

import { Program } from "../cli/child.ts";
import { freePort } from "../support/ports.ts";
import { documentedFlags } from "./files.ts";

/** One place behind a balancer: a port, and whoever serves there at present. */
export class Place implements AsyncDisposable {
  readonly port = freePort();
  #program: Program | null = null;

  /** Who serves there. */
  get program(): Program {
    if (this.#program === null) throw new Error(`Nobody was started on port ${this.port}`);
    return this.#program;
  }

  /** Resolves when it listens. */
  async start(...others: string[]): Promise<void> {
    this.#program = new Program(["tests/deploy/app.ts", ...this.#flags(), "--metrics", ...others]);
    await this.#program.address();
  }

  /** A connection to it that no balancer sees. */
  async ask(path: string): Promise<Response> {
    const headers = { connection: "close" };
    return await fetch(`http://127.0.0.1:${this.port}${path}`, { headers });
  }

  /** How many connections it has accepted. */
  accepted(): Promise<number> {
    return this.#measure("weir_connections_accepted_total");
  }

  /** How many of its connections are kept, and wait for a request. */
  idle(): Promise<number> {
    return this.#measure('weir_connections{state="idle"}');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }

  /** How many requests it is at work on, besides the one that asks. */
  async handling(): Promise<number> {
    return await this.#measure('weir_connections{state="handling"}') - 1;
  }

  async #measure(name: string): Promise<number> {
    const lines = (await (await this.ask("/metrics")).text()).split("\n");
    return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length));
  }

  /** Those of the file's head, with the test's addresses. */
  #flags(): string[] {
    const values = new Map([
      ["--host", "127.0.0.1"],
      ["--port", String(this.port)],
      ["--trusted-proxies", "loopback"],
    ]);
    const flags = documentedFlags("haproxy.cfg");
    return flags.map((each, at) => values.get(flags[at - 1] ?? "") ?? each);
  }
}

/** Two places with somebody in each. */
export async function startTwo(): Promise<[Place, Place]> {
  const places: [Place, Place] = [new Place(), new Place()];
  await Promise.all(places.map((each) => each.start()));
  return places;
}
