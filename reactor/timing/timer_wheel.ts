/**
 * A hashed timer wheel: the deadlines of many connections on one coarse interval.
 *
 * The wheel never reads a clock: its owner calls `advance(now)`. A deadline fires at the first advance
 * after it has passed, never before. A node belongs to its owner, so that scheduling it again allocates
 * nothing; `schedule` and `cancel` are O(1). A slot's list is taken off before its nodes fire: a node that
 * is scheduled while others fire runs in a later advance. A deadline that is more than one revolution away
 * stays in its slot and is skipped until its revolution comes.
 *
 * (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 6.)
 *
 * @module
 */

/** Something that can have a deadline. */
export interface Expiring {
  /** Called when the deadline has passed; may schedule its node again. */
  expire(now: number): void;
}

/** The place of one owner in the wheel. */
export class WheelNode {
  readonly owner: Expiring;
  /** The deadline, in the clock's milliseconds; `Infinity` when there is none. */
  at = Infinity;
  /** @internal The neighbours in the slot's circular list; `null` when the node is in no list. */
  previous: WheelNode | null = null;
  /** @internal */
  next: WheelNode | null = null;

  constructor(owner: Expiring) {
    this.owner = owner;
  }
}

const NOBODY: Expiring = { expire() {} };

/** Keeps nodes by their deadlines, and fires those that are due when its owner advances it. */
export class TimerWheel {
  readonly #slots: WheelNode[] = [];
  readonly #mask: number;
  readonly #tickMs: number;
  #tick: number;

  /** `slots` must be a power of two; `tickMs` is the granularity in milliseconds. */
  constructor(options: { slots: number; tickMs: number; now: number }) {
    if ((options.slots & (options.slots - 1)) !== 0) {
      throw new RangeError(`The wheel's slots must be a power of two, got ${options.slots}`);
    }
    for (let i = 0; i < options.slots; i++) this.#slots.push(emptyList());
    this.#mask = options.slots - 1;
    this.#tickMs = options.tickMs;
    this.#tick = Math.floor(options.now / options.tickMs);
  }

  /** Sets the node's deadline, in place of an earlier one; `Infinity` cancels it. */
  schedule(node: WheelNode, at: number): void {
    if (node.at === at) return;
    unlink(node);
    node.at = at;
    if (at !== Infinity) this.#link(node);
  }

  /** Takes the node off the wheel. */
  cancel(node: WheelNode): void {
    unlink(node);
    node.at = Infinity;
  }

  /** Fires every node whose deadline is at or before `now`. */
  advance(now: number): void {
    const target = Math.floor(now / this.#tickMs);
    // After a long pause one full revolution visits every slot there is.
    const first = Math.max(this.#tick, target - this.#mask - 1) + 1;
    // Set first, so that a node scheduled while others fire gets a slot after all that are visited now.
    this.#tick = Math.max(this.#tick, target);
    for (let tick = first; tick <= target; tick++) {
      this.#fire(this.#slots[tick & this.#mask]!, now);
    }
  }

  #fire(list: WheelNode, now: number): void {
    if (list.next === list) return;
    const due = takeAll(list);
    for (let node = due.next!; node !== due; node = due.next!) {
      unlink(node);
      if (node.at <= now) {
        node.at = Infinity;
        node.owner.expire(now);
      } else if (node.at !== Infinity) {
        this.#link(node);
      }
    }
  }

  #link(node: WheelNode): void {
    // The slot after the deadline's own, so that the deadline has passed when the slot is visited.
    const tick = Math.max(Math.floor(node.at / this.#tickMs) + 1, this.#tick + 1);
    const list = this.#slots[tick & this.#mask]!;
    node.previous = list.previous;
    node.next = list;
    list.previous!.next = node;
    list.previous = node;
  }
}

function emptyList(): WheelNode {
  const list = new WheelNode(NOBODY);
  list.previous = list.next = list;
  return list;
}

function unlink(node: WheelNode): void {
  if (node.next === null) return;
  node.previous!.next = node.next;
  node.next.previous = node.previous;
  node.previous = node.next = null;
}

/** Moves all nodes of a non-empty list to a new one. */
function takeAll(list: WheelNode): WheelNode {
  const taken = new WheelNode(NOBODY);
  taken.next = list.next;
  taken.previous = list.previous;
  taken.next!.previous = taken;
  taken.previous!.next = taken;
  list.previous = list.next = list;
  return taken;
}
