/**
 * Who runs what: a queue of tasks, workers that have one task each, and when a worker is started, kept,
 * ended and replaced. Pure: workers come through `Spawn`, time through a `Clock`; no request is known.
 *
 * - A worker is started only when all are busy and a task waits, up to `max`.
 * - When a task that is told to end does not end within {@linkcode ABORT_GRACE_MS}, its worker is
 *   terminated and replaced.
 * - A start that fails fails the task that waits longest; the next start waits, twice as long each time.
 *   A worker that fails without a task counts as a failed start: its module may load and then fail.
 * - A terminated thread that does not end is stuck: the runtime cannot stop a loop that never yields.
 *   Up to `max` of them are replaced; each further one takes the place of a worker, so that there are
 *   never more than twice `max` threads.
 *
 * @module
 */

import type { Clock, StopTimer } from "../../reactor/ports.ts";
import type { FromExchange } from "./messages.ts";
import type { PoolOptions } from "./options.ts";
import type { Spawn, WorkerPort } from "./worker_port.ts";

/**
 * How long a handler has to react to its signal before its thread is ended, in milliseconds: enough
 * for a handler that listens, and cheap for one that does not.
 */
export const ABORT_GRACE_MS = 50;

/** How long a module may take to load, in milliseconds: five times what a large one takes. */
export const START_MS = 10_000;

/** The first pause after a failed start, in milliseconds; each further one is twice as long. */
export const BACKOFF_MS = 100;

/** The longest pause between failed starts, in milliseconds. */
export const BACKOFF_MAX_MS = 10_000;

/** How long `close` waits for threads to end, in milliseconds; the stuck ones never do. */
const GONE_MS = 500;

/** Why a task was not run. */
export type PoolRefusal = "queue full" | "waited too long" | "closed" | "all workers stuck";

/** A piece of work. */
export interface Task {
  /** It has a worker, until `Pool.release`. */
  begin(worker: WorkerPort): void;
  /** Its worker says something. */
  receive(message: FromExchange): void;
  /** Its worker failed. */
  crashed(error: Error): void;
  /** Its time is over; the pool ends it. */
  timedOut(): void;
  /** It will not be run. */
  refused(why: PoolRefusal): void;
}

/** What a pool counts. */
export interface WorkersStats {
  /** Workers that can be used or are being started. */
  readonly workers: number;
  /** Workers that have a request. */
  readonly busy: number;
  /** Workers that wait for one. */
  readonly idle: number;
  /** Workers whose module is being loaded. */
  readonly starting: number;
  /** Terminated threads that have not ended. */
  readonly stuck: number;
  /** Requests that wait for a worker. */
  readonly queued: number;
  /** Workers started since the beginning. */
  readonly started: number;
  /** Workers that failed, or whose module did not load, since the beginning. */
  readonly crashed: number;
  /** Workers ended in the middle of a request, since the beginning. */
  readonly terminated: number;
  /** Requests cut by `timeout`, since the beginning. */
  readonly timedOut: number;
  /** Requests refused or given up while they waited, since the beginning. */
  readonly refused: number;
}

/** What a pool needs from the outside. */
export interface PoolPorts {
  readonly clock: Clock;
  readonly spawn: Spawn;
  /** Called for failures that belong to no request. */
  readonly report: (error: Error) => void;
}

/** A worker and its place in the pool. */
interface Member {
  readonly port: WorkerPort;
  state: "starting" | "idle" | "busy" | "ended";
  task: Task | null;
  /** Ends what its state bounds: the start, the idling, the task's time, the grace. */
  stop: StopTimer;
}

const NOTHING: StopTimer = () => {};

