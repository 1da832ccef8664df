/**
 * The reactor: takes in the connections that are accepted, holds every one of them from its first byte to
 * its last, and ends them all when it is told to. Single-threaded; it never waits for a connection.
 *
 * Its parts: the acceptor, the population of connections, the heartbeat for their deadlines, and the agenda,
 * on which at most one connection is in a transition at any moment.
 *
 * @module
 */

import { Acceptor } from "./accepting/acceptor.ts";
import { Population } from "./accepting/population.ts";
import { Relief } from "./accepting/relief.ts";
import { Room } from "./accepting/room.ts";
import { Admission } from "./admission/admission.ts";
import { ClientLimit } from "./admission/client_limit.ts";
import { PlainAnswers } from "./answer/plain_answers.ts";
import { Connection } from "./connection/connection.ts";
import type { ConnectionContext, OpenConnection } from "./connection/context.ts";
import { Agenda } from "./dispatch/agenda.ts";
import { Observers } from "./dispatch/observers.ts";
import { AbortError } from "./errors.ts";
import { clientByPeer } from "./connection/client_by_peer.ts";
import type { Application, ClientOf } from "./exchange.ts";
import { HeadParsers } from "./h1/head_parsers.ts";
import { imfFixdate } from "./h1/serialize.ts";
import { BufferPool } from "./memory/buffer_pool.ts";
import type { ConnectionInfo, Observer } from "./observer.ts";
import type { Options, Shutdown } from "./options/options.ts";
import type { Address, Conn, Listener, Ports } from "./ports.ts";
import type { CloseReason, Phase } from "./states.ts";
import { Heartbeat } from "./timing/heartbeat.ts";
import { Rounds } from "./timing/rounds.ts";

/** What a reactor is made of. */
export interface ReactorInit {
  readonly ports: Ports;
  readonly listener: Listener;
  readonly options: Options;
  readonly application: Application;
  /** Finds out who sent a request. @default {whoever is at the other end of the connection} */
  readonly clientOf?: ClientOf;
  /** Told once about each run of failing accepts. */
  readonly onAcceptError: (error: unknown) => void;
  /** Told each time when no descriptor was left for a connection. Never throws. */
  readonly onExhausted?: () => void;
  /** Told of what was thrown where nothing may throw; the one connection has been cut. */
  readonly onDefect: (error: unknown) => void;
  /** Told of what an observer threw. */
  readonly onObserverError: (error: unknown) => void;
  /** Told once of what the queue's lane function threw. */
  readonly onLaneError: (error: unknown) => void;
}

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
export class Reactor implements ConnectionContext {
  readonly ports: Ports;
  readonly options: Options;
  readonly application: Application;
  readonly clientOf: ClientOf;
  readonly agenda: Agenda = new Agenda();
  readonly pool: BufferPool = new BufferPool();
  readonly parsers: HeadParsers;
  readonly plainAnswers: PlainAnswers;
  readonly rounds: Rounds;
  readonly keepAliveLine: string;
  readonly admission: Admission | null;
  readonly clientLimit: ClientLimit | null;
  observers: Observers | null = null;
  dateLine = "";
  firstRequestMs = 0;
  readonly #observers: Observers;
  readonly #listener: Listener;
  readonly #onDefect: (error: unknown) => void;
  readonly #onExhausted: () => void;
  readonly #acceptor: Acceptor;
  readonly #room: Room;
  readonly #population: Population<OpenConnection>;
  readonly #relief: Relief;
  readonly #heartbeat: Heartbeat<OpenConnection>;
  #ids = 0;
  #dateSecond = -1;
  #held = true;
  #phase: Phase = "serving";
  #endLeave: (() => void) | null = null;
  #shutdown: Promise<ShutdownReport> | null = null;
  #endWait: (() => void) | null = null;
  #tally: ((reason: CloseReason) => void) | null = null;
  readonly #ended: Promise<void>;
  #end!: () => void;

