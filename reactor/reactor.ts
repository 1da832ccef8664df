/**
 * The reactor: accepts connections, holds every one of them in one Set from its first byte to its last,
 * turns the wheel for their deadlines, and ends them all when it is told to. Single-threaded; it never
 * waits for a connection.
 *
 * Its clock is coarse ({@linkcode TICK_MS}) and attended: time in which the process itself stood still is
 * not charged to the clients, or a long pause of one handler would time out everyone else at once.
 *
 * @module
 */

import { Admission } from "./admission/admission.ts";
import { BufferPool } from "./memory/buffer_pool.ts";
import { Connection } from "./connection/connection.ts";
import type { ConnectionInfo } from "./connection/connection_info.ts";
import type { ConnectionRecord } from "./connection/connection_record.ts";
import { ConnectionSet } from "./connection/connection_set.ts";
import type { Engine } from "./connection/engine.ts";
import { AbortError } from "./errors.ts";
import type { Application } from "./exchange.ts";
import { HeadParsers } from "./h1/head_parsers.ts";
import { imfFixdate } from "./h1/serialize.ts";
import type { Observer } from "./observer.ts";
import { Observers } from "./dispatch/observers.ts";
import type { Options, Shutdown } from "./options/options.ts";
import { PlainAnswers } from "./answer/plain_answers.ts";
import type { Address, Conn, Listener, Ports, StopTimer } from "./ports.ts";
import { Rounds } from "./timing/rounds.ts";
import type { CloseReason } from "./states.ts";
import { TimerWheel } from "./timing/timer_wheel.ts";

/** How often the wheel turns, in milliseconds. No deadline fires early, each within four ticks. */
export const TICK_MS = 50;

/** The longest that one tick may add to the attended clock: what is more was a standstill. */
const MOST_PER_TICK_MS = 2 * TICK_MS;

/** 25.6 s a revolution; deadlines further away are passed over. */
const WHEEL_SLOTS = 512;

/** The first and the longest pause after a failed accept, as Go's net/http, in milliseconds. */
const PAUSE_FIRST_MS = 5;
const PAUSE_MOST_MS = 1000;

/** Accepting has to have gone well for so long, in milliseconds, before a failure is reported again. */
const REPORT_EVERY_MS = 60_000;

/** Of the connections over the limit, every sixteenth part of it at a time is told so; the rest is closed. */
const REFUSED_PART = 16;

/** What a reactor is made of. */
export interface ReactorInit {
  readonly ports: Ports;
  readonly listener: Listener;
  readonly options: Options;
  readonly application: Application;
  /** Told once about each run of failing accepts. */
  readonly onAcceptError: (error: unknown) => void;
  /** Told of what was thrown where nothing may throw; the one connection has been cut. */
  readonly onDefect: (error: unknown) => void;
  /** Told of what an observer threw. */
  readonly onObserverError: (error: unknown) => void;
  /** Told once of what the queue's lane function threw. */
  readonly onLaneError: (error: unknown) => void;
}

/**
 * Where a server is in its life: `"leaving"` while a shutdown's `readyDelay` runs and everything is still
 * served, `"draining"` from the moment it accepts no more, `"ended"` when nothing is left.
 */
export type Phase = "serving" | "leaving" | "draining" | "ended";

/** How a shutdown went. */
export interface ShutdownReport {
  /** Connections that ended in good order before the deadline, none by a reset. */
  readonly drained: number;
  /** Handlers that were aborted at the deadline. */
  readonly aborted: number;
  /** Connections that were cut in the end. */
  readonly forced: number;
  /** How long the first phase took, in milliseconds. */
  readonly drainMs: number;
  /** How long the second phase took, in milliseconds. */
  readonly abortMs: number;
}

