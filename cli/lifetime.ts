/**
 * How the program's server comes to its end: by a signal, by the status page, or because it cannot go on.
 *
 * @module
 */

import { say } from "../handlers/report.ts";
import type { ConnectionInfo, Shutdown, ShutdownReport } from "../mod.ts";
import type { Output } from "./output.ts";
import { formatDraining, formatReport, SIGNAL_STATUS } from "./report.ts";
import { Waiting } from "./waiting.ts";

/** What comes to its end: a server, or workers. */
export interface Served {
  readonly finished: Promise<void>;
  shutdown(times: Shutdown): Promise<ShutdownReport>;
  /** What is waited for, where that can be seen. */
  readonly connections?: ReadonlySet<ConnectionInfo>;
}

/** What a lifetime is made of. */
export interface LifetimeInit {
  readonly shutdown: Shutdown;
  /** Closes everything when it is aborted. */
  readonly force: AbortController;
  /** Where it says how it ends; `null` for nowhere. */
  readonly output: Output | null;
}

/**
 * The first call to end drains, each signal after it closes everything. To be made before the server
 * listens: whoever finds it listening may send a signal at once.
 */
export class Lifetime {
  readonly #init: LifetimeInit;
  #server: Served | null = null;
  #report: Promise<ShutdownReport> | null = null;
  #waiting: Waiting | null = null;
  /** 1 if the server ends without being told to. */
  #status = 1;

  constructor(init: LifetimeInit) {
    this.#init = init;
    Deno.addSignalListener("SIGINT", () => this.#onSignal("SIGINT"));
    Deno.addSignalListener("SIGTERM", () => this.#onSignal("SIGTERM"));
  }

  /** Whether it is being ended. */
  get isEnding(): boolean {
    return this.#report !== null;
  }

  /** The server that is to be ended. */
  watch(server: Served): void {
    this.#server = server;
  }

  /** Begins to drain; `forcing` names what would end it at once. */
  drain(forcing: string): void {
    const server = this.#server;
    if (this.#report !== null || server === null) return;
    const { output, shutdown } = this.#init;
    this.#say(`Weir ${formatDraining(shutdown, forcing)}`);
    this.#report = server.shutdown(shutdown);
    this.#status = 0;
    const { connections } = server;
    if (output === null || connections === undefined) return;
    const terminal = Deno.stdout.isTerminal();
    this.#waiting = new Waiting({ connections, times: shutdown, output, terminal });
  }

  /** Resolves with the exit status when the server has ended. */
  async end(): Promise<number> {
    await this.#server?.finished;
    this.#waiting?.stop();
    if (this.#report === null) say("weir: The listening socket failed");
    else this.#say(formatReport(await this.#report));
    return this.#status;
  }

  #say(line: string): void {
    void this.#init.output?.add(`${line}\n`);
  }

  #onSignal(name: "SIGINT" | "SIGTERM"): void {
    if (this.#report === null) return this.drain(`a second ${name}`);
    this.#status = SIGNAL_STATUS[name];
    this.#init.force.abort();
  }
}
