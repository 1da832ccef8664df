/**
 * Admission control: a limited number of handlers at a time, a limited number of requests that wait, and a
 * quick refusal for all others. A request that is too late, or one too many, is turned away before any
 * work is done for it, so that a server with twice the load that it can handle still answers as many requests as
 * it can, and in time.
 *
 * While no request waits and there is room, a handler begins at once. Otherwise its request waits in a
 * lane, and a pump begins handlers from the lanes, in slices of {@linkcode SLICE_MS}. Between two slices
 * the runtime polls its sockets. Without that, requests for a handler that computes for milliseconds would
 * never wait here: no two such handlers are at work at the same time, so the requests, health checks
 * among them, would wait unread in the sockets.
 *
 * A timeline, for `maxActive: 1` and `maxWait: 1000`:
 *
 * ```text
 *    0  A comes and begins; it takes 400 ms
 *   10  B comes and waits, at 20 C, at 30 a health check
 *  400  A is answered; the health check begins and is answered; B begins, and takes 700 ms
 * 1020  C has waited for 1,000 ms: 503 with Retry-After, its handler never runs
 * 1100  B is answered
 * ```
 *
 * @module
 */

import type { QueuedRequest } from "../request_head.ts";
import type { Clock, StopTimer } from "../ports.ts";
import { resolveShutdown, type Shutdown } from "../options/options.ts";
import type { QueueOptions } from "../options/queue_options.ts";
import { nextMicrotask } from "../timing/microtasks.ts";
import { Abandoned } from "./abandoned.ts";
import { Flushes } from "./flushes.ts";
import { LaneChoice } from "./lane_choice.ts";
import { Lanes } from "./lanes.ts";
import { AdaptiveLimit, FixedLimit, type Limit } from "./limit.ts";
import { type Applicant, Ticket, type TicketOffice } from "./ticket.ts";
import { Turn } from "./turn.ts";
import { type WaitPercentiles, Waits } from "./waits.ts";

/** What an admission is made of. */
export interface AdmissionInit {
  readonly clock: Clock;
  readonly options: QueueOptions;
  /** Called once, with the first error that the lane function threw. */
  readonly onLaneError: (error: unknown) => void;
}

/** The state of the queue at one moment. */
export interface QueueStats {
  /** Handlers at work. */
  readonly active: number;
  /** How many handlers may be at work at present: `maxActive`, or the limit that `"auto"` has found. */
  readonly limit: number;
  /** Requests that wait, by lane. */
  readonly queued: { readonly high: number; readonly normal: number };
  /** Requests turned away with 503 so far. */
  readonly shed: number;
  /** Requests so far that were dropped while they waited, because their clients had left. */
  readonly left: number;
  /** How long the last 1,024 requests waited before their handlers began, in milliseconds. */
  readonly waitMs: WaitPercentiles;
}

/** The queue in front of the handlers, as a program sees it. */
export interface WorkQueue {
  /** The state of the queue now. */
  stats(): QueueStats;
  /**
   * Resolves with `true` when everything that is in the queue or at work at the call has ended, however it
   * ended, or with `false` after `deadline` ms (default 20,000, as for `Server.shutdown`).
   *
   * @throws {RangeError} If the deadline is negative, fractional or over 2,147,483,647.
   */
  flush(times?: Partial<Pick<Shutdown, "deadline">>): Promise<boolean>;
  /** Begins no further handler until {@linkcode WorkQueue.resume}; requests wait, within the limits. */
  pause(): void;
  /** Begins handlers again. A shutdown does so as well. */
  resume(): void;
}

/**
 * The queue of one server: owns the lanes, the limit and the slots. It promises each request that waits one
 * call, of `onAdmitted` or of `onRejected`, unless the request is cancelled before.
 */
export class Admission implements WorkQueue, TicketOffice {
  readonly #clock: Clock;
  readonly #limit: Limit;
  readonly #laneChoice: LaneChoice;
  readonly #maxWait: number;
  readonly #lanes: Lanes<Ticket>;
  readonly #turn: Turn;
  readonly #waits = new Waits();
  readonly #abandoned: Abandoned;
  readonly #flushes: Flushes;
  #active = 0;
  #shed = 0;
  #left = 0;
  #paused = false;
  /** Whether the pump runs or is going to. */
  #pumping = false;
  #stopPoll: StopTimer | null = null;
  #stopExpiry: StopTimer | null = null;

  constructor(init: AdmissionInit) {
    const { maxActive, maxQueued, maxWait, lane } = init.options;
    this.#clock = init.clock;
    this.#flushes = new Flushes(init.clock);
    this.#turn = new Turn(init.clock);
    this.#abandoned = new Abandoned(init.clock);
    this.#limit = maxActive === "auto"
      ? new AdaptiveLimit(init.options)
      : new FixedLimit(maxActive);
    this.#laneChoice = new LaneChoice(lane, init.onLaneError);
    this.#maxWait = maxWait;
    this.#lanes = new Lanes({ most: maxQueued, mostMs: maxWait });
  }

