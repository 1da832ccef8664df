/**
 * Workers without threads: each answers with what a test says, when it says so.
 *
 * @module
 */

import { Histogram } from "../../handlers/status/histogram.ts";
import { NOTHING, type Row, type Sample } from "../../handlers/status/sample.ts";
import type { WatchedWorker, WatchedWorkers } from "../../handlers/status/workers_source.ts";
import { resolveOptions } from "../../reactor/options/options.ts";
import type { Phase } from "../../reactor/states.ts";

/** A row of a connection that was just opened, but for what is given. */
export function row(given: Partial<Row>): Row {
  return {
    worker: null,
    id: 1,
    peer: "192.0.2.1:40000",
    state: "idle",
    stateMs: 0,
    ageMs: 0,
    requests: 0,
    bytesIn: 0,
    bytesOut: 0,
    queueMs: null,
    socket: null,
    events: null,
    isLate: false,
    ...given,
  };
}

/** A sample of a server on which nothing happened, but for what is given. */
export function sample(given: Partial<Sample>): Sample {
  return { ...NOTHING, ...given };
}

/** The histogram of some times, as a sample has it. */
export function latencyOf(...times: readonly number[]): Sample["latency"] {
  const histogram = new Histogram();
  for (const ms of times) histogram.add(ms);
  return histogram.buckets;
}

/** A worker that answers at once, unless it is told not to. */
export class FakeWorker implements WatchedWorker {
  readonly number: number;
  /** What it was told, in order. */
  readonly told: string[] = [];
  /** Its next sample. */
  next: Sample = NOTHING;
  /** What becomes of questions. */
  mode: "answers" | "silent" | "fails" = "answers";
  readonly #waiting: ((sample: Sample) => void)[] = [];

  constructor(number: number) {
    this.number = number;
  }

  watch(on: boolean): void {
    this.told.push(`watch ${on}`);
  }

  sample(): Promise<Sample> {
    this.told.push("sample");
    if (this.mode === "fails") return Promise.reject(new Error("The worker has ended"));
    if (this.mode === "answers") return Promise.resolve(structuredClone(this.next));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(id: number, { cut }: { readonly cut: boolean }): void {
    this.told.push(`${cut ? "cut" : "close"} ${id}`);
  }

  /** Answers what it was silent about, and answers from now on. */
  comeBack(): void {
    this.mode = "answers";
    for (const answer of this.#waiting.splice(0)) answer(structuredClone(this.next));
  }
}

/** All workers. */
export class FakeWorkers implements WatchedWorkers {
  readonly options = resolveOptions({});
  readonly workers: Set<FakeWorker>;
  phase: Phase = "serving";
  shutdowns = 0;
  readonly #listeners = new Set<() => void>();

  constructor(...workers: readonly FakeWorker[]) {
    this.workers = new Set(workers);
  }

  /** How many listen for a change of the phase. */
  get listeners(): number {
    return this.#listeners.size;
  }

  onPhase(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  enter(phase: Phase): void {
    this.phase = phase;
    for (const listener of this.#listeners) listener();
  }

  shutdown(): Promise<void> {
    this.shutdowns++;
    return Promise.resolve();
  }
}
