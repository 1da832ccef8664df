/**
 * A frenzy on one engine: observers, handlers and callbacks that call every public function from inside
 * every hook, on this and on other connections. What is drawn comes from a seed; the clock and the wire are
 * fakes.
 *
 * A hook acts at most {@linkcode MOST_ACTIONS} times in one frenzy, so that none calls itself for ever.
 *
 * @module
 */

import type { WorkQueue } from "../../reactor/admission/admission.ts";
import type { ConnectionInfo, ExchangeInfo, Observer } from "../../reactor/observer.ts";
import type { Conn } from "../../reactor/ports.ts";
import type { ReactorOptions } from "../../reactor/options/settings.ts";
import { type State, STATES } from "../../reactor/states.ts";
import { type FakeConnOptions, latin1, settled } from "../engine/fakes.ts";
import { type Call, Rig } from "../engine/rig.ts";
import type { Dice } from "../order/dice.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { chunked, head, request } from "../support/requests.ts";
import { StrictConn } from "./strict_conn.ts";

const STEPS = 14;
const MOST_ACTIONS = 60;

const HOOKS = [
  "opened",
  "moved",
  "dropped",
  "begun",
  "settled",
  "refused",
  "closed",
  "entered",
] as const;

/** Where an action is taken: an observer may throw, a listener of an `AbortSignal` may not. */
type Place = "observer" | "handler" | "callback" | "listener";

/** What a frenzy throws, so that it knows its own errors again. */
class Thrown extends Error {}

/** What one frenzy came to. */
export interface Aftermath {
  readonly connections: number;
  readonly calls: number;
  readonly actions: number;
  /** Whether it was told to end by itself. */
  readonly ended: boolean;
}

/** Keeps account of what an observer is told, and checks that it can be true. */
class Ledger implements Observer {
  readonly wrong: string[] = [];
  readonly #states = new Map<ConnectionInfo, State>();
  readonly #reasons = new Map<ConnectionInfo, unknown>();
  readonly #exchanges = new Map<ExchangeInfo, "begun" | "settled">();

  get open(): number {
    return this.#states.size - this.#reasons.size;
  }

  get connections(): number {
    return this.#states.size;
  }

  get unsettled(): number {
    return [...this.#exchanges.values()].filter((state) => state === "begun").length;
  }

  opened(connection: ConnectionInfo): void {
    this.#check(!this.#states.has(connection), "opened twice");
    this.#states.set(connection, connection.state);
  }

  moved(connection: ConnectionInfo, from: State): void {
    this.#isOpen(connection, "moved");
    const before = this.#states.get(connection);
    this.#check(before === from, `moved from ${from}, but was ${before}`);
    const possible: readonly string[] = Object.values(STATES[from].on);
    this.#check(possible.includes(connection.state), `${from} -> ${connection.state}`);
    this.#states.set(connection, connection.state);
  }

  dropped(connection: ConnectionInfo): void {
    this.#isOpen(connection, "dropped");
  }

  refused(connection: ConnectionInfo): void {
    this.#isOpen(connection, "refused");
  }

  begun(exchange: ExchangeInfo): void {
    this.#isOpen(exchange.connection, "begun");
    this.#check(!this.#exchanges.has(exchange), "begun twice");
    this.#exchanges.set(exchange, "begun");
  }

  settled(exchange: ExchangeInfo): void {
    this.#isOpen(exchange.connection, "settled");
    const state = this.#exchanges.get(exchange);
    this.#check(state === "begun", `settled, but was ${state}`);
    this.#exchanges.set(exchange, "settled");
  }

  closed(connection: ConnectionInfo): void {
    this.#isOpen(connection, "closed");
    this.#check(connection.state === "closed", `closed, but is ${connection.state}`);
    this.#check(connection.closeReason !== null, "closed without a reason");
    this.#reasons.set(connection, connection.closeReason);
  }

  /** What can only be told in the end. */
  end(): void {
    for (const [connection, reason] of this.#reasons) {
      this.#check(connection.closeReason === reason, `${reason} became ${connection.closeReason}`);
    }
    this.#check(this.open === 0, `${this.open} connections were never closed`);
    this.#check(this.unsettled === 0, `${this.unsettled} exchanges were never settled`);
  }

  #isOpen(connection: ConnectionInfo, what: string): void {
    this.#check(this.#states.has(connection), `${what} before opened`);
    this.#check(!this.#reasons.has(connection), `${what} after closed`);
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.wrong.push(what);
  }
}