  /** Gives a ticket to a request that has come. Its next step is `begin`. */
  enter(): Ticket {
    return new Ticket(this, this.#flushes.enter());
  }

  /**
   * Takes a slot at once if no request waits and there is room. Returns whether it did: then the caller
   * calls the handler, else `hold`.
   */
  begin(ticket: Ticket): boolean {
    if (this.#lanes.size > 0 || !this.#hasRoom()) return false;
    if (!this.#turn.hasTime()) return false;
    this.#begun(ticket, this.#turn.now);
    return true;
  }

  /**
   * Lets a request wait, or rejects it before this returns. `pipelined`: the client sent it before it had
   * the answer to its previous request.
   */
  hold(
    ticket: Ticket,
    applicant: Applicant,
    request: { readonly view: QueuedRequest; readonly pipelined: boolean },
  ): void {
    const now = this.#clock.now();
    const wanted = this.#laneChoice.of(request.view);
    const lane = wanted === "normal" && request.pipelined ? "pipelined" : wanted;
    ticket.applicant = applicant;
    ticket.since = now;
    this.#shedLate(now);
    const displaced = this.#lanes.add(ticket, lane, now);
    if (displaced !== null) this.#turnAway(displaced);
    if (this.#lanes.size === 0) return;
    this.#turn.keep();
    this.#watchWaits(now);
    this.#pumpSoon();
  }

  /** Takes a request out of its lane, because its client has left. Does nothing if it does not wait. */
  cancel(ticket: Ticket): void {
    if (ticket.lane === null) return;
    this.#left++;
    this.#lanes.remove(ticket);
    this.#flushes.over(ticket.epoch);
    if (this.#lanes.size === 0) this.#rest();
  }

  /** Rejects a request now. Does nothing if it does not wait. */
  turnAway(ticket: Ticket): void {
    if (ticket.lane === null) return;
    this.#lanes.remove(ticket);
    this.#turnAway(ticket);
    if (this.#lanes.size === 0) this.#rest();
  }

  stats(): QueueStats {
    const lanes = this.#lanes;
    return {
      active: this.#active,
      limit: this.#limit.value,
      queued: {
        high: lanes.sizeOf("high"),
        normal: lanes.sizeOf("normal") + lanes.sizeOf("pipelined"),
      },
      shed: this.#shed,
      left: this.#left,
      waitMs: this.#waits.percentiles(),
    };
  }

  async flush(times?: Partial<Pick<Shutdown, "deadline">>): Promise<boolean> {
    return await this.#flushes.flush(resolveShutdown(times).deadline);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pumpSoon();
  }

  /**
   * Stops all timers when the reactor ends, and gives up the slots of aborted handlers, so that no call of
   * `flush` waits for a handler that never settles.
   */
  stop(): void {
    this.#abandoned.stop();
    this.#stopPoll?.();
    this.#stopExpiry?.();
  }

  responded(ticket: Ticket): void {
    // A handler that answers while it is called had no other at work beside it: its time says nothing about
    // how many there may be.
    if (!this.#limit.learning || ticket.beginning) return;
    this.#limit.answered(ticket.begunMs, this.#clock.now(), this.#active);
    // An adaptive limit is found from the times until handlers answer, so it counts those that have not
    // answered. Otherwise a few streams without an end would use up all of it.
    this.#free(ticket);
  }

  ended(ticket: Ticket): void {
    this.#free(ticket);
    this.#flushes.over(ticket.epoch);
    if (ticket.abandonment !== null) this.#abandoned.remove(ticket.abandonment);
  }

  abandoned(ticket: Ticket): void {
    ticket.abandonment = this.#abandoned.add(ticket);
  }

  #free(ticket: Ticket): void {
    if (!ticket.holdsSlot) return;
    ticket.holdsSlot = false;
    this.#active--;
    if (this.#lanes.size > 0) this.#pumpSoon();
  }

  #hasRoom(): boolean {
    if (this.#paused) return false;
    if (this.#active < this.#limit.value) return true;
    this.#limit.reached();
    return false;
  }

  #begun(ticket: Ticket, now: number): void {
    ticket.begunMs = now;
    ticket.holdsSlot = true;
    this.#active++;
    this.#waits.add(ticket.queuedMs);
  }

  /** Begins handlers after what runs now, so that whatever is ready has been read before. */
  async #pumpSoon(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    await nextMicrotask();
    this.#pump();
  }

  #pump(): void {
    while (this.#lanes.size > 0 && this.#hasRoom()) {
      const now = this.#clock.now();
      if (!this.#turn.hasTimeAt(now)) return this.#pumpLater();
      this.#shedLate(now);
      const ticket = this.#lanes.take(now);
      if (ticket === null) break;
      ticket.queuedMs = now - ticket.since;
      this.#begun(ticket, now);
      this.#tell(ticket).onAdmitted();
    }
    this.#pumping = false;
    if (this.#lanes.size === 0) this.#rest();
  }

  /** Goes on when the runtime has polled its sockets: the slice is over. */
  #pumpLater(): void {
    this.#stopPoll = this.#clock.afterPoll(() => {
      this.#stopPoll = null;
      this.#turn.renew();
      this.#pump();
    });
  }

  /** No request waits any more. */
  #rest(): void {
    this.#turn.unkeep();
    this.#stopExpiry?.();
    this.#stopExpiry = null;
  }

  #shedLate(now: number): void {
    for (let late = this.#lanes.takeLate(now); late !== null; late = this.#lanes.takeLate(now)) {
      this.#turnAway(late);
    }
  }

  #turnAway(ticket: Ticket): void {
    this.#shed++;
    ticket.queuedMs = this.#clock.now() - ticket.since;
    this.#flushes.over(ticket.epoch);
    this.#tell(ticket).onRejected();
  }

  #tell(ticket: Ticket): Applicant {
    const applicant = ticket.applicant!;
    ticket.applicant = null;
    return applicant;
  }

  /** Sets a timer for the moment at which the oldest request will have waited too long. */
  #watchWaits(now: number): void {
    if (this.#stopExpiry !== null) return;
    const ms = Math.max(1, this.#lanes.oldestSince + this.#maxWait - now);
    this.#stopExpiry = this.#clock.after(ms, () => {
      this.#stopExpiry = null;
      const later = this.#clock.now();
      this.#shedLate(later);
      if (this.#lanes.size === 0) this.#rest();
      else this.#watchWaits(later);
    });
  }
}
