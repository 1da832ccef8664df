/**
 * Another server as an oracle: a process that reads whole batches of streams. Each batch is a count and as
 * many streams, each after its length (32 bits, little-endian); the answer is a length and JSON, a list of
 * readings. The process ends when its stdin does.
 *
 * @module
 */

import { within } from "../../support/time.ts";
import { latin1 } from "../../support/wire.ts";
import type { Oracle, Reading } from "../reading.ts";

const BATCH_MS = 60_000;

/** See the head of this file. */
export class ProcessOracle implements Oracle {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #into: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #from: ReadableStreamBYOBReader;

  constructor(name: string, program: string, args: readonly string[] = []) {
    this.name = name;
    const command = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
    });
    this.#child = command.spawn();
    this.#into = this.#child.stdin.getWriter();
    this.#from = this.#child.stdout.getReader({ mode: "byob" });
  }

  async read(streams: readonly string[]): Promise<Reading[]> {
    const [, answer] = await within(
      Promise.all([this.#into.write(batchOf(streams)), this.#answer()]),
      `${this.name} to read a batch`,
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
    return JSON.parse(new TextDecoder().decode(await this.#exactly(length)));
  }

  async #exactly(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { value, done } = await this.#from.read(new Uint8Array(length), { min: length });
    if (done || value === undefined) throw new Error(`${this.name} has ended`);
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
