/**
 * What a shutdown waits for, said when it takes longer than a second: on a terminal a line that changes,
 * elsewhere a line from time to time.
 *
 * @module
 */

import type { ConnectionInfo, Shutdown } from "../mod.ts";
import type { Output } from "./output.ts";

const SECOND = 1_000;

/** Where nothing can be written over, a line is due after so many seconds, and then as often again. */
const LINE_EVERY = 5;

/** Writes over what stands in the line. */
const CLEAR_LINE = "\r\x1b[K";

/** What is waited for. */
export interface WaitingInit {
  readonly connections: ReadonlySet<ConnectionInfo>;
  readonly times: Shutdown;
  readonly output: Output;
  /** Whether what is printed can be written over. */
  readonly terminal: boolean;
}

/** Says it each second until it is stopped. */
export class Waiting {
  readonly #init: WaitingInit;
  readonly #timer: ReturnType<typeof setInterval>;
  #seconds = 0;
  #shown = false;

  constructor(init: WaitingInit) {
    this.#init = init;
    this.#timer = setInterval(() => this.#say(), SECOND);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#shown) void this.#init.output.add(CLEAR_LINE);
  }

  #say(): void {
    const { connections, times, terminal, output } = this.#init;
    this.#seconds++;
    const { readyDelay, deadline, grace } = times;
    const leftMs = readyDelay + deadline + grace - this.#seconds * SECOND;
    const line = formatWaiting(connections, Math.max(0, Math.ceil(leftMs / SECOND)));
    if (terminal) {
      this.#shown = true;
      void output.add(`${CLEAR_LINE}${line}`);
    } else if (this.#seconds % LINE_EVERY === 1) {
      void output.add(`${line}\n`);
    }
  }
}

/** What is open and at work, and the seconds that are left at most. */
export function formatWaiting(connections: ReadonlySet<ConnectionInfo>, seconds: number): string {
  let handlers = 0;
  for (const { state } of connections) {
    if (state === "handling" || state === "writing") handlers++;
  }
  return `Weir waits for ${some(connections.size, "connection")}, ` +
    `${some(handlers, "handler")} at work; ${seconds} s left`;
}

function some(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
