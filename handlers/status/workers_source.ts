/**
 * Several workers that are one server to their clients, as the status page sees them. A worker that is in
 * a long computation answers late or never; it must not hold up the page. So it is waited for once, and
 * until it has answered, its connections are shown as they were, and marked. Pure.
 *
 * @module
 */

import type { Options } from "../../reactor/options/options.ts";
import type { Clock } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import { mergeSamples, NOTHING, type RowKey, type Sample } from "./sample.ts";
import type { Reading, StatusSource } from "./source.ts";

/** How long a worker may take to answer before the others are shown without it, in milliseconds. */
export const ANSWER_MS = 250;

/** One worker, seen from the thread that has the page. */
export interface WatchedWorker {
  /** Tells it from all others, also from those before it. */
  readonly number: number;
  /** Has it begin or end to watch its server, by a `Sampler`. */
  watch(on: boolean): void;
  /** Asks for the next sample; may reject when the worker has ended. */
  sample(): Promise<Sample>;
  /** Has it close a connection in good order, or cut it. */
  close(id: number, how: { readonly cut: boolean }): void;
}

/** All workers, and what is one for all of them. */
export interface WatchedWorkers {
  /** The time-outs and limits in force, those of each worker. */
  readonly options: Options;
  /** Where they are in their life. */
  readonly phase: Phase;
  /** Those that have not ended; read at each sample. */
  readonly workers: Iterable<WatchedWorker>;
  /** Calls `listener` whenever the phase may be another one, until the function returned is called. */
  onPhase(listener: () => void): () => void;
  /** Ends all of them. */
  shutdown(): Promise<unknown>;
}

/** Asks all workers for samples and adds them up; it never waits for longer than {@linkcode ANSWER_MS}. */
export class WorkersSource implements StatusSource {
  readonly #all: WatchedWorkers;
  readonly #clock: Clock;
  /** Those that watch, by their numbers. */
  readonly #parts = new Map<number, Part>();
  #stopPhase: () => void = () => {};

  constructor(all: WatchedWorkers, clock: Clock) {
    this.#all = all;
    this.#clock = clock;
  }

  get options(): Options {
    return this.#all.options;
  }

  get phase(): Phase {
    return this.#all.phase;
  }

  begin(onPhase: () => void): void {
    this.#stopPhase = this.#all.onPhase(onPhase);
    this.#follow();
  }

  stop(): void {
    this.#stopPhase();
    for (const { worker } of this.#parts.values()) worker.watch(false);
    this.#parts.clear();
  }

  async take(): Promise<Reading> {
    this.#follow();
    const parts = [...this.#parts.values()];
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stopTimer = this.#clock.after(ANSWER_MS, resolve);
    await Promise.all(parts.map((part) => Promise.race([part.asked(), late])));
    stopTimer();
    const answered = parts.filter((part) => part.hasAnswered).length;
    const samples = parts.map((part) => part.take());
    return { sample: mergeSamples(samples), workers: { all: parts.length, answered } };
  }

  close({ worker: number, id }: RowKey, how: { readonly cut: boolean }): boolean {
    for (const worker of this.#all.workers) {
      if (worker.number !== number) continue;
      worker.close(id, how);
      return true;
    }
    return false;
  }

  drain(): void {
    this.#all.shutdown();
  }

  /** The page is in another thread than all of their connections. */
  carries(): boolean {
    return false;
  }

  /** Has new workers watched, and forgets those that are gone. */
  #follow(): void {
    const gone = new Set(this.#parts.keys());
    for (const worker of this.#all.workers) {
      if (gone.delete(worker.number)) continue;
      worker.watch(true);
      this.#parts.set(worker.number, new Part(worker));
    }
    for (const number of gone) this.#parts.delete(number);
  }
}

/** What one worker has said. */
class Part {
  readonly worker: WatchedWorker;
  /** The question that has no answer yet. */
  #question: Promise<void> | null = null;
  /** An answer that has not been shown yet. */
  #answer: Sample | null = null;
  /** What was shown last. */
  #last: Sample = NOTHING;

  constructor(worker: WatchedWorker) {
    this.worker = worker;
  }

  get hasAnswered(): boolean {
    return this.#answer !== null;
  }

  /** Resolves when there is an answer to be shown, or nothing to be waited for. */
  asked(): Promise<void> {
    // A worker that is late already is not waited for again.
    if (this.#answer !== null || this.#question !== null) return Promise.resolve();
    this.#question = this.#ask();
    return this.#question;
  }

  /** The answer; if there is none, what was shown last, as how things were. */
  take(): Sample {
    if (this.#answer === null) return late(this.#last);
    this.#last = this.#answer;
    this.#answer = null;
    return this.#last;
  }

  async #ask(): Promise<void> {
    const { number } = this.worker;
    try {
      const sample = await this.worker.sample();
      this.#answer = {
        ...sample,
        rows: sample.rows.map((row) => ({ ...row, worker: number })),
      };
    } catch {
      // It has ended; the next look at the workers shows that.
    }
    this.#question = null;
  }
}

/** Nothing is known to have happened since, and everything to be as it was. */
function late({ states, sockets, streams, rows }: Sample): Sample {
  const marked = rows.map((row) => ({ ...row, isLate: true }));
  return { ...NOTHING, states, sockets, streams, rows: marked };
}
