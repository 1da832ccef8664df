/**
 * A live view of a Set that shows something of each of its members, and cannot change it.
 *
 * @module
 */

/** Shows what is in the Set now, each time it is asked. */
export class LiveSet<Member, Shown> implements ReadonlySet<Shown> {
  readonly #members: ReadonlySet<Member>;
  readonly #show: (member: Member) => Shown;

  /** `show` returns the same thing each time for the same member. */
  constructor(members: ReadonlySet<Member>, show: (member: Member) => Shown) {
    this.#members = members;
    this.#show = show;
  }

  get size(): number {
    return this.#members.size;
  }

  has(value: Shown): boolean {
    return this.values().some((each) => each === value);
  }

  forEach(call: (value: Shown, key: Shown, set: ReadonlySet<Shown>) => void): void {
    for (const value of this.values()) call(value, value, this);
  }

  keys(): SetIterator<Shown> {
    return this.values();
  }

  values(): SetIterator<Shown> {
    return this.#members.values().map(this.#show) as SetIterator<Shown>;
  }

  entries(): SetIterator<[Shown, Shown]> {
    return this.values().map((value) => [value, value]) as SetIterator<[Shown, Shown]>;
  }

  union<U>(other: ReadonlySetLike<U>): Set<Shown | U> {
    return this.#copy().union(other);
  }

  intersection<U>(other: ReadonlySetLike<U>): Set<Shown & U> {
    return this.#copy().intersection(other);
  }

  difference<U>(other: ReadonlySetLike<U>): Set<Shown> {
    return this.#copy().difference(other);
  }

  symmetricDifference<U>(other: ReadonlySetLike<U>): Set<Shown | U> {
    return this.#copy().symmetricDifference(other);
  }

  isSubsetOf(other: ReadonlySetLike<unknown>): boolean {
    return this.#copy().isSubsetOf(other);
  }

  isSupersetOf(other: ReadonlySetLike<unknown>): boolean {
    return this.#copy().isSupersetOf(other);
  }

  isDisjointFrom(other: ReadonlySetLike<unknown>): boolean {
    return this.#copy().isDisjointFrom(other);
  }

  [Symbol.iterator](): SetIterator<Shown> {
    return this.values();
  }

  #copy(): Set<Shown> {
    return new Set(this.values());
  }
}
