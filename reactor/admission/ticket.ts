/**
 * One request on its way through the queue, from its arrival until it is over. It holds its slot from the
 * begin of its handler until the answer is complete and the handler has settled, whichever comes last.
 *
 * @module
 */

import type { Lane, Place } from "./lane.ts";

/** Whoever gave the ticket out. */
export interface TicketOffice {
  /** The handler has come up with an answer. */
  responded(ticket: Ticket): void;
  /** The slot is free. */
  ended(ticket: Ticket): void;
  /** The handler was told to stop, and is still at work. */
  abandoned(ticket: Ticket): void;
}

/** What a request that waits is told. */
export interface Applicant {
  /** Its handler may begin. */
  onAdmitted(): void;
  /** It is turned away: answers 503. */
  onRejected(): void;
}

/** See the head of this file. */
export class Ticket implements Place {
  since = 0;
  lane: Lane<Place> | null = null;
  older: Place | null = null;
  newer: Place | null = null;
  readonly #office: TicketOffice;
  /** @internal Which calls of `flush` wait for it. */
  readonly epoch: number;
  /** @internal Whom to tell, while it waits. */
  applicant: Applicant | null = null;
  /** When its handler began, in the clock's milliseconds; -1 before. */
  begunMs = -1;
  /** @internal Whether it counts among those at work. */
  holdsSlot = false;
  /** The handler is being called at this moment. */
  beginning = false;
  /** How long it waited, in milliseconds. */
  queuedMs = 0;
  #answered = false;
  #settled = false;
  #aborted = false;

  constructor(office: TicketOffice, epoch: number) {
    this.#office = office;
    this.epoch = epoch;
  }

  /** The answer has begun. */
  responded(): void {
    if (this.begunMs >= 0) this.#office.responded(this);
  }

  /** The answer is complete, or never will be. */
  answered(): void {
    if (this.#answered || this.begunMs < 0) return;
    this.#answered = true;
    if (this.#settled) this.#office.ended(this);
  }

  /** The handler has settled. */
  settled(): void {
    if (this.#settled || this.begunMs < 0) return;
    this.#settled = true;
    if (this.#answered) this.#office.ended(this);
  }

  /** The handler was told to stop: from now on it keeps its slot for a bounded time only. */
  aborted(): void {
    if (this.#aborted || this.#settled || this.begunMs < 0) return;
    this.#aborted = true;
    this.#office.abandoned(this);
  }

  /** Frees the slot, whatever the handler does. */
  giveUp(): void {
    this.answered();
    this.settled();
  }
}
