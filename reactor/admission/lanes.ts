/**
 * The lanes of one queue and the choice between them. The next request comes from the first lane that is
 * not empty, in the order of {@linkcode LANES}; but a lane that was passed over often enough is next, so
 * that none starves. Pure.
 *
 * The third lane is for fairness between connections: a request that its client pipelined is next only when
 * no other request waits, or when its lane was passed over often enough. Each connection has at most one
 * request in the queue at a time.
 *
 * @module
 */

import { Lane, type Place } from "./lane.ts";

/** The lanes that a request can wait in, in the order of their precedence. */
export const LANES = ["high", "normal", "pipelined"] as const;

/** The name of a lane. */
export type LaneName = typeof LANES[number];

/** How often in a row a lane that is not empty is passed over at most. */
export const MOST_PASSED_OVER = 7;

/** The three lanes of one queue. Owns the order of all requests that wait, and keeps their number bounded. */
export class Lanes<Kind extends Place> {
  readonly #lanes: readonly Lane<Kind>[];
  readonly #passedOver: number[] = LANES.map(() => 0);
  readonly #most: number;

  /** `most`: the requests that may wait at once in all lanes; `mostMs`: how long each may wait. */
  constructor(options: { readonly most: number; readonly mostMs: number }) {
    this.#most = options.most;
    this.#lanes = LANES.map(() => new Lane(options.mostMs));
  }

  /** How many requests wait in all lanes. */
  get size(): number {
    return this.#lanes[0]!.size + this.#lanes[1]!.size + this.#lanes[2]!.size;
  }

  /** How many requests wait in one lane. */
  sizeOf(name: LaneName): number {
    return this.#lanes[LANES.indexOf(name)]!.size;
  }

  /**
   * Puts a request into a lane. Another request may lose its place: in a standing queue, one that is too
   * old; in a full queue, one in a lane with less precedence, or in the same lane when that is under
   * pressure. Returns the request that has no place, which can be the new one, or `null`.
   */
  add(place: Kind, name: LaneName, now: number): Kind | null {
    const index = LANES.indexOf(name);
    const lane = this.#lanes[index]!;
    let displaced = lane.takeOld(now);
    if (this.size >= this.#most) {
      displaced = this.#leastUseful(index, now);
      if (displaced === null) return place;
      this.remove(displaced);
    }
    lane.add(place, now);
    return displaced;
  }

  /** Takes a request out of its lane. */
  remove(place: Kind): void {
    this.#lanes.forEach((lane) => lane.remove(place));
  }

  /** Takes out the request that is next and returns it; `null` if none waits. */
  take(now: number): Kind | null {
    const chosen = this.#choose();
    if (chosen === -1) return null;
    for (let i = 0; i < LANES.length; i++) {
      if (i === chosen || this.#lanes[i]!.size === 0) this.#passedOver[i] = 0;
      else this.#passedOver[i]!++;
    }
    return this.#lanes[chosen]!.take(now);
  }

  /** Takes out a request that has waited too long and returns it; `null` if there is none. */
  takeLate(now: number): Kind | null {
    for (let i = 0; i < LANES.length; i++) {
      const late = this.#lanes[i]!.takeLate(now);
      if (late !== null) return late;
    }
    return null;
  }

  /** When the oldest request came, in the clock's milliseconds; `Infinity` if none waits. */
  get oldestSince(): number {
    let since = Infinity;
    this.#lanes.forEach(({ oldest }) => since = Math.min(since, oldest?.since ?? Infinity));
    return since;
  }

  #choose(): number {
    let first = -1;
    for (let i = LANES.length - 1; i >= 0; i--) {
      if (this.#lanes[i]!.size === 0) continue;
      if (this.#passedOver[i]! >= MOST_PASSED_OVER) return i;
      first = i;
    }
    return first;
  }

  #leastUseful(index: number, now: number): Kind | null {
    for (let i = LANES.length - 1; i > index; i--) {
      const { oldest } = this.#lanes[i]!;
      if (oldest !== null) return oldest;
    }
    const own = this.#lanes[index]!;
    return own.isPressed(now) ? own.oldest : null;
  }
}
