/**
 * Lines that come from several threads, each with its time, as one sequence in the order of their times. A
 * line waits until those that are older have come: as long as a thread may keep lines to itself.
 *
 * @module
 */

import type { Clock, StopTimer } from "../../reactor/ports.ts";

/** How long a worker keeps lines to send them together, in milliseconds. */
export const KEEP_MS = 50;

/** How long a line waits for older ones, in milliseconds. */
export const WAIT_MS = 200;

interface Line {
  readonly text: string;
  readonly atMs: number;
}

/** See the head of this file. */
export class OrderedLines {
  readonly #clock: Pick<Clock, "after" | "wallMs">;
  readonly #write: (line: string) => void;
  #waiting: Line[] = [];
  #stopTimer: StopTimer | null = null;

  constructor(clock: Pick<Clock, "after" | "wallMs">, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Takes lines of one thread, in their order. */
  add(lines: readonly string[], atMs: readonly number[]): void {
    lines.forEach((text, at) => this.#waiting.push({ text, atMs: atMs[at]! }));
    this.#stopTimer ??= this.#clock.after(WAIT_MS, () => {
      this.#stopTimer = null;
      this.#writeUntil(this.#clock.wallMs() - WAIT_MS);
      if (this.#waiting.length > 0) this.add([], []);
    }, { hold: true });
  }

  /** Writes everything that has come. */
  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#writeUntil(Infinity);
  }

  #writeUntil(endMs: number): void {
    // Stable: lines of one time and thread keep their order.
    this.#waiting.sort((one, other) => one.atMs - other.atMs);
    const first = this.#waiting.findIndex(({ atMs }) => atMs > endMs);
    const due = this.#waiting.splice(0, first === -1 ? this.#waiting.length : first);
    for (const { text } of due) this.#write(text);
  }
}

/** Lines of one thread on their way to the others: sent together, not one by one. */
export class LineBatch {
  readonly #clock: Pick<Clock, "after" | "wallMs">;
  readonly #send: (
    batch: { readonly lines: readonly string[]; readonly atMs: readonly number[] },
  ) => void;
  #lines: string[] = [];
  #atMs: number[] = [];

  constructor(
    clock: Pick<Clock, "after" | "wallMs">,
    send: (batch: { readonly lines: readonly string[]; readonly atMs: readonly number[] }) => void,
  ) {
    this.#clock = clock;
    this.#send = send;
  }

  add(line: string): void {
    if (this.#lines.length === 0) this.#clock.after(KEEP_MS, () => this.flush());
    this.#lines.push(line);
    this.#atMs.push(this.#clock.wallMs());
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const batch = { lines: this.#lines, atMs: this.#atMs };
    this.#lines = [];
    this.#atMs = [];
    this.#send(batch);
  }
}
