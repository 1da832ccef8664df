/**
 * One lane of the queue: a list of requests in the order in which they came. A request is taken from either
 * end or removed from anywhere; each operation is O(1) and allocates nothing.
 *
 * The lane also keeps the delay of its requests within a bound, and distinguishes three cases:
 *
 * - A lane that fills for a short time is a burst. Its requests go in order, and none is turned away.
 * - A lane whose oldest request has waited for half the bound is under pressure. The newest request goes
 *   first, since it has the best chance to be answered in time (adaptive LIFO).
 * - A lane that has not been empty for ten times the bound is standing. More requests would only wait
 *   longer, so each new one takes the place of one that is older than the bound (the idea of CoDel).
 *
 * The bound grows with the average time between two starts: a server that starts one request a second may
 * let some wait for seconds.
 *
 * (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue 2012; Maurer, "Fail at Scale", ACM Queue 2015.)
 *
 * @module
 */

/**
 * The lower limit of the bound, in milliseconds: two slices of handler time. A shorter wait does not show
 * whether more requests come than can be handled.
 */
export const LEAST_BOUND_MS = 10;

/** The bound, in average times between two starts. */
const PACES = 4;

/** A lane is standing when it has not been empty for this many times the bound. */
const STANDING = 10;

/** A lane is under pressure when its oldest request has waited for this part of the bound. */
const PRESSED = 0.5;

/** The weight of the last time between two starts in the moving average. */
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

/** One lane: owns the order of its requests, and decides which goes next and which has to leave. */
export class Lane<Kind extends Place> {
  readonly #mostMs: number;
  #oldest: Place | null = null;
  #newest: Place | null = null;
  #size = 0;
  /** When the lane was last empty, in the clock's milliseconds. */
  #busySince = 0;
  /** The average time between two starts while requests wait, in milliseconds; -1 before the first start. */
  #paceMs = -1;
  /** The last start, or the moment since which requests wait if that is later. */
  #paceFrom = 0;

  /** `mostMs`: the longest that a request may wait, whatever the bound, in milliseconds. */
  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  /** How many requests wait. */
  get size(): number {
    return this.#size;
  }

  /** The request that has waited longest, or `null`. */
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

  /** Takes a request out. Does nothing if it is not in this lane. */
  remove(place: Kind): void {
    if (place.lane !== this) return;
    if (place.older === null) this.#oldest = place.newer;
    else place.older.newer = place.newer;
    if (place.newer === null) this.#newest = place.older;
    else place.newer.older = place.older;
    place.lane = place.older = place.newer = null;
    this.#size--;
  }

  /** Takes out the request that goes next and returns it; `null` if none waits. */
  take(now: number): Kind | null {
    if (this.#size === 0) return null;
    const gapMs = now - this.#paceFrom;
    this.#paceMs = this.#paceMs < 0 ? gapMs : this.#paceMs + (gapMs - this.#paceMs) * SMOOTHING;
    this.#paceFrom = now;
    const place = this.isPressed(now) ? this.#newest : this.#oldest;
    this.remove(place as Kind);
    return place as Kind;
  }

  /** Takes out a request that has waited as long as any may and returns it; `null` if there is none. */
  takeLate(now: number): Kind | null {
    const place = this.#oldest;
    if (place === null || now - place.since < this.#mostMs) return null;
    this.remove(place as Kind);
    return place as Kind;
  }

  /** Takes out the request whose place a new one takes and returns it; `null` if none has to leave. */
  takeOld(now: number): Kind | null {
    const place = this.#oldest;
    if (place === null) return null;
    const { boundMs } = this;
    // The time since the last start counts, too: the average does not know yet how long this one takes.
    const isOld = now - place.since > Math.max(boundMs, now - this.#paceFrom);
    if (!isOld || now - this.#busySince <= STANDING * boundMs) return null;
    this.remove(place as Kind);
    return place as Kind;
  }

  /** How long a request may wait in a standing lane, in milliseconds. */
  get boundMs(): number {
    return Math.max(LEAST_BOUND_MS, PACES * this.#paceMs);
  }

  /** Whether the lane is under pressure: then the newest request goes first. */
  isPressed(now: number): boolean {
    return this.#oldest !== null && now - this.#oldest.since > this.boundMs * PRESSED;
  }
}
