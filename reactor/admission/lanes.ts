/**
 * The lanes of one queue and the choice between them: the first that has somebody goes first, but a lane
 * that was passed over often enough has its turn, so that none starves. Pure.
 *
 * The third lane is for fairness between connections: a request that its client pipelined behind another
 * one goes when nobody else waits, or when it is its lane's turn. A connection has one place at a time.
 *
 * @module
 */

import { Lane, type Place } from "./lane.ts";

/** The lanes a request can be put on, in the order of their precedence. */
export const LANES = ["high", "normal", "pipelined"] as const;

/** One of them. */
export type LaneName = typeof LANES[number];

/** A lane in which somebody waits is passed over at most so often in a row. */
export const MOST_PASSED_OVER = 7;

/** See the head of this file. */
export class Lanes<Kind extends Place> {
  readonly #lanes: readonly Lane<Kind>[];
  readonly #passedOver: number[] = LANES.map(() => 0);
  readonly #most: number;

  /** `most`: requests held at once in all lanes; `mostMs`: how long each may wait. */
  constructor(options: { readonly most: number; readonly mostMs: number }) {
    this.#most = options.most;
    this.#lanes = LANES.map(() => new Lane(options.mostMs));
  }

  /** How many wait in all lanes. */
  get size(): number {
    return this.#lanes[0]!.size + this.#lanes[1]!.size + this.#lanes[2]!.size;
  }

  /** How many wait in one. */
  sizeOf(name: LaneName): number {
    return this.#lanes[LANES.indexOf(name)]!.size;
  }

  /**
   * Puts a request on a lane. It may push another one out: one that is too old in a standing queue; in a
   * full queue one of a lane with less precedence, or of its own when that is under pressure. Returns
   * whoever has no place now, which can be the request itself, or `null`.
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

  /** Takes a request out, wherever it stands. */
  remove(place: Kind): void {
    for (const lane of this.#lanes) lane.remove(place);
  }

  /** The request that goes next, taken out; `null` if there is none. */
  take(now: number): Kind | null {
    const chosen = this.#choose();
    if (chosen === -1) return null;
    for (let i = 0; i < LANES.length; i++) {
      if (i === chosen || this.#lanes[i]!.size === 0) this.#passedOver[i] = 0;
      else this.#passedOver[i]!++;
    }
    return this.#lanes[chosen]!.take(now);
  }

  /** The next request that has waited too long, taken out; `null` if there is none. */
  takeLate(now: number): Kind | null {
    for (const lane of this.#lanes) {
      const late = lane.takeLate(now);
      if (late !== null) return late;
    }
    return null;
  }

  /** When whoever has waited longest came; `Infinity` if nobody waits. */
  get oldestSince(): number {
    let since = Infinity;
    for (const lane of this.#lanes) since = Math.min(since, lane.oldest?.since ?? Infinity);
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
