/**
 * A whole engine on the fakes: a reactor, the exchanges it calls for, and an account of its buffers.
 * What a test does with them is not here.
 *
 * @module
 */

import type { BufferPool } from "../../reactor/memory/buffer_pool.ts";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { Application, ClientOf, Exchange } from "../../reactor/exchange.ts";
import { type ReactorOptions, resolveOptions } from "../../reactor/options/options.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { Reactor } from "../../reactor/reactor.ts";
import type { CloseReason, State } from "../../reactor/states.ts";
import { assertEquals } from "../support/assert.ts";
import {
  CODEC,
  FakeClock,
  FakeConn,
  type FakeConnOptions,
  FakeListener,
  settled,
} from "./fakes.ts";

/** One call of the application, and its outcome. */
export interface Call {
  readonly exchange: Exchange;
  readonly method: string;
  readonly target: string;
  /** The field lines and the empty line after them, as sent. */
  readonly fieldLines: string;
  /** The reason of its abort. */
  aborted: Error | undefined;
  /** `undefined` while it is open, `"delivered"`, or why it was not. */
  outcome: "delivered" | Error | undefined;
}

/** What the application does with a call; by default it leaves it open. */
export type Handle = (call: Call) => void;

/** Options of {@linkcode Rig}. */
export interface RigOptions extends ReactorOptions {
  readonly handle?: Handle;
  /** Runs on the engine in the place of `handle`; its calls are not listed. */
  readonly application?: Application;
  /** Finds out who sent a request, in the place of the engine's own way. */
  readonly clientOf?: ClientOf;
}

/** One fake connection and the engine's view of it. */
export class Line {
  readonly wire: FakeConn;
  readonly connection: ConnectionInfo;

  constructor(wire: FakeConn, connection: ConnectionInfo) {
    this.wire = wire;
    this.connection = connection;
  }

  get state(): State {
    return this.connection.state;
  }

  get reason(): CloseReason | null {
    return this.connection.closeReason;
  }

  /** What the peer has got since this was last asked. */
  got(): string {
    const { output } = this.wire;
    this.wire.output = "";
    return output;
  }

  /** The status codes of what the peer has got since this was last asked. */
  statuses(): number[] {
    return [...this.got().matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((match) => Number(match[1]));
  }
}

/** A reactor on a fake clock and a fake listener. */
export class Rig {
  readonly clock = new FakeClock();
  readonly listener = new FakeListener();
  readonly reactor: Reactor;
  readonly calls: Call[] = [];
  readonly acceptErrors: unknown[] = [];
  /** Errors of the engine itself; a test that expects some takes them out. */
  readonly defects: unknown[] = [];
  readonly laneErrors: unknown[] = [];
  readonly observerErrors: unknown[] = [];
  readonly buffers: Account;
  /** How `run` ended; `undefined` while it runs. */
  ended: "ended" | Error | undefined;
  handle: Handle;

  constructor(options: RigOptions = {}) {
    const { handle = () => {}, application, clientOf, ...rest } = options;
    this.handle = handle;
    this.clock.pollsAlone = true;
    this.reactor = new Reactor({
      ports: {
        clock: this.clock,
        codec: CODEC,
        newAborter: () => new AbortController(),
        isUrl: URL.canParse,
      },
      listener: this.listener,
      options: resolveOptions(rest),
      ...clientOf === undefined ? {} : { clientOf },
      application: application ?? ((exchange, head) => {
        this.#call(exchange, { target: head.target, fieldLines: head.fields.text });
      }),
      onAcceptError: (error) => this.acceptErrors.push(error),
      onDefect: (error) => this.defects.push(error),
      onLaneError: (error) => this.laneErrors.push(error),
      onObserverError: (error) => this.observerErrors.push(error),
    });
    this.buffers = new Account(this.reactor.pool);
    this.#run();
  }

  /** The last call of the application. */
  get last(): Call {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error("The application was never called");
    return call;
  }

