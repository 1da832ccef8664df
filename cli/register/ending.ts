/**
 * How a program that knows nothing of Weir ends on a signal. The first SIGTERM or SIGINT lets the requests
 * in flight finish, a second one ends the process at once. A program that listens for the signal itself
 * decides on its own what becomes of its servers. While no server runs, signals do what they always do.
 *
 * @module
 */

import { report as reportError, say } from "../../handlers/report.ts";
import { resolveShutdown, type Shutdown } from "../../reactor/options/options.ts";
import { formatDraining, formatReport, SIGNAL_STATUS } from "../report.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { SignalListeners } from "./signal_listeners.ts";

type EndingSignal = keyof typeof SIGNAL_STATUS;

/** Windows has no SIGTERM; closing the console window is its SIGBREAK. */
const SIGNALS: readonly EndingSignal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/**
 * What the program may still do when its servers have ended, in milliseconds: code after `await
 * server.finished` runs. Whatever keeps the process alive for longer (a timer, an open database) would
 * not have kept it alive without Weir, where the signal ends it at once.
 */
const LAST_WORK_MS = 1_000;

/** A server, as far as its end is concerned. */
export interface Endable {
  readonly finished: Promise<void>;
  shutdown(): Promise<ShutdownReport | void>;
}

/** What an {@linkcode ProgramEnding} is made of. */
export interface ProgramEndingInit {
  readonly signals: SignalListeners;
  /** How long a shutdown takes; what is missing has its default. */
  readonly times: Partial<Shutdown> | undefined;
}

/** Ends all servers of the program on a signal. */
export class ProgramEnding {
  readonly #signals: SignalListeners;
  readonly #times: Shutdown;
  readonly #servers = new Set<Endable>();
  readonly #listeners = SIGNALS.map((signal) => ({ signal, call: () => this.#onSignal(signal) }));
  #phase: "serving" | "ending" = "serving";

  constructor({ signals, times }: ProgramEndingInit) {
    this.#signals = signals;
    this.#times = resolveShutdown(times);
  }

  /** Takes a server in; signals are watched for as long as there is one. */
  async add(server: Endable): Promise<void> {
    this.#servers.add(server);
    if (this.#servers.size === 1 && this.#phase === "serving") this.#watch();
    try {
      await server.finished;
    } catch {
      // The program hears of it from the same promise.
    }
    this.#servers.delete(server);
    if (this.#servers.size === 0 && this.#phase === "serving") this.#unwatch();
  }

  #watch(): void {
    for (const { signal, call } of this.#listeners) this.#signals.watch(signal, call);
  }

  #unwatch(): void {
    for (const { signal, call } of this.#listeners) this.#signals.unwatch(signal, call);
  }

  #onSignal(signal: EndingSignal): void {
    if (this.#signals.has(signal)) return;
    if (this.#phase === "ending") Deno.exit(SIGNAL_STATUS[signal]);
    this.#phase = "ending";
    this.#end(signal);
  }

  async #end(signal: EndingSignal): Promise<void> {
    const { readyDelay, deadline, grace } = this.#times;
    say(`weir: ${signal}: ${formatDraining(this.#times, `a second ${signal}`)}`);
    // Deno.serve's own shutdown has no deadline; Weir's servers have ended by then.
    exitAfter(readyDelay + deadline + grace + LAST_WORK_MS);
    await Promise.all([...this.#servers].map(endOne));
    exitAfter(LAST_WORK_MS);
  }
}

async function endOne(server: Endable): Promise<void> {
  try {
    const report = await server.shutdown();
    if (report !== undefined) say(formatReport(report));
  } catch (error) {
    reportError("weir: A server cannot be shut down:", error);
  }
}

/** Ends the process unless it has ended by itself; the status is the one that the program has set, or 0. */
function exitAfter(ms: number): void {
  Deno.unrefTimer(setTimeout(() => Deno.exit(), ms));
}