/** See the head of this file. */
export class Frenzy {
  readonly #dice: Dice;
  readonly #rig: Rig;
  readonly #others: Rig[] = [];
  readonly #wires: StrictConn[] = [];
  readonly #ledger = new Ledger();
  readonly #thrown = new Set<unknown>();
  readonly #raws: Conn[] = [];
  readonly #stops: (() => void)[] = [];
  #actions = 0;
  #ended = false;
  #isCalm = false;
  #ids = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#rig = new Rig({
      ...this.#options(),
      handle: (call) => this.#called(call),
    });
    this.#rig.reactor.observe(this.#ledger);
    this.#rig.reactor.observe(this.#observer());
  }

  /** Runs it to its end; throws at the first thing that is wrong. */
  async run(): Promise<Aftermath> {
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      this.#check();
    }
    await this.#calm();
    this.#check();
    if (!this.#ended) await this.#serves();
    const { admission } = this.#rig.reactor;
    if (admission !== null) {
      const { active, queued } = admission.stats();
      assertEquals([active, queued.high, queued.normal], [0, 0, 0], "The queue is not empty");
    }
    for (const rig of [...this.#others, this.#rig]) {
      this.#forgive(rig);
      await rig.finish();
    }
    this.#ledger.end();
    this.#check();
    return {
      connections: this.#ledger.connections,
      calls: this.#rig.calls.length,
      actions: this.#actions,
      ended: this.#ended,
    };
  }

  #options(): ReactorOptions {
    const dice = this.#dice;
    const shared: ReactorOptions = {
      timeouts: {
        handler: dice.oneIn(3) ? 2_000 : 0,
        head: 1_000,
        idle: 3_000,
        body: 1_000,
        write: 1_000,
        handshake: 1_000,
        linger: [0, 500][dice.below(2)]!,
      },
      limits: {
        connections: 1 + dice.below(6),
        connectionsPerAddress: dice.below(3),
        overConnections: dice.oneIn(2) ? "wait" : "refuse",
        pipelinedRequests: [1, 64][dice.below(2)]!,
        requestsPerConnection: dice.oneIn(4) ? 2 : 0,
        drainBytes: [0, 50, 100_000][dice.below(3)]!,
        bodyBytes: dice.oneIn(4) ? 30 : 0,
        bufferedBodyBytes: dice.oneIn(4) ? 20 : 1 << 20,
      },
      keepAliveHeader: dice.oneIn(4),
    };
    if (dice.oneIn(2)) return shared;
    const lane = () => {
      this.#act("observer");
      return this.#dice.oneIn(2) ? "high" : "normal";
    };
    const maxActive = dice.oneIn(4) ? "auto" : 1 + dice.below(3);
    return { ...shared, queue: { maxActive, maxQueued: dice.below(5), maxWait: 900, lane } };
  }

  /** An observer that acts in some of its hooks. */
  #observer(): Observer {
    const observer: Record<string, () => void> = {};
    for (const hook of HOOKS) {
      if (this.#dice.oneIn(3)) continue;
      observer[hook] = () => {
        if (this.#dice.oneIn(6)) this.#act("observer");
      };
    }
    return observer as Observer;
  }

  async #step(): Promise<void> {
    const dice = this.#dice;
    const wire = this.#wires[dice.below(this.#wires.length || 1)];
    switch (dice.below(10)) {
      case 0:
      case 1:
        return await this.#connect();
      case 2:
        return await this.#rig.advance([20, 400, 1_100][dice.below(3)]!);
      case 3:
        if (wire === undefined || wire.closed) return;
        wire.takes = [0, 9, Infinity][dice.below(3)]!;
        return await wire.take(wire.takes);
      case 4:
        if (wire === undefined) return;
        return dice.oneIn(3) ? await wire.reset() : await wire.end();
      case 5:
        this.#act("listener");
        return await settled();
      default:
        if (wire === undefined || wire.closed) return await this.#connect();
        return await wire.send(this.#packet());
    }
  }

  async #connect(): Promise<void> {
    const dice = this.#dice;
    const options: FakeConnOptions = {
      hostname: `192.0.2.${dice.below(3)}`,
      tls: dice.oneIn(4),
    };
    const wire = new StrictConn(options);
    this.#wires.push(wire);
    this.#rig.listener.offer(wire);
    await settled();
    // Where there is no room, it waits in the backlog.
    if (this.#rig.listener.waiting > 0 || wire.closed) return;
    if (options.tls) await wire.secure(dice.oneIn(6) ? new Error("Bad handshake") : undefined);
    if (!wire.closed) await wire.send(this.#packet());
  }

  #packet(): string {
    const dice = this.#dice;
    let text = "";
    for (let count = 1 + dice.below(3); count > 0; count--) text += this.#request();
    return dice.oneIn(4) ? text.slice(0, 1 + dice.below(text.length)) : text;
  }

  #request(): string {
    const dice = this.#dice;
    const target = `/${++this.#ids}`;
    const body = "b".repeat(1 + dice.below(60));
    const fields = dice.oneIn(6)
      ? ["Expect: 100-continue"]
      : dice.oneIn(8)
      ? ["Connection: close"]
      : [];
    switch (dice.below(9)) {
      case 0:
      case 1:
        return head(
          `POST ${target} HTTP/1.1`,
          "Host: h",
          ...fields,
          `Content-Length: ${body.length}`,
        ) + body;
      case 2:
        return head(`POST ${target} HTTP/1.1`, "Host: h", ...fields, "Transfer-Encoding: chunked") +
          (dice.oneIn(5) ? "no chunk\r\n" : chunked(body));
      case 3:
        return head(`GET ${target} HTTP/1.1`, "Host: h", "Connection: Upgrade", "Upgrade: raw");
      case 4:
        return dice.oneIn(3)
          ? head("CONNECT h:80 HTTP/1.1", "Host: h:80")
          : dice.oneIn(3)
          ? "GET / HTTP/1.1\r\n\r\n"
          : request({ target, method: "HEAD" });
      default:
        return request({ target });
    }
  }

  #called(call: Call): void {
    const { exchange } = call;
    const dice = this.#dice;
    if (this.#isCalm) {
      exchange.respond(OK, "");
      return exchange.settled();
    }
    if (dice.oneIn(3)) exchange.onAbort = () => this.#act("callback");
    if (dice.oneIn(3)) exchange.onDelivered = () => this.#act("callback");
    if (dice.oneIn(4)) this.#listen(exchange.info.connection);
    for (let count = dice.below(3); count > 0; count--) this.#act("handler");
    if (dice.oneIn(2)) this.#answer(call);
  }

  #listen(connection: ConnectionInfo): void {
    (connection.signal as AbortSignal).addEventListener("abort", () => this.#act("listener"));
  }

  /** Does something that a program may do. */
  #act(place: Place): void {
    if (this.#isCalm || this.#actions >= MOST_ACTIONS) return;
    this.#actions++;
    const dice = this.#dice;
    const { calls, reactor } = this.#rig;
    const call = calls[dice.below(calls.length || 1)];
    const connection = [...reactor.connections][dice.below(reactor.connections.size || 1)];
    switch (dice.below(20)) {
      case 0:
        return connection?.close();
      case 1:
        return connection?.abort();
      case 2:
        return call?.exchange.cut();
      case 3:
        return call?.exchange.settled();
      case 4:
        return this.#raise(place);
      case 5:
        return this.#end();
      case 6:
        this.#stops.push(reactor.observe(this.#observer()));
        return;
      case 7:
        return this.#stops.pop()?.();
      case 8:
        return this.#useQueue();
      case 9:
        if (connection !== undefined) this.#listen(connection);
        return;
      case 10:
        if (connection !== undefined) readAllOf(connection, ConnectionKeys);
        if (call !== undefined) readAllOf(call.exchange.info, ExchangeKeys);
        return;
      case 11:
        return this.#openAnother();
      case 12:
        if (call !== undefined) this.#upgrade(call);
        return;
      case 13:
      case 14:
        if (call !== undefined) drop(this.#read(call));
        return;
      case 15:
        return call?.exchange.body?.cancel();
      case 16:
        if (call !== undefined) drop(this.#stream(call));
        return;
      default:
        if (call !== undefined) this.#answer(call);
    }
  }

  /** Throws where that is allowed. */
  #raise(place: Place): void {
    if (place === "listener") return;
    const error = new Thrown(place);
    this.#thrown.add(error);
    throw error;
  }

  /** Now and then somebody ends the server. */
  #end(): void {
    const dice = this.#dice;
    if (!dice.oneIn(8)) return;
    this.#ended = true;
    if (dice.oneIn(2)) this.#rig.reactor.force();
    else this.#rig.reactor.shutdown({ readyDelay: dice.below(2) * 100, deadline: 300, grace: 300 });
  }

  #useQueue(): void {
    const { admission } = this.#rig.reactor;
    switch (this.#dice.below(4)) {
      case 0:
        return admission?.pause();
      case 1:
        return admission?.resume();
      case 2:
        admission?.flush();
        return;
      default:
        admission?.stats();
    }
  }

  #openAnother(): void {
    if (!this.#dice.oneIn(6)) return;
    const other = new Rig({ handle: ({ exchange }) => exchange.respond(OK, "other") });
    this.#others.push(other);
    const wire = new StrictConn();
    other.listener.offer(wire);
    wire.offer(latin1(request({ target: "/other" })));
  }

  #answer(call: Call): void {
    const { exchange, target } = call;
    const status = [200, 200, 204, 404][this.#dice.below(4)]!;
    exchange.respond({ status, fields: ["x-id", target.slice(1)] }, "an answer");
    if (!this.#dice.oneIn(4)) exchange.settled();
  }

  async #stream({ exchange, target }: Call): Promise<void> {
    const dice = this.#dice;
    const length = dice.oneIn(2) ? null : 6 + dice.below(2);
    if (!exchange.beginBody({ status: 200, fields: ["x-id", target.slice(1)] }, length)) return;
    if (dice.oneIn(2)) exchange.flush();
    for (let count = 0; count < 2; count++) {
      if (!await exchange.writeBody(latin1("abc"))) break;
      if (dice.oneIn(3)) this.#act("listener");
    }
    exchange.endBody();
  }

  async #read({ exchange }: Call): Promise<void> {
    const { body } = exchange;
    if (body === null) return;
    switch (this.#dice.below(3)) {
      case 0: {
        const piece = await body.read();
        if (piece !== null) this.#rig.buffers.handedOver(piece);
        break;
      }
      case 1:
        this.#rig.buffers.handedOver(await body.readAll());
        break;
      default:
        await body.readText((bytes) => String(bytes.length));
    }
    this.#act("listener");
  }

  #upgrade({ exchange, target }: Call): void {
    try {
      const fields = ["x-id", target.slice(1), "Upgrade", "raw"];
      const status = exchange.method === "CONNECT" ? 200 : 101;
      const raw = exchange.upgrade({ status, fields });
      this.#raws.push(raw);
      drop(this.#useRaw(raw));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #useRaw(raw: Conn): Promise<void> {
    const into = new Uint8Array(16);
    const writes = [raw.write(latin1("one")), raw.write(latin1("two"))];
    for (const write of writes) await drop(write);
    this.#act("listener");
    for (let count = await raw.read(into); count !== null; count = await raw.read(into)) {
      await raw.write(latin1("."));
    }
    if (this.#dice.oneIn(2)) await raw.closeWrite();
    raw.close();
  }

  /** What holds at every moment. */
  #check(): void {
    assertEquals(this.#ledger.wrong, []);
    for (const rig of [...this.#others, this.#rig]) this.#forgive(rig);
    const { acceptErrors, defects, laneErrors, observerErrors } = this.#rig;
    assertEquals([acceptErrors, defects, laneErrors, observerErrors], [[], [], [], []]);
    for (const { output, violations } of this.#wires) {
      assertEquals(violations, []);
      const ids = [...output.matchAll(/x-id: (\d+)\r/g)].map((match) => Number(match[1]));
      assertEquals(ids, ids.toSorted((one, next) => one - next), "Answers out of order");
    }
  }

  /** Takes the errors out that it has thrown itself. */
  #forgive({ defects, laneErrors, observerErrors }: Rig): void {
    for (const errors of [defects, laneErrors, observerErrors]) {
      const others = errors.filter((error) => !this.#thrown.has(error));
      errors.length = 0;
      errors.push(...others);
    }
  }

  /** Everybody comes to an end: handlers answer and settle, clients take all and leave. */
  async #calm(): Promise<void> {
    this.#isCalm = true;
    const { admission } = this.#rig.reactor;
    for (let turn = 0; turn < 12 && (turn < 4 || this.#open > 0); turn++) {
      admission?.resume();
      for (const wire of this.#wires) if (!wire.closed) await wire.take(Infinity);
      for (const { exchange } of this.#rig.calls) {
        exchange.respond(OK, "");
        exchange.endBody();
        exchange.settled();
      }
      for (const raw of this.#raws) raw.close();
      for (const wire of this.#wires) if (!wire.closed && turn > 0) await wire.end();
      await this.#rig.advance(1_500);
    }
    if (admission !== null) await this.#flushes(admission);
    if (!this.#ended) assertEquals(this.#open, 0, "Connections that stay");
  }

  async #flushes(queue: WorkQueue): Promise<void> {
    let isFlushed = false;
    queue.flush().then(() => isFlushed = true);
    await this.#rig.advance(6_000);
    assert(isFlushed, `The queue is never flushed: ${JSON.stringify(queue.stats())}`);
  }

  get #open(): number {
    return this.#wires.filter(({ closed }) => !closed).length;
  }

  /** A fresh client gets its answer. */
  async #serves(): Promise<void> {
    assertEquals([this.#rig.reactor.phase, this.#rig.ended], ["serving", undefined]);
    const wire = new StrictConn({ hostname: "192.0.2.200" });
    this.#rig.handle = ({ exchange }) => {
      exchange.respond(OK, "served");
      exchange.settled();
    };
    this.#rig.listener.offer(wire);
    await settled();
    await wire.send(request({ target: "/last" }));
    await this.#rig.advance(60);
    assert(wire.output.startsWith("HTTP/1.1 200"), `Not served: ${wire.output}`);
  }
}

const OK = { status: 200, fields: [] };

const ConnectionKeys = [
  "id",
  "localAddr",
  "remoteAddr",
  "state",
  "stateMs",
  "ageMs",
  "requests",
  "bytesIn",
  "bytesOut",
  "bytesDiscarded",
  "closeReason",
  "signal",
] as const satisfies readonly (keyof ConnectionInfo)[];

const ExchangeKeys = [
  "connection",
  "method",
  "minorVersion",
  "status",
  "requestBodyBytes",
  "bodyBytes",
  "begunMs",
  "queuedMs",
  "abortReason",
] as const satisfies readonly (keyof ExchangeInfo)[];

function readAllOf<T>(target: T, keys: readonly (keyof T)[]): void {
  for (const key of keys) void target[key];
}

/** What a body or a raw connection rejects with when its peer is gone is nobody's fault. */
async function drop(doing: Promise<unknown>): Promise<void> {
  try {
    await doing;
  } catch {
    // See above.
  }
}