  /** A client connects. */
  async connect(options?: FakeConnOptions): Promise<Line> {
    const before = new Set(this.reactor.connections);
    const wire = new FakeConn(options);
    this.listener.offer(wire);
    await settled();
    const connection = [...this.reactor.connections].find((each) => !before.has(each));
    if (connection === undefined) throw new Error("The connection was not accepted");
    return new Line(wire, connection);
  }

  /** Connects and sends. */
  async sent(...packets: readonly string[]): Promise<Line> {
    const line = await this.connect();
    await line.wire.send(...packets);
    return line;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Cuts what is open and checks that nothing is left: no connection, no timer, no buffer. */
  async finish(): Promise<void> {
    this.reactor.force();
    await settled();
    await this.advance(5_000);
    assertEquals(this.defects, [], "The engine had defects");
    assertEquals(this.reactor.connections.size, 0, "Connections are left");
    assertEquals(this.clock.pending, 0, "Timers are left");
    assertEquals(this.buffers.out, 0, "Buffers are left");
    assertEquals(this.reactor.clientLimit?.clients ?? 0, 0, "Requests still count");
    assertEquals(this.ended === undefined, false, "The reactor still runs");
  }

  #call(exchange: Exchange, text: Pick<Call, "target" | "fieldLines">): void {
    const { method } = exchange;
    const call: Call = { exchange, method, ...text, aborted: undefined, outcome: undefined };
    exchange.onAbort = (reason) => call.aborted = reason;
    exchange.onDelivered = (error) => call.outcome = error ?? "delivered";
    this.calls.push(call);
    this.handle(call);
  }

  async #run(): Promise<void> {
    try {
      await this.reactor.run();
      this.ended = "ended";
    } catch (error) {
      this.ended = error as Error;
    }
  }
}

/** Runs `body` on a rig, and checks afterwards that nothing is left of it. */
export async function onRig(
  options: RigOptions,
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  const rig = new Rig(options);
  await body(rig);
  await rig.finish();
}

/** Counts the buffers that are out of the pool, and refuses one that comes back twice. */
export class Account {
  readonly #out = new Set<Bytes>();
  /** The most that were out at once, in bytes. */
  peakBytes = 0;

  constructor(pool: BufferPool) {
    const { takeTiny, takeSmall, takeLarge, give } = pool;
    pool.takeTiny = () => this.#took(takeTiny.call(pool));
    pool.takeSmall = () => this.#took(takeSmall.call(pool));
    pool.takeLarge = () => this.#took(takeLarge.call(pool));
    pool.give = (buffer) => {
      if (this.#given.has(buffer)) throw new Error("A buffer came back twice");
      if (this.#out.delete(buffer)) this.#given.add(buffer);
      give.call(pool, buffer);
    };
  }

  readonly #given = new Set<Bytes>();

  /** How many are out. */
  get out(): number {
    return this.#out.size;
  }

  /** How many bytes are out. */
  get outBytes(): number {
    return [...this.#out].reduce((sum, each) => sum + each.length, 0);
  }

  /** A buffer was handed over with its bytes, and will not come back. */
  handedOver(bytes: Bytes): void {
    for (const buffer of this.#out) {
      if (buffer.buffer === bytes.buffer) this.#out.delete(buffer);
    }
  }

  #took(buffer: Bytes): Bytes {
    if (this.#out.has(buffer)) throw new Error("A buffer is out twice");
    this.#given.delete(buffer);
    this.#out.add(buffer);
    this.peakBytes = Math.max(this.peakBytes, this.outBytes);
    return buffer;
  }
}

/** Answers with `text`. */
export function answers(text: string, fields: readonly string[] = []): Handle {
  return ({ exchange }) => exchange.respond({ status: 200, fields }, text);
}

/** Reads the body whole and answers with it, or with nothing but a status if that fails. */
export async function echoes({ exchange }: Call): Promise<void> {
  try {
    const bytes = exchange.body === null ? new Uint8Array() : await exchange.body.readAll();
    exchange.respond({ status: 200, fields: [] }, bytes);
  } catch (error) {
    exchange.respond({ status: (error as { status?: number }).status ?? 500, fields: [] }, null);
  }
}
