/**
 * Who has logged in to the status page. Each login has a session of its own, which ends when it was not
 * used for long, when too many others came after it, or with the process.
 *
 * @module
 */

import type { Clock } from "../../reactor/ports.ts";
import { forgetOldest } from "../oldest.ts";
import { digest, randomText } from "./secrets.ts";

/** A session that was not used for so long has ended, in milliseconds: half a day, so one a working day. */
export const SESSION_IDLE_MS = 12 * 3_600_000;

/** Sessions at once; the one that was not used for longest ends first. */
export const MOST_SESSIONS = 64;

/** All sessions, in bounded space. It holds digests of their ids alone. */
export class Sessions {
  readonly #clock: Pick<Clock, "now">;
  /** When each was used last, by the digest of its id; the one that was used last is the last. */
  readonly #usedMs = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Begins a session; resolves with its id. */
  async begin(): Promise<string> {
    const id = randomText();
    this.#use(await keyOf(id));
    forgetOldest(this.#usedMs, MOST_SESSIONS);
    return id;
  }

  /** Whether there is such a session; using it keeps it alive. */
  async use(id: string): Promise<boolean> {
    const key = await keyOf(id);
    const usedMs = this.#usedMs.get(key);
    if (usedMs === undefined) return false;
    const isOver = this.#clock.now() - usedMs >= SESSION_IDLE_MS;
    if (isOver) this.#usedMs.delete(key);
    else this.#use(key);
    return !isOver;
  }

  #use(key: string): void {
    this.#usedMs.delete(key);
    this.#usedMs.set(key, this.#clock.now());
  }
}

async function keyOf(id: string): Promise<string> {
  return (await digest(id)).toHex();
}