/** The pool. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #spawn: Spawn;
  readonly #report: (error: Error) => void;
  readonly #members = new Set<Member>();
  readonly #ending = new Set<Member>();
  /** In the order of their arrival, each with what stops its waiting. */
  readonly #queue = new Map<Task, StopTimer>();
  readonly #counts = { started: 0, crashed: 0, terminated: 0, timedOut: 0, refused: 0 };
  readonly #closed = Promise.withResolvers<void>();
  /** Failed starts since a task was last done. */
  #failures = 0;
  /** Ends the pause after them; `null` when there is none. */
  #stopPause: StopTimer | null = null;
  #isClosed = false;

  constructor(options: PoolOptions, { clock, spawn, report }: PoolPorts) {
    this.#options = options;
    this.#clock = clock;
    this.#spawn = spawn;
    this.#report = report;
    this.#fill();
  }

  /** Runs the task now, later or never. */
  submit(task: Task): void {
    if (this.#isClosed) return this.#refuse(task, "closed");
    const member = this.#lastIdle();
    if (member !== null) return this.#assign(member, task);
    if (this.#queue.size >= this.#options.queue) return this.#refuse(task, "queue full");
    const { wait } = this.#options;
    this.#queue.set(task, this.#clock.after(wait, () => this.#drop(task, "waited too long")));
    this.#fill();
  }

  /** The task is done, and its worker free. */
  release(task: Task): void {
    const member = this.#memberOf(task);
    if (member === null) return;
    this.#failures = 0;
    this.#free(member);
  }

  /** Nobody needs the task any more: it is not begun, or has a short time to end. */
  abandon(task: Task): void {
    if (this.#queue.has(task)) {
      this.#counts.refused++;
      return this.#forget(task);
    }
    const member = this.#memberOf(task);
    if (member === null) return;
    member.stop();
    member.stop = this.#clock.after(ABORT_GRACE_MS, () => this.#terminate(member));
  }

  /**
   * Refuses what waits and what comes, lets what runs end, after `deadlineMs` at the latest, and ends all workers.
   * A further call joins the first.
   */
  async close(deadlineMs: number): Promise<void> {
    if (this.#isClosed) return await this.#closed.promise;
    this.#isClosed = true;
    this.#stopPause?.();
    for (const task of [...this.#queue.keys()]) this.#drop(task, "closed");
    for (const member of [...this.#members]) if (member.task === null) this.#end(member);
    this.#settle();
    const stop = this.#clock.after(deadlineMs, () => {
      for (const member of [...this.#members]) this.#terminate(member);
    }, { hold: true });
    await this.#closed.promise;
    stop();
  }

  /** Its counts. */
  stats(): WorkersStats {
    const states = [...this.#members].map((member) => member.state);
    const count = (wanted: Member["state"]) => states.filter((state) => state === wanted).length;
    return {
      workers: states.length,
      busy: count("busy"),
      idle: count("idle"),
      starting: count("starting"),
      stuck: this.#ending.size,
      queued: this.#queue.size,
      ...this.#counts,
    };
  }

  /** How many workers there may be beside the threads that are stuck. */
  get #places(): number {
    const { max } = this.#options;
    return Math.min(max, 2 * max - this.#ending.size);
  }

  /** The one that was used last, so that the others can reach their idle time-out. */
  #lastIdle(): Member | null {
    let last: Member | null = null;
    for (const member of this.#members) if (member.state === "idle") last = member;
    return last;
  }

  #memberOf(task: Task): Member | null {
    for (const member of this.#members) if (member.task === task) return member;
    return null;
  }

  /** Starts as many workers as `min` and the queue ask for. */
  #fill(): void {
    if (this.#isClosed || this.#stopPause !== null) return;
    const { min } = this.#options;
    while (this.#members.size < this.#places) {
      const starting = [...this.#members].filter(({ state }) => state === "starting").length;
      if (this.#members.size >= min && this.#queue.size <= starting) return;
      this.#start();
      if (this.#stopPause !== null) return;
    }
    if (this.#places > 0) return;
    for (const task of [...this.#queue.keys()]) this.#drop(task, "all workers stuck");
  }

  #start(): void {
    this.#counts.started++;
    try {
      const member: Member = {
        port: this.#spawn({
          ready: () => this.#free(member),
          message: (message) => member.task?.receive(message),
          crashed: (error) => this.#crash(member, error),
          gone: () => this.#gone(member),
        }),
        state: "starting",
        task: null,
        stop: this.#clock.after(START_MS, () => this.#crash(member, tooLong())),
      };
      this.#members.add(member);
    } catch (error) {
      // The runtime refuses at once what it has no permission for.
      this.#counts.crashed++;
      this.#backOff(error as Error);
    }
  }

  #assign(member: Member, task: Task): void {
    const { timeout } = this.#options;
    member.stop();
    member.state = "busy";
    member.task = task;
    member.port.hold(true);
    member.stop = timeout === 0 ? NOTHING : this.#clock.after(timeout, () => this.#expire(member));
    task.begin(member.port);
  }

  #expire(member: Member): void {
    const { task } = member;
    if (task === null) return;
    this.#counts.timedOut++;
    // First, because `timedOut` may end the task at once.
    this.abandon(task);
    task.timedOut();
  }

  /** The worker has loaded its module, or done its task. */
  #free(member: Member): void {
    if (member.state === "ended") return;
    member.stop();
    member.stop = NOTHING;
    member.state = "idle";
    member.task = null;
    member.port.hold(false);
    if (this.#isClosed) return this.#end(member);
    // Moved to the end, so that the one used last is the last.
    this.#members.delete(member);
    this.#members.add(member);
    const next = this.#queue.keys().next();
    if (next.done) return this.#idle(member);
    this.#forget(next.value);
    this.#assign(member, next.value);
  }

  #idle(member: Member): void {
    member.stop = this.#clock.after(this.#options.idle, () => {
      if (this.#members.size > this.#options.min) this.#end(member);
    });
  }

  #crash(member: Member, error: Error): void {
    if (member.state === "ended") return;
    this.#counts.crashed++;
    const { task } = member;
    this.#end(member);
    if (task === null) this.#backOff(error);
    else task.crashed(error);
    this.#fill();
  }

  #backOff(error: Error): void {
    // Starts that were under way at the same time fail together, and count as one.
    if (this.#stopPause === null && !this.#isClosed) this.#pause();
    const next = this.#queue.keys().next();
    if (next.done) return this.#report(error);
    this.#forget(next.value);
    next.value.crashed(error);
  }

  #pause(): void {
    const ms = Math.min(BACKOFF_MS * 2 ** this.#failures++, BACKOFF_MAX_MS);
    this.#stopPause = this.#clock.after(ms, () => {
      this.#stopPause = null;
      this.#fill();
    });
  }

  #terminate(member: Member): void {
    if (member.state === "ended") return;
    this.#counts.terminated++;
    const { task } = member;
    this.#end(member);
    task?.crashed(new Error("The worker was terminated"));
    this.#fill();
  }

  #end(member: Member): void {
    member.stop();
    member.state = "ended";
    member.task = null;
    this.#members.delete(member);
    this.#ending.add(member);
    member.port.terminate();
    this.#settle();
  }

  #gone(member: Member): void {
    // It ended by itself, without a message.
    this.#crash(member, new Error("The worker ended itself"));
    this.#ending.delete(member);
    this.#fill();
    this.#settle();
  }

  #settle(): void {
    if (!this.#isClosed || this.#members.size > 0) return;
    if (this.#ending.size === 0) this.#closed.resolve();
    else this.#clock.after(GONE_MS, () => this.#closed.resolve(), { hold: true });
  }

  #forget(task: Task): void {
    this.#queue.get(task)?.();
    this.#queue.delete(task);
  }

  #drop(task: Task, why: PoolRefusal): void {
    this.#forget(task);
    this.#refuse(task, why);
  }

  #refuse(task: Task, why: PoolRefusal): void {
    this.#counts.refused++;
    task.refused(why);
  }
}

function tooLong(): Error {
  return new Error(`The worker's module did not load within ${START_MS} ms`);
}
