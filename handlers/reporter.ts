/**
 * Reports on their way to stderr: asynchronous, because whoever reads stderr may pause, and a synchronous write
 * would hold up the whole server; bounded, because a client may be able to cause them without end.
 *
 * Printing an error runs code of the error (getters, custom inspection), which may throw; a report never does.
 *
 * @module
 */

import type { Clock } from "../reactor/ports.ts";
import { ReportRate } from "./report_rate.ts";
import { TextOutlet, type TextSink } from "./text_outlet.ts";

/** The most characters of one report; the rest is cut off. */
const MOST_OF_ONE = 16_384;

/** The most characters that wait; further reports are left out. */
const MOST_WAITING = 262_144;

/** How long the end waits for a reader who takes nothing, in milliseconds. */
const LAST_MS = 1_000;

/** How long after a lack of descriptors errors are reported without their stacks, in milliseconds. */
const STACKLESS_MS = 5_000;

/** What a reporter is made of. */
export interface ReporterInit {
  readonly clock: Pick<Clock, "after" | "now">;
  readonly sink: TextSink;
  /** The error as text of several lines; may throw. */
  readonly inspect: (error: unknown) => string;
  /**
   * Where reports go in the place of the sink, in the way of `console.error`: a program may collect what is
   * printed. `null` where it does not.
   */
  readonly collector: () => ((...data: unknown[]) => void) | null;
}

/** See the head of this file. */
export class Reporter {
  readonly #init: ReporterInit;
  readonly #outlet: TextOutlet;
  readonly #rate: ReportRate;
  #stacklessUntil = -Infinity;

  constructor(init: ReporterInit) {
    this.#init = init;
    this.#outlet = new TextOutlet(init.sink);
    this.#rate = new ReportRate(init.clock, (count) => {
      this.say(`Weir has left out ${count} more reports`);
    });
  }

  /** Reports what happened and the error behind it. */
  report(what: string, error: unknown): void {
    // Asked first: to write a stack trace takes longer than to answer a request.
    if (!this.#rate.admits()) return;
    if (this.#init.clock.now() < this.#stacklessUntil) return this.#put(shortened(what, error));
    try {
      const collect = this.#init.collector();
      if (collect !== null) return collect(what, error);
      const text = typeof error === "string" ? error : this.#init.inspect(error);
      this.#put(`${what} ${text}`);
    } catch {
      this.#put(`${what} an error that cannot be printed`);
    }
  }

  /** The same as one line: what happened, and the error's message. */
  reportLine(what: string, error: unknown): void {
    if (this.#rate.admits()) this.#put(shortened(`${what}:`, error));
  }

  /** Says a line that is no failure; for lines of which there are few. */
  say(line: string): void {
    this.#put(line);
  }

  /** No descriptor is left. To write a stack, Deno 2.9.6 may need one, and then panics: none is written for a while. */
  omitStacks(): void {
    this.#stacklessUntil = this.#init.clock.now() + STACKLESS_MS;
  }

  /** Resolves when all reports are written, or when nobody has taken them for a second. */
  async written(): Promise<void> {
    this.#rate.tell();
    if (this.#outlet.waiting === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stop = this.#init.clock.after(LAST_MS, resolve, { hold: true });
    await Promise.race([late, this.#outlet.flushed()]);
    stop();
  }

  #put(text: string): void {
    try {
      const collect = this.#init.collector();
      if (collect !== null) return collect(text);
    } catch {
      // The program's own collector failed: nobody can be told.
      return;
    }
    const line = text.length > MOST_OF_ONE ? `${text.slice(0, MOST_OF_ONE)} …\n` : `${text}\n`;
    if (this.#outlet.waiting + line.length > MOST_WAITING) this.#rate.leaveOut();
    else this.#outlet.add(line);
  }
}

/** What happened, and the first line of the error's message. */
function shortened(what: string, error: unknown): string {
  try {
    const reason = error instanceof Error ? error.message : String(error);
    return `${what} ${reason.split("\n", 1)[0] ?? ""}`;
  } catch {
    return `${what} an error that cannot be printed`;
  }
}
