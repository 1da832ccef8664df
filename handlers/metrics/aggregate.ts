/**
 * The metrics of several threads as those of one server, by prom-client's own aggregation: counters and
 * histograms are added up, gauges too, except for what all threads share, of which the largest counts.
 *
 * A counter must never fall, or Prometheus takes it for one that began anew and counts all of it once more.
 * So what threads that have ended had counted stays in the sum.
 *
 * @module
 */

import type { Registry } from "prom-client";

/** One metric of one thread at one moment, as prom-client's registries tell it. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How values of several threads become one. */
  readonly aggregator: string;
  readonly values: readonly {
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
  }[];
}

/** All metrics of one thread at one moment, as plain data. */
export type MetricValues = readonly MetricFamily[];

/** Of so many threads that have ended the values are kept apart; then they become one. */
const MOST_ENDED = 16;

/** Adds the metrics of threads up. prom-client is loaded with the first sum. */
export class Totals {
  /** By thread, what it said last. */
  readonly #last = new Map<number, MetricValues>();
  /** What the threads that have ended had counted. */
  #ended: readonly MetricValues[] = [];

  /** What a thread says now. */
  set(thread: number, values: MetricValues): void {
    this.#last.set(thread, values);
  }

  /** A thread has ended: what it said last stays counted. */
  end(thread: number): void {
    const values = this.#last.get(thread);
    if (values === undefined) return;
    this.#last.delete(thread);
    this.#ended = [...this.#ended, values.filter(({ type }) => type !== "gauge")];
  }

  /** All of them in the text format. */
  async text(): Promise<string> {
    if (this.#ended.length > MOST_ENDED) await this.#join();
    const registry = await aggregated([...this.#last.values(), ...this.#ended]);
    return await registry.metrics();
  }

  async #join(): Promise<void> {
    const joined = new Set(this.#ended);
    const registry = await aggregated(this.#ended);
    const sum = await valuesOf(registry);
    this.#ended = [sum, ...this.#ended.filter((each) => !joined.has(each))];
  }
}

/** What the metrics of a registry are now. */
export async function valuesOf(registry: Registry): Promise<MetricValues> {
  return await registry.getMetricsAsJSON() as unknown as MetricValues;
}

async function aggregated(all: readonly MetricValues[]): Promise<Registry> {
  const { AggregatorRegistry } = await import("prom-client");
  return AggregatorRegistry.aggregate(all as never);
}
