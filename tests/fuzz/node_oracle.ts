/**
 * Node's HTTP server as an oracle.
 *
 * @module
 */

import { ProcessOracle } from "./oracles/process_oracle.ts";
import type { Oracle, Reading } from "./reading.ts";
import { joinCookies } from "./requests.ts";

const PROGRAM = decodeURIComponent(new URL("./node_oracle.mjs", import.meta.url).pathname);

/** See the head of this file. */
export class NodeOracle implements Oracle {
  readonly name = "Node";
  readonly #process = new ProcessOracle("Node", "node", [PROGRAM]);

  async read(streams: readonly string[]): Promise<Reading[]> {
    return (await this.#process.read(streams)).map(withOneCookie);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function withOneCookie(reading: Reading): Reading {
  const requests = reading.requests.map((seen) => ({ ...seen, fields: joinCookies(seen.fields) }));
  return { ...reading, requests };
}
