/**
 * Lists of connections in the order in which they were added. A position belongs to its owner, so that to add and to
 * remove it allocates nothing and takes the same time however long the list is.
 *
 * @module
 */

/** The position of one owner in at most one list. */
export class Position<Owner> {
  readonly owner: Owner;
  /** Since when its owner is what the list is for; kept by whoever has the list. */
  since = 0;
  /** @internal The list, and the neighbours in it; `null` at its ends and outside of any. */
  list: PositionList<Owner> | null = null;
  /** @internal */
  previous: Position<Owner> | null = null;
  /** @internal */
  next: Position<Owner> | null = null;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  /** Takes it off its list, if it is on one. */
  leave(): void {
    this.list?.remove(this);
  }
}

/** One list. */
export class PositionList<Owner> {
  #first: Position<Owner> | null = null;
  #last: Position<Owner> | null = null;
  #size = 0;

  /** The one that was added before all others; `null` when there is none. */
  get first(): Position<Owner> | null {
    return this.#first;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a position at the end; takes it off the list that it was on. */
  add(position: Position<Owner>): void {
    position.leave();
    position.list = this;
    position.previous = this.#last;
    if (this.#last === null) this.#first = position;
    else this.#last.next = position;
    this.#last = position;
    this.#size++;
  }

  /** @internal Of a position that is on this list. */
  remove(position: Position<Owner>): void {
    const { next, previous } = position;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    position.list = position.previous = position.next = null;
    this.#size--;
  }
}
