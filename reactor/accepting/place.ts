/**
 * Lists of connections in the order in which they were added. A place belongs to its owner, so that to add and to
 * remove it allocates nothing and takes the same time however long the list is.
 *
 * @module
 */

/** The place of one owner in at most one list. */
export class Place<Owner> {
  readonly owner: Owner;
  /** Since when its owner is what the list is for; kept by whoever has the list. */
  since = 0;
  /** @internal The list, and the neighbours in it; `null` at its ends and outside of any. */
  list: PlaceList<Owner> | null = null;
  /** @internal */
  previous: Place<Owner> | null = null;
  /** @internal */
  next: Place<Owner> | null = null;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  /** Takes it off its list, if it is on one. */
  leave(): void {
    this.list?.remove(this);
  }
}

/** One list. */
export class PlaceList<Owner> {
  #first: Place<Owner> | null = null;
  #last: Place<Owner> | null = null;
  #size = 0;

  /** The one that was added before all others; `null` when there is none. */
  get first(): Place<Owner> | null {
    return this.#first;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a place at the end; takes it off the list that it was on. */
  add(place: Place<Owner>): void {
    place.leave();
    place.list = this;
    place.previous = this.#last;
    if (this.#last === null) this.#first = place;
    else this.#last.next = place;
    this.#last = place;
    this.#size++;
  }

  /** @internal Of a place that is on this list. */
  remove(place: Place<Owner>): void {
    const { next, previous } = place;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    place.list = place.previous = place.next = null;
    this.#size--;
  }
}