/** See the head of this file. */
export class Reactor implements Engine {
  readonly ports: Ports;
  readonly options: Options;
  readonly application: Application;
  readonly pool: BufferPool = new BufferPool();
  readonly parsers: HeadParsers;
  readonly plainAnswers: PlainAnswers;
  readonly rounds: Rounds;
  readonly keepAliveLine: string;
  readonly admission: Admission | null;
  /** The live connections, for reading. */
  readonly connections: ReadonlySet<ConnectionInfo>;
  observers: Observers | null = null;
  now = 0;
  dateLine = "";
  readonly #observers: Observers;
  readonly #listener: Listener;
  readonly #onAcceptError: (error: unknown) => void;
  readonly #onDefect: (error: unknown) => void;
  readonly #set = new Set<ConnectionRecord>();
  readonly #wheel: TimerWheel;
  readonly #byAddress = new Map<string, number>();
  #touched: ConnectionRecord[] = [];
  #spare: ConnectionRecord[] = [];
  #ids = 0;
  #clockMs = 0;
  #dateSecond = -1;
  #stopTicks: StopTimer | null = null;
  #stopPause: (() => void) | null = null;
  #makeRoom: (() => void) | null = null;
  #refused = 0;
  #reportedAt = -Infinity;
  #held = true;
  #accepting = true;
  #phase: Phase = "serving";
  #endLeave: (() => void) | null = null;
  #shutdown: Promise<ShutdownReport> | null = null;
  #force: (() => void) | null = null;
  #tally: ((reason: CloseReason) => void) | null = null;
  readonly #ended: Promise<void>;
  #end!: () => void;

