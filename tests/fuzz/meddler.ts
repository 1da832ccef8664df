/**
 * Calls everything that is public, from inside everything that is called: observers, handlers,
 * their callbacks, and what continues after a promise of the engine. Dice choose what it does, and
 * a budget limits how much, so that nothing loops for ever.
 *
 * @module
 */

import { BodyError } from "../../reactor/errors.ts";
import type { Exchange } from "../../reactor/exchange.ts";
import type { RequestView } from "../../reactor/request_head.ts";
import type { ConnectionInfo, ExchangeInfo, Observer } from "../../reactor/observer.ts";
import type { Bytes, Conn } from "../../reactor/ports.ts";
import type { Reactor } from "../../reactor/reactor.ts";
import type { CloseReason } from "../../reactor/states.ts";
import { fromLatin1, latin1 } from "../engine/fakes.ts";
import { HOOKS } from "../engine/hooks.ts";
import { answers, type Call, Rig } from "../engine/rig.ts";
import type { Dice } from "../order/dice.ts";
import { GET } from "../support/requests.ts";
import { numberOf } from "./reentrancy_clients.ts";
import { StrictConn } from "./strict_conn.ts";

const MOST_DEPTH = 4;
const MOST_OBSERVERS = 5;
const REASONS: readonly CloseReason[] = ["asked", "limit", "shutdown", "forced", "idle_timeout"];

/** One call of the application. */
export interface Work {
  readonly call: Call;
  /** What its client sends as its body. */
  readonly body: string;
  /** Bytes of it that were read. */
  got: number;
  /** Whether `settled` was called. */
  settled: boolean;
  /** How often the application was told of the delivery. */
  told: number;
}

/** Who has to report what was thrown. */
export type Blamed = "observer" | "lane" | "application" | "listener";

/** The call that it meddles in. */
interface Near {
  readonly connection?: ConnectionInfo | undefined;
  readonly work?: Work | undefined;
  /** Where a thrown value must be reported; without it nothing is thrown. */
  readonly blamed?: Blamed;
}

/** Settings of {@linkcode Meddler}. */
export interface MeddlerInit {
  readonly dice: Dice;
  /** The body that belongs to a target. */
  readonly bodyOf: (target: string) => string;
  /** Whether the number of handlers at a time stays what it is. */
  readonly isLimitFixed: () => boolean;
  /** Whether it may end the server. */
  readonly mayEnd: boolean;
}

/** See the head of this file. */
export class Meddler {
  /** What the engine did wrong, in words. */
  readonly wrong: string[] = [];
  /** What was thrown, by where it must be reported. */
  readonly thrown: Readonly<Record<Blamed, unknown[]>> = {
    observer: [],
    lane: [],
    application: [],
    listener: [],
  };
  readonly works: Work[] = [];
  /** Connections that it has seen, by their number. */
  readonly seen = new Map<number, ConnectionInfo>();
  readonly signals: AbortSignal[] = [];
  readonly raws: Conn[] = [];
  /** Further servers, and a client of each. */
  readonly further: { readonly rig: Rig; readonly wire: StrictConn }[] = [];
  /** Promises of the engine that have not settled, by what they are of. */
  readonly open = new Map<string, number>();
  /** How much it may still do. */
  budget: number;
  /** Whether it has told the server to end. */
  ended = false;
  readonly #dice: Dice;
  readonly #init: MeddlerInit;
  /** Does something once in this many times. */
  readonly #rarity: number;
  readonly #workOf = new Map<ExchangeInfo, Work>();
  readonly #stops: (() => void)[] = [];
  #reactor!: Reactor;
  #depth = 0;
  #throws = true;

  constructor(init: MeddlerInit) {
    const { dice } = init;
    this.#init = init;
    this.#dice = dice;
    this.budget = 20 + dice.below(100);
    this.#rarity = [1, 2, 4, 8][dice.below(4)]!;
  }

  /** The server that it works on. */
  set reactor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** The queue's lane function. */
  readonly lane = (request?: RequestView): "high" | "normal" => {
    this.#looking(request, () => this.meddle("the lane function", { blamed: "lane" }));
    return this.#dice.oneIn(3) ? "high" : "normal";
  };

