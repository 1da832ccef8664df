/**
 * Run to completion. At most one transition is under way in a reactor at any moment, and code that is not
 * the engine's own runs only between two of them.
 *
 * - An event changes what its connection knows, and then asks to {@linkcode Agenda.settle} it: all that is
 *   pending on the connection is carried out. While another connection is being settled, the request waits
 *   here. So an observer or a handler may call anything from anywhere: what it asks for is noted, and
 *   carried out once the present transition is complete.
 * - What observers and the application have to be told waits here as well, in the order in which it
 *   happened. It is told by {@linkcode Agenda.tell}, which is called at points where no transition is half
 *   done: between two steps of a connection, and before a handler is called.
 *
 * @module
 */

/** Something that can have work pending. */
export interface Pending {
  /** Whether it waits on the agenda; the agenda's own. */
  waiting: boolean;
  /** Carries out all that is pending, until nothing is left to be told either. Never throws. */
  carryOut(): void;
}

/** Shows the past while somebody is told of an event. */
export interface Showing {
  /** Shows what was true when the event happened, until {@linkcode Showing.showPresent} is called. */
  showPast(): void;
  /** Shows what is true now. */
  showPresent(): void;
}

/** One thing that somebody has to be told. */
export interface Notice {
  /** Tells it. */
  call(): void;
  /** Told of what it threw. Never throws. */
  onError(error: unknown): void;
  /** The connection that it is about, as it was when it happened; `null` if it is about none. */
  readonly about: Showing | null;
}

/** The agenda of one reactor. */
export class Agenda {
  /** What is being settled; `null` when nothing is. */
  #current: Pending | null = null;
  #waiting: Pending[] = [];
  #notices: Notice[] = [];
  /** Stands in for a connection while the reactor's own notices are told. */
  readonly #own: Pending = { waiting: false, carryOut: () => this.tell() };

  /** Whether somebody has to be told something. */
  get hasNotices(): boolean {
    return this.#notices.length > 0;
  }

  /** Carries out what is pending: now, or as soon as the transition under way is complete. */
  settle(pending: Pending): void {
    const current = this.#current;
    if (current === null) return this.#run(pending);
    // What is being settled looks again at all that is pending after each call of other code.
    if (pending === current || pending.waiting) return;
    pending.waiting = true;
    this.#waiting.push(pending);
  }

  /** Has somebody told something at the next point at which no transition is half done. */
  note(notice: Notice): void {
    this.#notices.push(notice);
  }

  /** Tells what a reactor itself has noted, for events that belong to no connection. */
  settleNotices(): void {
    if (this.#current === null) this.#run(this.#own);
  }

  /** Tells all that was noted, in order. Called only where no transition is half done. */
  tell(): void {
    const notices = this.#notices;
    if (notices.length === 0) return;
    // What is noted meanwhile comes after what was noted before.
    for (let i = 0; i < notices.length; i++) tellOne(notices[i]!);
    notices.length = 0;
  }

  #run(first: Pending): void {
    this.#settleOne(first);
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    for (let i = 0; i < waiting.length; i++) {
      const next = waiting[i]!;
      next.waiting = false;
      this.#settleOne(next);
    }
    waiting.length = 0;
  }

  #settleOne(pending: Pending): void {
    this.#current = pending;
    try {
      pending.carryOut();
    } finally {
      this.#current = null;
    }
  }
}

function tellOne(notice: Notice): void {
  const { about } = notice;
  about?.showPast();
  try {
    notice.call();
  } catch (error) {
    notice.onError(error);
  } finally {
    about?.showPresent();
  }
}