  constructor(init: ReactorInit) {
    this.ports = init.ports;
    this.options = init.options;
    this.application = init.application;
    this.connections = new ConnectionSet(this.#set);
    this.parsers = new HeadParsers(init.options.limits);
    this.plainAnswers = new PlainAnswers(init.ports.codec);
    this.rounds = new Rounds(init.ports.clock, this.#set);
    this.#observers = new Observers(init.onObserverError);
    const { queue } = init.options;
    const { onLaneError } = init;
    this.admission = queue === null
      ? null
      : new Admission({ clock: init.ports.clock, options: queue, onLaneError });
    this.#listener = init.listener;
    this.#onAcceptError = init.onAcceptError;
    this.#onDefect = init.onDefect;
    this.#wheel = new TimerWheel({ slots: WHEEL_SLOTS, tickMs: TICK_MS, now: 0 });
    const { keepAliveHeader, timeouts } = init.options;
    this.keepAliveLine = keepAliveHeader && timeouts.idle > 0
      ? `keep-alive: timeout=${Math.floor(timeouts.idle / 1000)}\r\n`
      : "";
    this.#ended = new Promise((resolve) => this.#end = resolve);
  }

  get addr(): Address {
    return this.#listener.addr;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Serves until it is shut down, or cannot accept any more; resolves when nothing is left. */
  async run(): Promise<void> {
    await this.#accept();
    this.#stopAccepting();
    this.#checkEnd();
    await this.#ended;
  }

  /** Keeps the process alive while it listens; the default. */
  ref(): void {
    this.#held = true;
    this.#listener.ref();
    for (const connection of this.#set) connection.ref();
  }

  /** Lets the process end though it listens. */
  unref(): void {
    this.#held = false;
    this.#listener.unref();
    for (const connection of this.#set) connection.unref();
  }

  /**
   * Goes on as before for `readyDelay`, then stops in three phases: accepts no more, closes idle
   * connections, lets requests in flight finish; at `deadline` aborts the handlers still at work; `grace`
   * later cuts what remains. All in milliseconds. A second call joins the first.
   */
  shutdown(times: Shutdown): Promise<ShutdownReport> {
    return this.#shutdown ??= this.#stop(times);
  }

  /** The last phase at once. */
  force(): void {
    this.#stopAccepting();
    for (const connection of this.#set) connection.abort("forced");
    this.#force?.();
    this.#checkEnd();
  }

  /** Has `observer` told of all that happens from now on; the function returned ends that. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    this.observers = this.#observers;
    return () => {
      this.#observers.remove(observer);
      if (this.#observers.size === 0) this.observers = null;
    };
  }

  touched(connection: ConnectionRecord): void {
    if (connection.listed) return;
    connection.listed = true;
    this.#touched.push(connection);
  }

  failed(error: unknown): void {
    this.#onDefect(error);
  }

  left(connection: ConnectionRecord): void {
    this.#wheel.cancel(connection.timer);
    this.#set.delete(connection);
    if (connection.refused) this.#refused--;
    else this.#countAddress(connection.remoteAddr, -1);
    this.#tally?.(connection.closeReason!);
    this.observers?.closed?.(connection);
    const makeRoom = this.#makeRoom;
    this.#makeRoom = null;
    makeRoom?.();
    if (this.#set.size === 0) this.#checkEnd();
  }

  async #accept(): Promise<void> {
    let pauseMs = 0;
    while (this.#accepting) {
      try {
        for await (const conn of this.#listener) {
          pauseMs = 0;
          this.#admit(conn);
          while (this.#isFull() && this.#accepting) await this.#room();
        }
        return;
      } catch (error) {
        const failure = this.#accepting ? this.#listener.classify(error) : "closed";
        if (failure === "closed") return;
        if (failure === "fatal") return this.#giveUp(error);
        this.#report(error);
        pauseMs = pauseMs === 0 ? PAUSE_FIRST_MS : Math.min(pauseMs * 2, PAUSE_MOST_MS);
        await this.#pause(pauseMs);
      }
    }
  }

  /** Descriptors that run out do so again and again: a run of failures is reported once. */
  #report(error: unknown): void {
    const now = this.ports.clock.now();
    if (now - this.#reportedAt >= REPORT_EVERY_MS) this.#onAcceptError(error);
    this.#reportedAt = now;
  }

  /** It can never accept again: ends as in a shutdown, but leaves each request its time. */
  #giveUp(error: unknown): void {
    this.#onAcceptError(error);
    this.#stopAccepting();
    for (const connection of this.#set) connection.close("shutdown");
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.ports.clock.after(ms, resolve, { hold: this.#held });
      this.#stopPause = () => {
        stop();
        resolve();
      };
    });
  }

  #room(): Promise<void> {
    return new Promise((resolve) => this.#makeRoom = resolve);
  }

  /** Whether accepting has to wait; when told to refuse, it never has. */
  #isFull(): boolean {
    const { connections, overConnections } = this.options.limits;
    return overConnections === "wait" && this.#set.size >= connections;
  }

  #admit(conn: Conn): void {
    if (!this.#accepting) return conn.close();
    this.#startTicks();
    const refused = this.#isOver(conn.remoteAddr);
    if (refused && this.#refused >= this.options.limits.connections / REFUSED_PART) {
      return conn.close();
    }
    if (refused) this.#refused++;
    else this.#countAddress(conn.remoteAddr, 1);
    const connection = new Connection(this, conn, { id: ++this.#ids, refused });
    this.#set.add(connection);
    if (!this.#held) connection.unref();
    this.observers?.opened?.(connection);
    connection.run();
  }

  #isOver(peer: Address): boolean {
    const { connections, connectionsPerAddress } = this.options.limits;
    if (this.#set.size - this.#refused >= connections) return true;
    return connectionsPerAddress > 0 && peer.transport === "tcp" &&
      (this.#byAddress.get(peer.hostname) ?? 0) >= connectionsPerAddress;
  }

  #countAddress(peer: Address, change: 1 | -1): void {
    if (this.options.limits.connectionsPerAddress === 0 || peer.transport !== "tcp") return;
    const count = (this.#byAddress.get(peer.hostname) ?? 0) + change;
    if (count === 0) this.#byAddress.delete(peer.hostname);
    else this.#byAddress.set(peer.hostname, count);
  }

  /** Time is only kept while there is somebody to keep it for. */
  #startTicks(): void {
    if (this.#stopTicks !== null) return;
    this.#clockMs = this.ports.clock.now();
    this.#newDate();
    this.#stopTicks = this.ports.clock.every(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const clockMs = this.ports.clock.now();
    this.now += Math.min(clockMs - this.#clockMs, MOST_PER_TICK_MS);
    this.#clockMs = clockMs;
    this.#newDate();
    this.#armTouched();
    this.#wheel.advance(this.now);
    if (this.#set.size > 0) return;
    this.#stopTicks?.();
    this.#stopTicks = null;
  }

  /** Deadlines are armed here and not where they change: once a tick, however many requests it saw. */
  #armTouched(): void {
    const touched = this.#touched;
    this.#touched = this.#spare;
    this.#spare = touched;
    for (let i = 0; i < touched.length; i++) {
      const connection = touched[i]!;
      connection.listed = false;
      if (connection.closeReason === null) {
        // What the next tick adds may have passed before the deadline was set.
        this.#wheel.schedule(connection.timer, connection.deadline() + MOST_PER_TICK_MS);
      }
    }
    touched.length = 0;
  }

  #newDate(): void {
    const wallMs = this.ports.clock.wallMs();
    const second = Math.floor(wallMs / 1000);
    if (second === this.#dateSecond) return;
    this.#dateSecond = second;
    this.dateLine = `date: ${imfFixdate(wallMs)}\r\n`;
    this.plainAnswers.setDate(this.dateLine);
  }

  async #stop(times: Shutdown): Promise<ShutdownReport> {
    const { clock } = this.ports;
    let drained = 0;
    let forced = 0;
    this.#tally = (reason) => {
      if (reason === "forced") forced++;
      else if (reason !== "peer_reset") drained++;
    };
    if (times.readyDelay > 0 && this.#accepting) await this.#leave(times.readyDelay);
    // What ended before was ordinary business.
    drained = 0;
    const begin = clock.now();
    this.#stopAccepting();
    this.admission?.resume();
    for (const connection of this.#set) connection.close("shutdown");
    await this.#emptyWithin(times.deadline);
    const drainedAt = clock.now();
    const early = drained;
    const aborted = this.#abortExchanges();
    await this.#emptyWithin(times.grace);
    for (const connection of this.#set) connection.abort("forced");
    const drainMs = Math.round(drainedAt - begin);
    const abortMs = Math.round(clock.now() - drainedAt);
    return { drained: early, aborted, forced, drainMs, abortMs };
  }

  /** Serves on for `ms`, or until it cannot or must not. */
  #leave(ms: number): Promise<void> {
    this.#enter("leaving");
    return new Promise((resolve) => {
      const done = () => {
        stop();
        this.#endLeave = null;
        resolve();
      };
      const stop = this.ports.clock.after(ms, done, { hold: true });
      this.#endLeave = done;
    });
  }

  #abortExchanges(): number {
    let aborted = 0;
    const reason = new AbortError("shutdown", "The server is shutting down");
    for (const connection of this.#set) if (connection.abortExchange(reason)) aborted++;
    return aborted;
  }

  /** Resolves when the last connection has left, or after `ms`. */
  #emptyWithin(ms: number): Promise<void> {
    if (this.#set.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        stop();
        this.#force = null;
        resolve();
      };
      const stop = this.ports.clock.after(ms, done, { hold: true });
      this.#force = done;
    });
  }

  #stopAccepting(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#listener.close();
    this.#enter("draining");
    this.#endLeave?.();
    this.#stopPause?.();
    this.#makeRoom?.();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.observers?.entered?.(phase);
  }

  #checkEnd(): void {
    if (this.#accepting || this.#set.size > 0) return;
    this.#stopTicks?.();
    this.#stopTicks = null;
    this.admission?.stop();
    this.#force?.();
    if (this.#phase !== "ended") this.#enter("ended");
    this.#end();
  }
}