  /** The application. */
  handle(call: Call): void {
    const work: Work = {
      call,
      body: this.#init.bodyOf(call.target),
      got: 0,
      settled: false,
      told: 0,
    };
    const { exchange } = call;
    this.works.push(work);
    this.#workOf.set(exchange.info, work);
    if (exchange.info.connection.closeReason !== null) {
      this.#note(`${call.target} was called on a connection that had ended`);
    }
    this.#listen(work);
    if (this.#dice.oneIn(3)) this.#respond(work);
    if (this.#dice.oneIn(3)) this.#settle(work);
    this.meddle("the handler", {
      work,
      connection: exchange.info.connection,
      blamed: "application",
    });
  }

  /** Adds an observer that listens for some of the hooks. */
  observe(): void {
    const hooks = HOOKS.filter(() => this.#dice.oneIn(2));
    let gone = false;
    const told = (hook: keyof Observer, subject: unknown, request: unknown) => {
      if (gone) this.#note(`${hook} was told to an observer that had gone`);
      const near = this.#nearOf(subject);
      const view = hook === "begun" ? request as RequestView : undefined;
      this.#looking(view, () => this.meddle(hook, { ...near, blamed: "observer" }));
    };
    const observer: Observer = Object.fromEntries(
      hooks.map((
        hook,
      ) => [hook, (subject: unknown, more?: unknown) => told(hook, subject, more)]),
    );
    const stop = this.#reactor.observe(observer);
    this.#stops.push(() => {
      gone = true;
      stop();
    });
  }

  /** Does something or not, and may throw if `near` says who is blamed for it. */
  meddle(where: string, near: Near = {}): void {
    const { connection, blamed } = near;
    if (connection !== undefined) this.#see(connection);
    if (this.budget <= 0 || this.#depth >= MOST_DEPTH || !this.#dice.oneIn(this.#rarity)) return;
    this.#depth++;
    for (let count = 1 + this.#dice.below(3); count > 0; count--) this.#act(where, near);
    this.#depth--;
    if (blamed !== undefined && this.#throws && this.#dice.oneIn(8)) throw this.#thrown(blamed);
  }

  /** Answers, ends and settles what is open; what was aborted need not settle for its slot to come back. */
  finish({ settleAborted }: { readonly settleAborted: boolean }): void {
    for (const work of this.works) {
      const { exchange } = work.call;
      if (!exchange.responded) this.#respond(work);
      this.#try("endBody", () => exchange.endBody());
      const left = exchange.info.abortReason !== undefined && !settleAborted;
      if (!work.settled && !left) this.#settle(work);
    }
  }

  /** Closes what was taken over. */
  closeRaws(): void {
    for (const raw of this.raws.splice(0)) this.#try("raw close", () => raw.close());
  }

  #act(where: string, near: Near): void {
    const dice = this.#dice;
    this.budget--;
    const connection = dice.oneIn(2) ? near.connection : this.#anyConnection();
    const work = dice.oneIn(2) ? near.work : this.works[dice.below(this.works.length || 1)];
    const what = dice.below(30);
    if (what < 5) this.#end(where, connection);
    else if (what < 20) this.#handleOn(where, work);
    else this.#administer(where, connection, what);
  }

  #end(where: string, connection: ConnectionInfo | undefined): void {
    if (connection === undefined) return;
    const dice = this.#dice;
    const reason = dice.oneIn(2) ? undefined : REASONS[dice.below(REASONS.length)];
    if (dice.oneIn(2)) this.#try(`close in ${where}`, () => connection.close(reason));
    else this.#try(`abort in ${where}`, () => connection.abort(reason));
  }

  #handleOn(where: string, work: Work | undefined): void {
    if (work === undefined) return;
    const dice = this.#dice;
    const { exchange } = work.call;
    const mark = `#${numberOf(work.call.target)}#`;
    switch (dice.below(18)) {
      case 0:
      case 1:
      case 2:
        return this.#respond(work);
      case 3: {
        const length = dice.oneIn(2) ? null : dice.below(60);
        return this.#try(`beginBody in ${where}`, () => {
          exchange.beginBody(this.#headFor(work), length);
        });
      }
      case 4:
      case 5:
        return this.#write(where, work);
      case 6:
        return this.#try(`flush in ${where}`, () => exchange.flush());
      case 7:
        return this.#try(`endBody in ${where}`, () => {
          exchange.endBody(dice.oneIn(2) ? [] : ["x-trailer", mark]);
        });
      case 8:
        if (!dice.oneIn(3)) return;
        return this.#try(`cut in ${where}`, () => exchange.cut());
      case 9:
      case 10:
        return this.#settle(work);
      case 11:
        return this.#upgrade(work);
      case 12:
        return this.#listen(work);
      case 13:
        return this.#try(`interim in ${where}`, () => {
          exchange.interim({ status: 103, fields: ["x-hint", mark] });
        });
      case 14:
        return void this.#askTrailers(where, work);
      default:
        return this.#read(work, exchange.body);
    }
  }

  #administer(where: string, connection: ConnectionInfo | undefined, what: number): void {
    const dice = this.#dice;
    switch (what) {
      case 20:
      case 21:
        return this.#try(`reading in ${where}`, () => this.#look(connection));
      case 22:
      case 23:
        if (this.#stops.length < MOST_OBSERVERS) return this.observe();
        return this.#stops.splice(dice.below(this.#stops.length), 1)[0]?.();
      case 24:
        // More than once does no harm.
        return this.#stops[dice.below(this.#stops.length || 1)]?.();
      case 25:
      case 26:
        return this.#try(`the queue in ${where}`, () => this.#queue());
      case 27:
        return this.#signal(connection);
      case 28:
        return this.#try(`the server in ${where}`, () => this.#server());
      default:
        if (this.further.length === 0 && dice.oneIn(8)) this.#openFurther();
    }
  }

  #anyConnection(): ConnectionInfo | undefined {
    const dice = this.#dice;
    for (const each of this.#reactor.connections) {
      this.#see(each);
      if (dice.oneIn(3)) return each;
    }
    return [...this.seen.values()][dice.below(this.seen.size || 1)];
  }

  #see(connection: ConnectionInfo): void {
    const { id } = connection;
    if (!this.seen.has(id)) this.seen.set(id, connection);
  }

  #nearOf(subject: unknown): Near {
    if (typeof subject !== "object" || subject === null) return {};
    if (!("connection" in subject)) return { connection: subject as ConnectionInfo };
    const info = subject as ExchangeInfo;
    return { connection: info.connection, work: this.#workOf.get(info) };
  }

  /** A request's head stays the same until the call that brought it returns, whatever happens in it. */
  #looking(request: RequestView | undefined, call: () => void): void {
    const text = () => `${request?.method} ${request?.target} ${request?.header("host")}`;
    const before = text();
    try {
      call();
    } finally {
      if (text() !== before) this.#note(`the head of ${before} became ${text()}`);
    }
  }

  #headFor({ call }: Work) {
    const close = this.#dice.oneIn(16) ? ["Connection", "close"] : [];
    const status = [200, 200, 200, 404, 204, 205, 304][this.#dice.below(7)]!;
    return { status, fields: ["x-id", `${numberOf(call.target)}`, ...close] };
  }

  #textFor({ call }: Work): string {
    return `#${numberOf(call.target)}# `.repeat(
      1 + this.#dice.below(this.#dice.oneIn(8) ? 2_000 : 20),
    );
  }

  #respond(work: Work): void {
    const dice = this.#dice;
    const body = dice.oneIn(4)
      ? null
      : dice.oneIn(2)
      ? this.#textFor(work)
      : latin1(this.#textFor(work));
    this.#try("respond", () => work.call.exchange.respond(this.#headFor(work), body));
  }

  #write(where: string, work: Work): void {
    const { exchange } = work.call;
    if (!exchange.responded) {
      this.#try(`beginBody in ${where}`, () => {
        exchange.beginBody(this.#headFor(work), null);
      });
    }
    const piece = latin1(this.#textFor(work));
    this.#try(`writeBody in ${where}`, () => {
      this.#follow("writeBody", exchange.writeBody(piece), { work });
    });
  }

  #settle(work: Work): void {
    work.settled = true;
    this.#try("settled", () => work.call.exchange.settled());
  }

  #read(work: Work, body: Exchange["body"]): void {
    if (body === null) return;
    const accepts = (error: unknown) => error instanceof BodyError;
    switch (this.#dice.below(7)) {
      case 0:
      case 1:
      case 2:
        return this.#try("read", () => {
          this.#follow("read", body.read(), { work, accepts }, (piece) => this.#got(work, piece));
        });
      case 3:
      case 4:
        return this.#try("readAll", () => {
          const all = body.readAll();
          if (!(all instanceof Promise)) return this.#got(work, all);
          this.#follow("readAll", all, { work, accepts }, (bytes) => this.#got(work, bytes));
        });
      case 5:
        return this.#try("readText", () => {
          const all = body.readText(fromLatin1);
          if (!(all instanceof Promise)) return this.#gotText(work, all);
          this.#follow("readText", all, { work, accepts }, (text) => this.#gotText(work, text));
        });
      default:
        if (this.#dice.oneIn(2)) this.#try("cancel", () => body.cancel());
    }
  }

  /** Bytes that were handed over do not come back to the pool. */
  readonly handedOver: Bytes[] = [];

  #got(work: Work, piece: Bytes | null): void {
    if (piece === null) return;
    this.handedOver.push(piece);
    this.#gotText(work, fromLatin1(piece));
  }

  #gotText(work: Work, text: string): void {
    work.got += text.length;
    if (work.body.includes(text) && work.got <= work.body.length) return;
    this.#note(`${work.call.target} got ${work.got} bytes of its body: ${text.slice(0, 100)}`);
  }

  /** What the requests have for trailers is not checked here: that they come, or do not, is enough. */
  async #askTrailers(where: string, { call }: Work): Promise<void> {
    try {
      await call.exchange.body?.trailers();
    } catch (error) {
      if (!(error instanceof BodyError)) this.#note(`trailers in ${where} threw ${told(error)}`);
    }
  }

  #upgrade(work: Work): void {
    const { exchange, target, method } = work.call;
    const fields = ["x-id", `${numberOf(target)}`, "Upgrade", "raw"];
    try {
      const raw = exchange.upgrade({ status: method === "CONNECT" ? 200 : 101, fields });
      this.raws.push(raw);
      this.#useRaw(raw, work);
    } catch (error) {
      if (!(error instanceof TypeError)) this.#note(`upgrade threw ${told(error)}`);
    }
  }

  /** Reads and writes as a handler would, one thing after the other. */
  async #useRaw(raw: Conn, work: Work): Promise<void> {
    const connection = work.call.exchange.info.connection;
    const into: Bytes = new Uint8Array(16);
    this.#count("raw connection", 1);
    try {
      for (let count = await raw.read(into); count !== null; count = await raw.read(into)) {
        this.meddle("a raw read's continuation", { work, connection });
        await raw.write(latin1("."));
        this.meddle("a raw write's continuation", { work, connection });
      }
      if (this.#dice.oneIn(2)) await raw.closeWrite();
      raw.close();
    } catch {
      // The peer is gone, or the connection was ended here.
    }
    this.#count("raw connection", -1);
  }

  /** Sets new callbacks of the application. */
  #listen(work: Work): void {
    const { exchange, target } = work.call;
    const { connection } = exchange.info;
    let aborts = 0;
    let asked = 0;
    let deliveries = 0;
    // What is already over is told at once: a throw would reach this caller and not the engine.
    this.#throws = false;
    exchange.onAbort = (reason) => {
      work.call.aborted = reason;
      if (++aborts > 1) this.#note(`onAbort of ${target} was called again`);
      this.meddle("onAbort", { work, connection, blamed: "application" });
    };
    exchange.onAsked = () => {
      if (++asked > 1) this.#note(`onAsked of ${target} was called again`);
      this.meddle("onAsked", { work, connection, blamed: "application" });
    };
    exchange.onDelivered = (error) => {
      work.call.outcome = error ?? "delivered";
      work.told++;
      if (++deliveries > 1) this.#note(`onDelivered of ${target} was called again`);
      this.meddle("onDelivered", { work, connection, blamed: "application" });
    };
    this.#throws = true;
  }

  #look(connection: ConnectionInfo | undefined): void {
    if (connection !== undefined) this.#lookAt(connection);
    for (const { call: { exchange } } of this.works) {
      const { method, localAddr, remoteAddr, secure, info, body, responded, abortReason } =
        exchange;
      this.#expectAll({ method, localAddr, remoteAddr, secure, info, responded });
      const { minorVersion, status, requestBodyBytes, bodyBytes, begunMs, queuedMs } = info;
      this.#expectAll({ minorVersion, status, requestBodyBytes, bodyBytes, begunMs, queuedMs });
      if (info.abortReason !== abortReason) this.#note("two reasons of one abort");
      if (body?.length === undefined && body !== null) this.#note("a body of no length");
      if (!(queuedMs >= 0) || !(bodyBytes >= 0)) this.#note(`waited ${queuedMs}, ${bodyBytes}`);
    }
    const { phase, addr, connections } = this.#reactor;
    this.#expectAll({ phase, addr, size: connections.size });
  }

  #lookAt(connection: ConnectionInfo): void {
    const { localAddr, remoteAddr, state, stateMs, ageMs, requests } = connection;
    const { bytesIn, bytesOut, bytesDiscarded, closeReason } = connection;
    this.#expectAll({ localAddr, remoteAddr, state });
    for (const count of [stateMs, ageMs, requests, bytesIn, bytesOut, bytesDiscarded]) {
      if (!(count >= 0)) this.#note(`a count of ${count}`);
    }
    if (state === "closed" && closeReason === null) this.#note("closed for no reason");
  }

  #expectAll(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || value === null) this.#note(`no ${name}`);
    }
  }

  #queue(): void {
    const { admission } = this.#reactor;
    if (admission === null) return;
    switch (this.#dice.below(4)) {
      case 0:
        return admission.pause();
      case 1:
        return admission.resume();
      case 2:
        return void this.#follow("flush", admission.flush(), {});
      default: {
        const { active, limit, queued } = admission.stats();
        if (active < 0 || queued.high < 0 || queued.normal < 0) this.#note("fewer than none");
        // An adaptive limit can fall while handlers are at work.
        if (active > limit && this.#init.isLimitFixed()) {
          this.#note(`${active} at work, of ${limit}`);
        }
      }
    }
  }

  #signal(connection: ConnectionInfo | undefined): void {
    if (connection === undefined) return;
    const signal = connection.signal as AbortSignal;
    this.signals.push(signal);
    let fired = 0;
    signal.addEventListener("abort", () => {
      if (++fired > 1) this.#note("a signal fired twice");
      this.meddle("a signal's listener", { connection, blamed: "listener" });
    });
  }

  #server(): void {
    const dice = this.#dice;
    if (dice.oneIn(2)) {
      this.#reactor.unref();
      return this.#reactor.ref();
    }
    if (!this.#init.mayEnd || !dice.oneIn(2)) return;
    this.ended = true;
    if (dice.oneIn(3)) return this.#reactor.force();
    const times = {
      readyDelay: dice.oneIn(2) ? 0 : 300,
      firstRequest: dice.oneIn(2) ? 0 : 200,
      deadline: dice.below(600),
      grace: 300,
    };
    this.#follow("shutdown", this.#reactor.shutdown(times), {});
  }

  /** Another server, which has nothing to do with this one. */
  #openFurther(): void {
    const rig = new Rig({ handle: answers("further") });
    const wire = new StrictConn();
    rig.listener.offer(wire);
    wire.offer(latin1(GET));
    this.further.push({ rig, wire });
  }

  /** Continues after a promise of the engine. */
  async #follow<T>(
    what: string,
    promise: Promise<T>,
    { work, accepts = () => false }: {
      readonly work?: Work;
      readonly accepts?: (error: unknown) => boolean;
    },
    then: (value: T) => void = () => {},
  ): Promise<void> {
    this.#count(what, 1);
    try {
      then(await promise);
    } catch (error) {
      if (!accepts(error)) this.#note(`${what} rejected with ${told(error)}`);
    }
    this.#count(what, -1);
    this.meddle(`${what}'s continuation`, {
      work,
      connection: work?.call.exchange.info.connection,
    });
  }

  #count(what: string, change: 1 | -1): void {
    this.open.set(what, (this.open.get(what) ?? 0) + change);
  }

  /** Nothing public throws, wherever it is called from. */
  #try(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#note(`${what} threw ${told(error)}`);
    }
  }

  #thrown(blamed: Blamed): unknown {
    const text = `thrown ${this.thrown[blamed].length} for the ${blamed}`;
    const value =
      [new Error(text), text, undefined, null, Symbol(text), { text }][this.#dice.below(6)];
    this.thrown[blamed].push(value);
    return value;
  }

  #note(what: string): void {
    this.wrong.push(what);
  }
}

function told(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
