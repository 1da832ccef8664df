/**
 * Node's HTTP server as an oracle: a process of its own that reads whole batches of streams.
 *
 * @module
 */

import { latin1 } from "../support/wire.ts";
import { within } from "../support/time.ts";
import type { Reading } from "./reading.ts";
import { joinCookies } from "./requests.ts";

const PROGRAM = decodeURIComponent(new URL("./node_oracle.mjs", import.meta.url).pathname);
const BATCH_MS = 60_000;

/** See the head of this file. */
export class NodeOracle implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #into: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #from: ReadableStreamBYOBReader;

  constructor() {
    const command = new Deno.Command("node", { args: [PROGRAM], stdin: "piped", stdout: "piped" });
    this.#child = command.spawn();
    this.#into = this.#child.stdin.getWriter();
    this.#from = this.#child.stdout.getReader({ mode: "byob" });
  }

  /** What Node makes of each stream. */
  async read(streams: readonly string[]): Promise<Reading[]> {
    const [, answer] = await within(
      Promise.all([this.#into.write(batchOf(streams)), this.#answer()]),
      "Node to read a batch",
      BATCH_MS,
    );
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#into.close();
    await this.#from.cancel();
    await this.#child.status;
  }

  async #answer(): Promise<Reading[]> {
    const length = new DataView((await this.#exactly(4)).buffer).getUint32(0, true);
    const readings = JSON.parse(new TextDecoder().decode(await this.#exactly(length))) as Reading[];
    return readings.map(withOneCookie);
  }

  async #exactly(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { value, done } = await this.#from.read(new Uint8Array(length), { min: length });
    if (done || value === undefined) throw new Error("Node has ended");
    return value;
  }
}

function batchOf(streams: readonly string[]): Uint8Array<ArrayBuffer> {
  const size = streams.reduce((sum, stream) => sum + 4 + stream.length, 4);
  const batch = new Uint8Array(size);
  const view = new DataView(batch.buffer);
  view.setUint32(0, streams.length, true);
  let at = 4;
  for (const stream of streams) {
    view.setUint32(at, stream.length, true);
    batch.set(latin1(stream), at + 4);
    at += 4 + stream.length;
  }
  return batch;
}

function withOneCookie(reading: Reading): Reading {
  const requests = reading.requests.map((seen) => ({ ...seen, fields: joinCookies(seen.fields) }));
  return { ...reading, requests };
}
