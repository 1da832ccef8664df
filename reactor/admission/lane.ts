/**
 * One lane of the queue: requests in the order in which they came, taken from either end, each removable
 * from where it stands; all of it O(1) and without memory of its own. What makes a queue good is here as
 * well: its delay has a bound.
 *
 * A short queue is a burst: it is worked off in order, and nobody is turned away. A queue in which the
 * oldest has waited for half the bound is under pressure: whoever came last has the best chance to be
 * answered in time, so the newest goes first (adaptive LIFO). And a queue that has not been empty for ten
 * times the bound is standing: a longer one helps nobody, so whoever comes takes the place of one that is
 * older than the bound, which is turned away (the idea of CoDel). The bound follows the pace: a server
 * that starts a request every second may let some wait for seconds.
 *
 * (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 2012; Maurer, "Fail at Scale", ACM Queue 2015.)
 *
 * @module
 */

/** The least bound of the delay, in milliseconds: two slices of handler time, within which nothing is decided. */
export const LEAST_BOUND_MS = 10;

/** A queue of so many starts is no standing one, however slow the starts. */
const PACES = 4;

/** A queue is standing when it has not been empty for so many times the bound. */
const STANDING = 10;

/** Under pressure is a queue whose oldest has waited for this part of the bound. */
const PRESSED = 0.5;

/** The share of the newest gap in the average pace. */
const SMOOTHING = 1 / 16;

/** One request's place in a lane. */
export interface Place {
  /** When it came, in the clock's milliseconds. */
  since: number;
  /** The lane that it stands in, and its neighbours there; the lane's own. */
  lane: Lane<Place> | null;
  older: Place | null;
  newer: Place | null;
}

/** See the head of this file. */
export class Lane<Kind extends Place> {
  readonly #mostMs: number;
  #oldest: Place | null = null;
  #newest: Place | null = null;
  #size = 0;
  #busySince = 0;
  /** The average gap between two starts while somebody waits; -1 before the first. */
  #paceMs = -1;
  /** The last start, or since when somebody waits. */
  #paceFrom = 0;

  /** `mostMs`: nobody waits that long, whatever the pace. */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  get size(): number {
    return this.#size;
  }

  /** Whoever has waited longest, or `null`. */
  get oldest(): Kind | null {
    return this.#oldest as Kind | null;
  }

  /** Puts a request at the end of the lane. */
  add(place: Kind, now: number): void {
    if (this.#size++ === 0) {
      this.#busySince = this.#paceFrom = now;
    }
    place.since = now;
    place.lane = this as Lane<Place>;
    place.older = this.#newest;
    if (this.#newest === null) this.#oldest = place;
    else this.#newest.newer = place;
    this.#newest = place;
  }

  /** Takes a request out, wherever it stands. */
  remove(place: Kind): void {
    if (place.lane !== this) return;
    if (place.older === null) this.#oldest = place.newer;
    else place.older.newer = place.newer;
    if (place.newer === null) this.#newest = place.older;
    else place.newer.older = place.older;
    place.lane = place.older = place.newer = null;
    this.#size--;
  }

  /** The request that goes next, taken out; `null` if there is none. */
  take(now: number): Kind | null {
    if (this.#size === 0) return null;
    const gapMs = now - this.#paceFrom;
    this.#paceMs = this.#paceMs < 0 ? gapMs : this.#paceMs + (gapMs - this.#paceMs) * SMOOTHING;
    this.#paceFrom = now;
    const place = this.isPressed(now) ? this.#newest : this.#oldest;
    this.remove(place as Kind);
    return place as Kind;
  }

  /** The next request that has waited for the longest time there is, taken out; `null` if there is none. */
  takeLate(now: number): Kind | null {
    const place = this.#oldest;
    if (place === null || now - place.since < this.#mostMs) return null;
    this.remove(place as Kind);
    return place as Kind;
  }

  /** The request whose place a new one takes in a standing queue, taken out; `null` if there is none. */
  takeOld(now: number): Kind | null {
    const place = this.#oldest;
    if (place === null) return null;
    const { boundMs } = this;
    // Until a handler has begun nobody knows the pace: it is not shorter than the wait for it.
    const isOld = now - place.since > Math.max(boundMs, now - this.#paceFrom);
    if (!isOld || now - this.#busySince <= STANDING * boundMs) return null;
    this.remove(place as Kind);
    return place as Kind;
  }

  /** How long a request may wait in a standing queue, in milliseconds. */
  get boundMs(): number {
    return Math.max(LEAST_BOUND_MS, PACES * this.#paceMs);
  }

  /** Whether the newest goes first. */
  isPressed(now: number): boolean {
    return this.#oldest !== null && now - this.#oldest.since > this.boundMs * PRESSED;
  }
}
