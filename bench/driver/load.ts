/**
 * The driver's load: many clients in a closed loop, counted one by one.
 *
 * @module
 */

import type { Fairness, Tally } from "../model.ts";
import { batchOf, Client } from "./client.ts";
import { Histogram } from "./histogram.ts";
import type { DriverMessage, DriverPlan } from "./protocol.ts";

type LoadPlan = Extract<DriverPlan, { kind: "load" }>;

/** Connections opened at a time: a listen backlog that overflows costs a second each. */
const WAVE = 128;
/** A connection that is not open by then is lost. */
const OPEN_LIMIT_MS = 10_000;

/** Runs the plan and reports when the counted part begins and ends. */
export async function runLoad(
  plan: LoadPlan,
  tell: (message: DriverMessage) => void,
): Promise<void> {
  const histogram = new Histogram();
  let going = true;
  const clients = await openClients(plan.connections, () =>
    Client.open({
      port: plan.port,
      batch: batchOf(plan.request, plan.depth),
      depth: plan.depth,
      bodyBytes: plan.bodyBytes,
      onBatch(_client, ms) {
        histogram.record(ms);
        return going;
      },
    }));
  for (const client of clients) if (!client.lost) client.send();
  await pause(plan.warmupMs);
  clear(clients, histogram);
  tell({ kind: "begin" });
  const begin = performance.now();
  await pause(plan.measureMs);
  going = false;
  const seconds = (performance.now() - begin) / 1000;
  tell({ kind: "end" });
  tell({ kind: "tally", tally: tallyOf(clients, { seconds, histogram, plan }) });
  for (const client of clients) client.close();
}

/** Opens `count` clients in waves; those that do not open in time are left out. */
export async function openClients(
  count: number,
  open: () => Promise<Client>,
): Promise<Client[]> {
  const clients: Client[] = [];
  const deadline = performance.now() + OPEN_LIMIT_MS;
  while (clients.length < count) {
    const wave = Array.from({ length: Math.min(WAVE, count - clients.length) }, open);
    const opened = await within(Promise.all(wave), deadline - performance.now());
    if (opened === null) break;
    clients.push(...opened);
  }
  return clients;
}

/** Resolves with the promise's value, or with `null` when `ms` have passed. */
export function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), ms);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function clear(clients: readonly Client[], histogram: Histogram): void {
  for (const client of clients) client.good = client.bad = 0;
  histogram.clear();
}

function tallyOf(
  clients: readonly Client[],
  options: { readonly seconds: number; readonly histogram: Histogram; readonly plan: LoadPlan },
): Tally {
  const { seconds, histogram, plan } = options;
  const good = sum(clients.map((client) => client.good));
  const bad = sum(clients.map((client) => client.bad));
  const unopened = plan.connections - clients.length;
  const socketErrors = unopened + clients.filter((client) => client.lost).length;
  return {
    requests: good + bad + socketErrors,
    good,
    bad,
    socketErrors,
    seconds,
    latencyMs: histogram.latency(),
    fairness: fairnessOf([...clients.map((client) => client.good), ...Array(unopened).fill(0)]),
  };
}

/** How evenly the answers were spread. */
export function fairnessOf(counts: readonly number[]): Fairness {
  return {
    connections: counts.length,
    least: counts.reduce((a, b) => Math.min(a, b), Infinity),
    most: counts.reduce((a, b) => Math.max(a, b), 0),
    mean: sum(counts) / counts.length,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