  constructor(init: ReactorInit) {
    const { listener, options, ports } = init;
    const { clock, codec } = ports;
    this.ports = ports;
    this.options = options;
    this.application = init.application;
    this.clientOf = init.clientOf ?? clientByPeer;
    this.parsers = new HeadParsers({ ...options.limits, isUrl: ports.isUrl });
    this.plainAnswers = new PlainAnswers(codec);
    this.keepAliveLine = keepAliveLineOf(options);
    this.admission = options.queue === null ? null : new Admission({
      clock,
      options: options.queue,
      onLaneError: neverThrowing(init.onLaneError),
    });
    const { requestsPerClient: most, ipv6Prefix } = options.limits;
    this.clientLimit = most === 0 ? null : new ClientLimit(clock, { most, ipv6Prefix });
    this.#observers = new Observers(neverThrowing(init.onObserverError));
    this.#listener = listener;
    this.#onDefect = neverThrowing(init.onDefect);
    this.#onExhausted = init.onExhausted ?? (() => {});
    this.#room = new Room(options.limits.connections);
    this.#population = new Population(options.limits, this.#room);
    this.#relief = new Relief(this.#room, () => this.#population.served);
    this.#heartbeat = new Heartbeat(clock, {
      onTick: () => this.#onTick(),
      onChanged: (connection) => this.#relief.changed(connection),
    });
    this.rounds = new Rounds(clock, this.#population);
    this.#acceptor = new Acceptor({
      listener,
      clock,
      admit: (conn) => this.#admit(conn),
      isFull: () => this.#population.isFull,
      onExhausted: () => this.#makeRoom(),
      onError: neverThrowing(init.onAcceptError),
    });
    this.#ended = new Promise((resolve) => this.#end = resolve);
  }

  get addr(): Address {
    return this.#listener.addr;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get leaving(): boolean {
    return this.#phase === "leaving";
  }

  /** The live connections, for reading. */
  get connections(): ReadonlySet<ConnectionInfo> {
    return this.#population.views;
  }

  get now(): number {
    return this.#heartbeat.now;
  }

  /** Serves until it is shut down, or cannot accept any more; resolves when nothing is left. */
  async run(): Promise<void> {
    await this.#acceptor.run();
    // It may be that it never can accept again: that ends it as a shutdown does, but each request keeps its time.
    if (this.#acceptor.accepting) await this.#closeAll();
    this.#checkEnd();
    await this.#ended;
  }

  /** Keeps the process alive while it listens; the default. */
  ref(): void {
    this.#held = true;
    this.#acceptor.ref();
    this.#population.forEach((connection) => connection.ref());
  }

  /** Lets the process end though it listens. */
  unref(): void {
    this.#held = false;
    this.#acceptor.unref();
    this.#population.forEach((connection) => connection.unref());
  }

  /**
   * Goes on as before for `readyDelay`, then stops in three phases: accepts no more, closes idle
   * connections, lets requests in flight finish; at `deadline` aborts the handlers still at work; `grace`
   * later cuts what remains. All in milliseconds. A second call joins the first.
   */
  shutdown(times: Shutdown): Promise<ShutdownReport> {
    if (this.#shutdown === null) {
      // Known before anybody is told: an observer that asks again has to join this one.
      const shutdown = Promise.withResolvers<ShutdownReport>();
      this.#shutdown = shutdown.promise;
      this.#report(times, shutdown);
    }
    return this.#shutdown;
  }

  /** Awaits the report itself: to resolve with a promise would call its `then`, which a program may replace. */
  async #report(times: Shutdown, to: PromiseWithResolvers<ShutdownReport>): Promise<void> {
    try {
      to.resolve(await this.#stop(times));
    } catch (error) {
      to.reject(error);
    }
  }

  /** The last phase at once. */
  force(): void {
    this.#acceptor.stop();
    this.#beginDraining();
    this.#population.forEach((connection) => connection.abort("forced"));
    this.#endWait?.();
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

  identified(connection: OpenConnection, peer: Address): boolean {
    return this.#population.identify(connection, peer);
  }

  touched(connection: OpenConnection): void {
    this.#heartbeat.touched(connection);
  }

  failed(error: unknown): void {
    this.#onDefect(error);
  }

  left(connection: OpenConnection): void {
    this.#heartbeat.cancel(connection);
    connection.position.leave();
    this.#population.remove(connection);
    this.#tally?.(connection.closeReason!);
    const closed = this.observers?.closed ?? null;
    if (closed !== null) connection.note(() => closed(connection.view));
    this.#acceptor.hasRoom();
    if (this.#population.size === 0) this.#checkEnd();
  }

  /** Takes a connection in. What its birth throws costs that connection, and nothing else. */
  #admit(conn: Conn): void {
    let connection: Connection | null = null;
    try {
      // The socket's address is the proxy's, not the client's, where a PROXY header is to come.
      const peer = conn.readProxyHeader === undefined ? conn.remoteAddr : null;
      const verdict = this.#acceptor.accepting ? this.#population.judge(peer) : "close";
      if (verdict === "close") return conn.close();
      this.#heartbeat.start();
      connection = new Connection(this, conn, {
        id: ++this.#ids,
        overLimit: verdict === "refuse",
      });
      this.#population.add(connection, peer);
      this.#noteOpened(connection);
      if (!this.#held) connection.unref();
      connection.run();
      // Taken in at the last moment: it is answered, once.
      if (this.#phase === "draining") connection.close("shutdown");
      else this.#relief.relieve(this.now);
    } catch (error) {
      this.#onDefect(error);
      if (connection === null) closeQuietly(conn);
      else connection.abort("internal_error");
    }
  }

  #noteOpened(connection: Connection): void {
    const opened = this.observers?.opened ?? null;
    if (opened !== null) connection.note(() => opened(connection.view));
  }

  /** No descriptor was left for a connection. */
  #makeRoom(): void {
    this.#onExhausted();
    this.#room.exhausted(this.#population.size, this.now);
    this.#relief.exhausted(this.now);
  }

  #onTick(): void {
    this.#newDate();
    if (this.#acceptor.accepting) this.#relief.onTick(this.now);
    if (this.#room.recovers(this.now)) this.#acceptor.hasRoom();
    if (this.#population.size === 0) this.#heartbeat.stop();
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
    if (times.readyDelay > 0 && this.#acceptor.accepting) await this.#leave(times.readyDelay);
    // What ended before was ordinary business.
    drained = 0;
    const begin = clock.now();
    this.firstRequestMs = times.firstRequest;
    this.admission?.resume();
    await this.#closeAll();
    await this.#emptyWithin(Math.max(0, times.deadline - (clock.now() - begin)));
    const drainedAt = clock.now();
    // New connections have had their time: what is idle now is closed, not cut.
    this.firstRequestMs = 0;
    this.#closeConnections();
    const early = drained;
    const aborted = this.#abortExchanges();
    await this.#emptyWithin(times.grace);
    this.#population.forEach((connection) => connection.abort("forced"));
    const drainMs = Math.round(drainedAt - begin);
    const abortMs = Math.round(clock.now() - drainedAt);
    return { drained: early, aborted, forced, drainMs, abortMs };
  }

  /** Serves on for `ms`, or until it cannot or must not. */
  #leave(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stop();
        this.#endLeave = null;
        resolve();
      };
      const stop = this.ports.clock.after(ms, done, { hold: true });
      this.#endLeave = done;
      // Told last: an observer may end it at once.
      this.#enter("leaving");
    });
  }

  async #closeAll(): Promise<void> {
    this.#beginDraining();
    this.#closeConnections();
    await this.#acceptor.finish();
    this.#checkEnd();
  }

  #closeConnections(): void {
    this.#population.forEach((connection) => connection.close("shutdown"));
  }

  #abortExchanges(): number {
    let aborted = 0;
    const reason = new AbortError("shutdown", "The server is shutting down");
    this.#population.forEach((connection) => {
      if (connection.abortExchange(reason)) aborted++;
    });
    return aborted;
  }

  /** Resolves when the last connection has left, or after `ms`. */
  #emptyWithin(ms: number): Promise<void> {
    if (this.#population.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        stop();
        this.#endWait = null;
        resolve();
      };
      const stop = this.ports.clock.after(ms, done, { hold: true });
      this.#endWait = done;
    });
  }

  #beginDraining(): void {
    if (this.#phase !== "serving" && this.#phase !== "leaving") return;
    this.#enter("draining");
    this.#endLeave?.();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    const entered = this.observers?.entered ?? null;
    if (entered === null) return;
    this.agenda.note({ call: () => entered(phase), onError: this.#onDefect, about: null });
    this.agenda.settleNotices();
  }

  #checkEnd(): void {
    if (this.#acceptor.accepting || this.#population.size > 0) return;
    this.#heartbeat.stop();
    this.admission?.stop();
    this.clientLimit?.stop();
    this.#endWait?.();
    if (this.#phase !== "ended") this.#enter("ended");
    this.#end();
  }
}

/** How much less than the idle time-out a client is told, in milliseconds, so that it closes first: Node's. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

function keepAliveLineOf({ keepAliveHeader, timeouts }: Options): string {
  const seconds = Math.floor((timeouts.idle - KEEP_ALIVE_MARGIN_MS) / 1000);
  // A time-out of less than two seconds leaves no whole second to tell.
  return keepAliveHeader && seconds > 0 ? `keep-alive: timeout=${seconds}\r\n` : "";
}

/** A failure to report a failure must not become another one. */
function neverThrowing(call: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      call(error);
    } catch {
      // Whoever was to report it has failed: there is nobody left to tell.
    }
  };
}

function closeQuietly(conn: Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed before.
  }
}
