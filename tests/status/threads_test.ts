/**
 * Samples from real threads: two servers, each in its own, are one to the page; one of them is in a loop.
 *
 * @module
 */

import type { Sample } from "../../handlers/status/sample.ts";
import type { Reading } from "../../handlers/status/source.ts";
import { type WatchedWorker, WorkersSource } from "../../handlers/status/workers_source.ts";
import { denoPorts } from "../../reactor/deno_ports.ts";
import { resolveOptions } from "../../reactor/options/options.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { PATIENCE_MS, pause, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import type { ToldThread } from "./thread.ts";

/** A thread as the page sees it. */
class Thread implements WatchedWorker, Disposable {
  readonly number: number;
  /** Where its server listens. */
  readonly port: number;
  readonly #worker: Worker;

  private constructor(worker: Worker, { number, port }: { number: number; port: number }) {
    this.#worker = worker;
    this.number = number;
    this.port = port;
  }

  static async start(number: number): Promise<Thread> {
    const worker = new Worker(new URL("./thread.ts", import.meta.url), { type: "module" });
    const port = await within(next<number>(worker), "the thread to listen", 20_000);
    return new Thread(worker, { number, port });
  }

  watch(on: boolean): void {
    this.#tell({ watch: on });
  }

  sample(): Promise<Sample> {
    const answer = next<Sample>(this.#worker);
    this.#tell("sample");
    return answer;
  }

  close(id: number): void {
    this.#tell({ close: id });
  }

  #tell(message: ToldThread): void {
    this.#worker.postMessage(message);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** The next message of a thread. */
function next<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

/** Takes samples until one is as it should be. */
async function readUntil(
  source: WorkersSource,
  isRight: (reading: Reading) => boolean,
  what: string,
): Promise<Reading> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const reading = await source.take();
    if (isRight(reading)) return reading;
    if (performance.now() > end) throw new Error(`Timed out after ${PATIENCE_MS} ms: ${what}`);
    await pause(5);
  }
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

Deno.test("two threads are one to the page, which goes on while one of them is in a loop", async () => {
  using one = await Thread.start(1);
  using two = await Thread.start(2);
  const source = new WorkersSource({
    options: resolveOptions({}),
    phase: "serving",
    workers: [one, two],
    onPhase: () => () => {},
    shutdown: () => Promise.resolve(),
  }, denoPorts().clock);
  source.begin(() => {});
  const clients = await Promise.all([one, two, two].map(({ port }) => WireClient.connect(port)));
  for (const client of clients) assertEquals((await client.ask(GET)).status, 200);
  const { sample, workers } = await source.take();
  assertEquals([sample.opened, sample.answers, sample.states, workers], [
    3,
    3,
    { idle: 3 },
    { all: 2, answered: 2 },
  ]);
  assertEquals(sample.latency.reduce((sum, count) => sum + count), 3);
  const keys = sample.rows.map(({ worker, id }) => `${worker}-${id}`).toSorted();
  assertEquals(keys, ["1-1", "2-1", "2-2"]);

  const looping = clients[1]!.ask(GET.replace("/", "/loop"));
  await clients[0]!.ask(GET);
  const begin = performance.now();
  // The thread may still answer before the request reaches it.
  const late = await readUntil(source, ({ workers }) => workers!.answered === 1, "a late thread");
  const tookMs = performance.now() - begin;
  assert(tookMs < 1_200, `${tookMs}`);
  assertEquals(late.workers, { all: 2, answered: 1 });
  assertEquals(late.sample.rows.filter(({ isLate }) => isLate).length, 2);

  assertEquals((await looping).status, 200);
  await readUntil(source, ({ workers }) => workers!.answered === 2, "the thread to answer");
  source.close({ worker: 2, id: 2 }, { cut: false });
  await readUntil(source, ({ sample }) => sample.rows.length === 2, "the end of a connection");
  source.stop();
  for (const client of clients) client.close();
});
