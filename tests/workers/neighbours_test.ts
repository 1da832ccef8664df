/**
 * An endless loop on the pool and its neighbours: what 64 other connections of the same server see of it.
 *
 * @module
 */

import { request } from "../support/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { pause } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { serverWith } from "./support.ts";

const CONNECTIONS = 64;
/** Between the requests of one connection: together they keep the server busy, and no core full. */
const PAUSE_MS = 20;
const TIMEOUT_MS = 1_000;
/** Other work of the machine only makes times longer: one quiet run of these is enough. */
const ATTEMPTS = 5;

/** Connections that ask without end, and how long their answers take. */
class Neighbours implements AsyncDisposable {
  readonly #asking: Promise<void>[];
  #times: number[] = [];
  #over = false;

  constructor(port: number) {
    this.#asking = Array.from({ length: CONNECTIONS }, (_, index) => this.#ask(port, index));
  }

  /** The 99th percentile of the answers from now on until `over` resolves, in milliseconds. */
  async p99During(over: Promise<unknown>): Promise<number> {
    this.#times = [];
    await over;
    const times = this.#times.sort((a, b) => a - b);
    assert(times.length > 20 * CONNECTIONS, `Only ${times.length} answers`);
    return times[Math.floor(times.length * 0.99)]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await Promise.all(this.#asking);
  }

  async #ask(port: number, index: number): Promise<void> {
    using client = await WireClient.connect(port);
    await pause(index * PAUSE_MS / CONNECTIONS);
    while (!this.#over) {
      const begin = performance.now();
      const { text } = await client.ask(request({ target: "/direct" }));
      this.#times.push(performance.now() - begin);
      assertEquals(text, "direct");
      await pause(PAUSE_MS);
    }
  }
}

interface Run {
  readonly status: number;
  /** From the request to its answer, in milliseconds. */
  readonly cutMs: number;
  /** The neighbours' 99th percentile before the loop, in milliseconds. */
  readonly usualMs: number;
  /** The same from the loop's begin until half a second after its cut: the thread goes on. */
  readonly meanwhileMs: number;
}

async function run(): Promise<Run> {
  await using child = serverWith({ max: 1, timeout: TIMEOUT_MS });
  const port = await child.port();
  using client = await WireClient.connect(port);
  // Its worker is there when the time begins.
  assertEquals((await client.ask(request({ target: "/hello" }))).text, "hello");
  await using neighbours = new Neighbours(port);
  await pause(500);
  const usualMs = await neighbours.p99During(pause(1_500));
  const begin = performance.now();
  const answer = client.ask(request({ target: "/loop" }));
  const cut = answer.then(() => performance.now() - begin);
  const meanwhileMs = await neighbours.p99During(cut.then(() => pause(500)));
  return { status: (await answer).status, cutMs: await cut, usualMs, meanwhileMs };
}

function isGood({ cutMs, usualMs, meanwhileMs }: Run): boolean {
  return Math.abs(cutMs - TIMEOUT_MS) <= 100 && meanwhileMs <= 2 * usualMs;
}

Deno.test("a loop without end is cut in time, and 64 other connections see no p99 over twice their usual", async () => {
  const runs: Run[] = [];
  while (!runs.some(isGood)) {
    assert(runs.length < ATTEMPTS, JSON.stringify(runs));
    runs.push(await run());
    assertEquals(runs.at(-1)!.status, 503);
  }
});
