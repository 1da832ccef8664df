/**
 * Workers that share a port, as one server: the supervisor, and what all of them say together.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import { type Options, resolveShutdown, type Shutdown } from "../../reactor/options/options.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { Phase } from "../../reactor/states.ts";
import { Totals } from "../metrics/aggregate.ts";
import type { WatchedWorker, WatchedWorkers } from "../status/workers_source.ts";
import { OrderedLines } from "./ordered_lines.ts";
import { type Incident, type Started, Supervisor } from "./supervisor.ts";
import { threadWorkers, type WorkerChannel } from "./thread_worker.ts";

/** How long a worker may take to answer before it is left out, in milliseconds. */
const ANSWER_MS = 500;

/** What it is made of; `Data` is what the threads are started with. */
export interface WorkerGroupInit<Data> {
  readonly entry: URL;
  readonly data: Data;
  /** How many workers serve. */
  readonly count: number;
  /** The port, 0 for any free one; `null` for the one that the app itself names. */
  readonly port: number | null;
  /** How long workers may take until they serve, in milliseconds; 0 is without a bound. */
  readonly startMs: number;
  /** After how much silence a worker is taken for one that does not come back, in milliseconds. */
  readonly silentMs: number;
  /** How workers end that others take over from. */
  readonly times: Shutdown;
  readonly onIncident: (incident: Incident) => void;
  /** Takes each line of the access log, in the order of their times. */
  readonly onLogLine: (line: string) => void;
  /** Takes lines of the trace. */
  readonly onTrace: (text: string) => void;
}

/** See the head of this file. */
export class WorkerGroup {
  /** Resolves when all workers have ended, and all that they said is told. */
  readonly finished: Promise<void>;
  readonly #supervisor: Supervisor;
  readonly #channels = new Map<number, WorkerChannel>();
  readonly #totals = new Totals();
  readonly #lines: OrderedLines;

  constructor(init: WorkerGroupInit<unknown>) {
    const { clock } = denoPorts();
    this.#lines = new OrderedLines(clock, init.onLogLine);
    const { count, port, startMs, silentMs, times, onIncident } = init;
    this.#supervisor = new Supervisor({
      count,
      port,
      clock,
      startMs,
      silentMs,
      times,
      onIncident,
      spawn: threadWorkers({
        entry: init.entry,
        data: init.data,
        answer: { metrics: () => this.metrics() },
        onStart: (number, channel) => this.#channels.set(number, channel),
        onEnded: (number, { metrics }) => {
          if (metrics !== null) this.#totals.set(number, metrics);
        },
        onLog: ({ lines, atMs }) => this.#lines.add(lines, atMs),
        onTrace: ({ text }) => init.onTrace(text),
        onGone: (number) => {
          this.#channels.delete(number);
          this.#totals.end(number);
        },
      }),
    });
    this.finished = this.#supervisor.finished.then(() => this.#lines.flush());
  }

  /** Where all of them are in their life. */
  get phase(): Phase {
    return this.#supervisor.phase;
  }

  /** The workers that serve, by their numbers. */
  get numbers(): readonly number[] {
    return this.#supervisor.numbers;
  }

  /**
   * Starts the workers; resolves when all listen.
   *
   * @throws {Error} What keeps one of them from starting.
   */
  async start(): Promise<Started> {
    return await this.#supervisor.start();
  }

  /**
   * Exchanges the workers for ones that load the app anew.
   *
   * @throws {Error} What keeps one of the new ones from starting; the others serve on.
   */
  async reload(): Promise<void> {
    await this.#supervisor.reload();
  }

  /** Ends all workers within one deadline. */
  async shutdown(times: Shutdown): Promise<ShutdownReport> {
    const report = await this.#supervisor.shutdown(times);
    await this.finished;
    return report;
  }

  /** Cuts everything at once. */
  force(): void {
    this.#supervisor.force();
  }

  /** All of them as the status page sees them; `options`: those in force in each. */
  watched(options: Options): WatchedWorkers {
    const supervisor = this.#supervisor;
    const channels = this.#channels;
    return {
      options,
      get phase() {
        return supervisor.phase;
      },
      get workers() {
        return Array.from(channels, ([number, channel]) => watchedWorker(number, channel));
      },
      onPhase: (listener) => supervisor.onPhase(listener),
      shutdown: () => this.shutdown(resolveShutdown()),
    };
  }

  /** The metrics of all workers together, in the text format. */
  async metrics(): Promise<string> {
    const answers = await this.#askAll((channel) => channel.ask("metrics", null));
    for (const [number, values] of answers) {
      if (values !== null) this.#totals.set(number, values);
    }
    return await this.#totals.text();
  }

  /** Asks all workers; those that do not answer in time are left out. */
  async #askAll<T>(
    ask: (channel: WorkerChannel) => Promise<T>,
  ): Promise<(readonly [number: number, answer: T])[]> {
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const stop = denoPorts().clock.after(ANSWER_MS, () => resolve(null));
    const answers = await Promise.all(
      Array.from(this.#channels, async ([number, channel]) => {
        // One whose thread has ended answers nothing.
        const answer = await Promise.race([ask(channel).catch(() => null), late]);
        return answer === null ? [] : [[number, answer] as const];
      }),
    );
    stop();
    return answers.flat();
  }
}

function watchedWorker(number: number, channel: WorkerChannel): WatchedWorker {
  return {
    number,
    watch: (on) => channel.tell("watch", { on }),
    sample: () => channel.ask("sample", null),
    close: (id, { cut }) => channel.tell("close", { id, cut }),
  };
}
