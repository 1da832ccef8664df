/**
 * The clock of a reactor's deadlines: coarse, attended, and running only while there is a connection to
 * watch. Each tick arms the deadlines that may have changed and fires those that have passed.
 *
 * Coarse: it moves once a tick ({@linkcode TICK_MS}), so that a request reads no clock. Attended: time in
 * which the process itself stood still is not charged to the clients, or one handler that pauses long would
 * time out everybody else at once.
 *
 * @module
 */

import type { Clock, StopTimer } from "../ports.ts";
import { TimerWheel, type WheelNode } from "./timer_wheel.ts";

/** How often the wheel turns, in milliseconds. No deadline fires early, each within four ticks. */
export const TICK_MS = 50;

/** The longest that one tick may add to the attended clock: what is more was a standstill. */
const MOST_PER_TICK_MS = 2 * TICK_MS;

/** 25.6 s a revolution; deadlines further away are passed over. */
const WHEEL_SLOTS = 512;

/** What has deadlines. */
export interface Timed {
  readonly timer: WheelNode;
  /** Whether the next tick looks at it; the heartbeat's own. */
  listed: boolean;
  /** Whether it has any deadlines still. */
  readonly isOver: boolean;
  /** When something is due next, in the heartbeat's milliseconds; `Infinity` for never. */
  deadline(): number;
}

/** What a heartbeat tells. */
export interface HeartbeatEvents<Member extends Timed> {
  /** Called at the start and at each tick. */
  onTick(): void;
  /** Called once a tick for each that has changed since the last one, and is not over. */
  onChanged?(member: Member): void;
}

/** The heartbeat of one reactor. */
export class Heartbeat<Member extends Timed> {
  readonly #clock: Clock;
  readonly #events: HeartbeatEvents<Member>;
  readonly #wheel = new TimerWheel({ slots: WHEEL_SLOTS, tickMs: TICK_MS, now: 0 });
  #touched: Member[] = [];
  #spare: Member[] = [];
  #clockMs = 0;
  #stopTicks: StopTimer | null = null;
  /** The attended clock, in milliseconds. */
  now = 0;

  constructor(clock: Clock, events: HeartbeatEvents<Member>) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Begins to keep time, if it does not yet. */
  start(): void {
    if (this.#stopTicks !== null) return;
    this.#clockMs = this.#clock.now();
    this.#events.onTick();
    this.#stopTicks = this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Keeps no time until it is started again. */
  stop(): void {
    this.#stopTicks?.();
    this.#stopTicks = null;
  }

  /** The deadlines may have changed: the next tick arms them. */
  touched(timed: Member): void {
    if (timed.listed) return;
    timed.listed = true;
    this.#touched.push(timed);
  }

  /** Its deadlines are over. */
  cancel(timed: Member): void {
    this.#wheel.cancel(timed.timer);
  }

  #tick(): void {
    const clockMs = this.#clock.now();
    this.now += Math.min(clockMs - this.#clockMs, MOST_PER_TICK_MS);
    this.#clockMs = clockMs;
    this.#armTouched();
    this.#wheel.advance(this.now);
    this.#events.onTick();
  }

  /** Deadlines are armed here and not where they change: once a tick, however many requests it saw. */
  #armTouched(): void {
    const touched = this.#touched;
    this.#touched = this.#spare;
    this.#spare = touched;
    for (let i = 0; i < touched.length; i++) {
      const timed = touched[i]!;
      timed.listed = false;
      // What the next tick adds may have passed before the deadline was set.
      if (timed.isOver) continue;
      this.#wheel.schedule(timed.timer, timed.deadline() + MOST_PER_TICK_MS);
      this.#events.onChanged?.(timed);
    }
    touched.length = 0;
  }
}
