/**
 * How many connections there is room for. The limit is the program's, unless descriptors run out first: how many
 * the process may have cannot be known without a permission, so a failed accept tells.
 *
 * @module
 */

/** The part of the limit that is kept free for new connections, by closing idle ones: a tenth. */
const RESERVE_PART = 10;

/** Where descriptors ran out, so many parts of the connections are one part too many: handlers need some too. */
const SPARE_PART = 16;

/** With fewer connections than this, it is not they that have used up the descriptors. */
const LEAST = 16;

/** How long the number at which descriptors ran out is believed, in milliseconds; then it is tried again. */
const BELIEVED_MS = 10_000;

/** The room of one reactor. All times are in the reactor's milliseconds. */
export class Room {
  readonly #limit: number;
  /** What the descriptors allow; `Infinity` while they have not run out. */
  #ceiling = Infinity;
  #exhaustedAt = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The most connections that there may be. */
  get limit(): number {
    return Math.min(this.#limit, this.#ceiling);
  }

  /** With more connections than this, idle ones are closed: the rest is for new ones. */
  get mark(): number {
    return this.limit - Math.floor(this.limit / RESERVE_PART);
  }

  /** No descriptor was left with `open` connections. */
  exhausted(open: number, now: number): void {
    this.#ceiling = Math.max(LEAST, open - Math.ceil(open / SPARE_PART));
    this.#exhaustedAt = now;
  }

  /** Time has passed; returns whether there is more room now. */
  recovers(now: number): boolean {
    if (this.#ceiling === Infinity || now - this.#exhaustedAt < BELIEVED_MS) return false;
    this.#ceiling = Infinity;
    return true;
  }
}
