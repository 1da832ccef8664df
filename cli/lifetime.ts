/**
 * How the program's server comes to its end: by a signal, by the status page, or because it cannot go on.
 *
 * @module
 */

import type { Server, ShutdownReport } from "../mod.ts";
import type { ServeCommand } from "./command.ts";
import { formatReport } from "./report.ts";

/** 128 and the signal's number, as a shell reports a process that a signal ended. */
const FORCED = { SIGINT: 130, SIGTERM: 143 };

/** What a lifetime is made of. */
export interface LifetimeInit {
  readonly server: Server;
  readonly command: ServeCommand;
  /** Closes everything when it is aborted. */
  readonly force: AbortController;
  /** Prints a line, without waiting for whoever reads it. */
  readonly say: (line: string) => void;
}

/** The first call to end drains, each signal behind it closes everything. */
export class Lifetime {
  readonly #init: LifetimeInit;
  #report: Promise<ShutdownReport> | null = null;
  /** 1 if the server ends without being told to. */
  #status = 1;

  constructor(init: LifetimeInit) {
    this.#init = init;
    Deno.addSignalListener("SIGINT", () => this.#onSignal("SIGINT"));
    Deno.addSignalListener("SIGTERM", () => this.#onSignal("SIGTERM"));
  }

  /** Begins to drain; `forcing` names what would end it at once. */
  drain(forcing: string): void {
    if (this.#report !== null) return;
    const { server, say, command: { drainMs, readyDelayMs } } = this.#init;
    const delay = readyDelayMs > 0 ? `leaving for ${readyDelayMs} ms, then ` : "";
    say(`Weir ${delay}draining for at most ${drainMs} ms; ${forcing} forces`);
    this.#report = server.shutdown({ readyDelay: readyDelayMs, deadline: drainMs });
    this.#status = 0;
  }

  /** Resolves with the exit status when the server has ended. */
  async end(): Promise<number> {
    await this.#init.server.finished;
    if (this.#report === null) console.error("weir: The listening socket failed");
    else this.#init.say(formatReport(await this.#report));
    return this.#status;
  }

  #onSignal(name: keyof typeof FORCED): void {
    if (this.#report === null) return this.drain(`a second ${name}`);
    this.#status = FORCED[name];
    this.#init.force.abort();
  }
}
