/**
 * The answers that are in the output whole and that the kernel has not taken yet, in order. Linked rather
 * than listed, so that an idle connection holds no array for them.
 *
 * @module
 */

import type { AbortError } from "../errors.ts";

/** An answer whose delivery somebody may wait for. */
export interface Delivery {
  /** The next one in the same output; the list's own. */
  next: Delivery | null;
  /** The kernel has taken the whole answer. */
  delivered(): void;
  /** It never will. */
  lost(reason: AbortError): void;
}

/** The answers of one connection. */
export class Deliveries {
  #first: Delivery | null = null;
  #last: Delivery | null = null;

  /** How many there are. */
  get size(): number {
    let count = 0;
    for (let each = this.#first; each !== null; each = each.next) count++;
    return count;
  }

  /** An answer is in the output whole. */
  add(delivery: Delivery): void {
    if (this.#last === null) this.#first = delivery;
    else this.#last.next = delivery;
    this.#last = delivery;
  }

  /** The kernel has taken all of them. */
  delivered(): void {
    for (let each = this.#takeAll(); each !== null; each = unlinked(each)) each.delivered();
  }

  /** None of them will arrive whole. */
  lost(reason: AbortError): void {
    for (let each = this.#takeAll(); each !== null; each = unlinked(each)) each.lost(reason);
  }

  #takeAll(): Delivery | null {
    const first = this.#first;
    this.#first = this.#last = null;
    return first;
  }
}

/** The next one. Unlinks it, so that whoever keeps an answer does not keep all that followed. */
function unlinked(delivery: Delivery): Delivery | null {
  const { next } = delivery;
  delivery.next = null;
  return next;
}
