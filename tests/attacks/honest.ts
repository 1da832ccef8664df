/**
 * Honest clients beside an attack: what they ask for is answered rightly, and how long that takes.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { pause, settles } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const CLIENTS = 10;
const REQUESTS_PER_CONNECTION = 10;
const PAUSE_MS = 10;

/** What the clients saw. */
export interface Served {
  readonly answers: number;
  /** In milliseconds, from before the connection is made where a new one was needed. */
  readonly p50: number;
  readonly p99: number;
}

/** Ten clients ask an echoing server until `stop` settles. Any wrong or lost answer rejects. */
export async function serveHonest(port: number, stop: Promise<unknown>): Promise<Served> {
  const times: number[] = [];
  const one = async (client: number) => {
    for (let turn = 0; !await settles(stop, 0); turn++) {
      await askOnConnection(port, { name: `${client}-${turn}`, times });
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)));
  times.sort((a, b) => a - b);
  return { answers: times.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function askOnConnection(
  port: number,
  { name, times }: { name: string; times: number[] },
): Promise<void> {
  let begin = performance.now();
  using client = await WireClient.connect(port);
  for (let turn = 0; turn < REQUESTS_PER_CONNECTION; turn++) {
    const body = `${name}-${turn}`;
    const { status, text } = await client.ask(request({ body }));
    times.push(performance.now() - begin);
    assertEquals([status, text], [200, body]);
    await pause(PAUSE_MS);
    begin = performance.now();
  }
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** As a line for people. */
export function formatServed({ answers, p50, p99 }: Served): string {
  return `${answers} answers, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
