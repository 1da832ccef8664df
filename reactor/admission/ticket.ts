/**
 * The ticket of one request, from its arrival until it no longer counts. The request holds a slot from the
 * call of its handler until its answer is complete and its handler has settled, whichever comes last.
 *
 * @module
 */

import type { Abandonment } from "./abandoned.ts";
import type { Lane, Place } from "./lane.ts";

/** The issuer of tickets, which is told what becomes of them. */
export interface TicketOffice {
  /** The answer of the handler has begun. */
  responded(ticket: Ticket): void;
  /** The answer is complete and the handler has settled: the request needs its slot no longer. */
  ended(ticket: Ticket): void;
  /** The handler was told to stop and has not settled. */
  abandoned(ticket: Ticket): void;
}

/** A request that waits. One of the two is called, once. */
export interface Applicant {
  /** The request has a slot: its handler is to be called. */
  onAdmitted(): void;
  /** The request may wait no longer: it is to be answered with 503. */
  onRejected(): void;
}

/** See the head of this file. */
export class Ticket implements Place {
  since = 0;
  lane: Lane<Place> | null = null;
  older: Place | null = null;
  newer: Place | null = null;
  readonly #office: TicketOffice;
  /** @internal From `Flushes.enter`: tells which calls of `flush` wait for this request. */
  readonly epoch: number;
  /** @internal Who is told when the wait ends; `null` unless the request waits. */
  applicant: Applicant | null = null;
  /** When its handler began, in the clock's milliseconds; -1 before. */
  begunMs = -1;
  /** @internal Whether the request holds a slot. */
  holdsSlot = false;
  /** @internal Its place among the handlers that were told to stop and go on; `null` before. */
  abandonment: Abandonment | null = null;
  /** Whether the handler is being called at this moment. */
  beginning = false;
  /** How long the request waited, in milliseconds. */
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

  /** The handler was told to stop: from now on, the request keeps its slot for a bounded time only. */
  aborted(): void {
    if (this.#aborted || this.#settled || this.begunMs < 0) return;
    this.#aborted = true;
    this.#office.abandoned(this);
  }

  /** Ends the request's part in the queue, whatever its handler does. */
  giveUp(): void {
    this.answered();
    this.settled();
  }
}
