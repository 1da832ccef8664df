/**
 * A storm on one engine: a few connections whose clients send in pieces, stall, half-close, reset
 * and take their answers byte by byte, handlers that do at any time whatever an application may do,
 * deadlines that pass, and an end in the middle of it. All of it drawn from a seed, on the fake
 * clock and the fake wire.
 *
 * @module
 */

import type { RequestBody } from "../../reactor/exchange.ts";
import type { Bytes, Conn } from "../../reactor/ports.ts";
import type { ReactorOptions } from "../../reactor/options/settings.ts";
import { fromLatin1, latin1, settled } from "../engine/fakes.ts";
import { type Call, Rig } from "../engine/rig.ts";
import type { Dice } from "../order/dice.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { chunked, head, request } from "../support/requests.ts";
import { assertRising, idsIn } from "./ids.ts";
import { StrictConn } from "./strict_conn.ts";

const STEPS = 60;
const SMUGGLED = request({ target: "/smuggled" });

/** The result of one storm. */
export interface Wreckage {
  readonly requests: number;
  readonly calls: number;
  readonly answers: number;
}

/** What was sent with a target, and what the handler has got of its body. */
interface Sent {
  readonly body: string;
  got: string;
}

/** One client. */
class Client {
  readonly wire = new StrictConn();
  readonly sent = new Map<string, Sent>();
  readonly raws: Conn[] = [];
  /** Bytes of requests that have begun to go out. */
  pending = "";
  #ended = false;

  get over(): boolean {
    return this.#ended || this.wire.closed;
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.wire.end();
  }

  async reset(): Promise<void> {
    this.#ended = true;
    await this.wire.reset();
  }
}

/** See the head of this file. */
export class Storm {
  readonly #dice: Dice;
  readonly #rig: Rig;
  readonly #clients: Client[] = [];
  readonly #open: Call[] = [];
  #ids = 0;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#rig = new Rig({ ...optionsFrom(dice), handle: (call) => this.#called(call) });
  }

  /** Runs it to its end; throws at the first thing that is wrong. */
  async run(): Promise<Wreckage> {
    const dice = this.#dice;
    for (let count = 1 + dice.below(3); count > 0; count--) await this.#connect();
    for (let step = 0; step < STEPS; step++) {
      const client = this.#clients[dice.below(this.#clients.length)]!;
      await this.#step(client);
      this.#check();
    }
    if (dice.oneIn(4)) {
      this.#rig.reactor.shutdown({
        readyDelay: 0,
        firstRequest: dice.below(500),
        deadline: 1_000,
        grace: 500,
      });
    }
    await this.#calm();
    this.#check();
    const calls = this.#rig.calls.length;
    await this.#rig.finish();
    const answers = this.#clients.flatMap(({ wire }) => idsIn(wire.output, /x-id: (\d+)/g)).length;
    return { requests: this.#ids, calls, answers };
  }

  async #connect(): Promise<void> {
    const client = new Client();
    this.#clients.push(client);
    this.#rig.listener.offer(client.wire);
    await settled();
  }

  async #step(client: Client): Promise<void> {
    const dice = this.#dice;
    switch (dice.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return await this.#send(client);
      case 4:
        client.wire.takes = [0, 7, 500, 5_000, Infinity][dice.below(5)]!;
        return await client.wire.take(client.wire.takes);
      case 5:
        return await this.#rig.advance([10, 300, 1_200, 5_000][dice.below(4)]!);
      case 6:
        if (dice.oneIn(4)) await client.end();
        else if (dice.oneIn(8)) await client.reset();
        return;
      case 7:
        if (dice.oneIn(3)) await this.#connect();
        return;
      default:
        this.#act();
        await settled();
    }
  }

  async #send(client: Client): Promise<void> {
    if (client.over) return;
    const dice = this.#dice;
    if (client.pending === "") {
      for (let count = 1 + dice.below(4); count > 0; count--) client.pending += this.#plan(client);
    }
    const size = dice.oneIn(2) ? client.pending.length : 1 + dice.below(client.pending.length);
    const packet = client.pending.slice(0, size);
    client.pending = client.pending.slice(size);
    await client.wire.send(packet);
  }

  #plan(client: Client): string {
    const dice = this.#dice;
    const target = `/${++this.#ids}`;
    const body = dice.oneIn(3) ? SMUGGLED.repeat(1 + dice.below(20)) : "b".repeat(dice.below(60));
    const fields = dice.oneIn(12)
      ? ["Connection: close"]
      : dice.oneIn(8)
      ? ["Expect: 100-continue"]
      : [];
    const withBody = { body, got: "" };
    const without = { body: "", got: "" };
    switch (dice.below(10)) {
      case 0:
      case 1:
      case 2:
        client.sent.set(target, withBody);
        return head(
          `POST ${target} HTTP/1.1`,
          "Host: h",
          ...fields,
          `Content-Length: ${body.length}`,
        ) + body;
      case 3:
      case 4:
      case 5: {
        client.sent.set(target, withBody);
        const cut = dice.below(body.length + 1);
        return head(`POST ${target} HTTP/1.1`, "Host: h", ...fields, "Transfer-Encoding: chunked") +
          chunked(...[body.slice(0, cut), body.slice(cut)].filter((piece) => piece !== ""));
      }
      case 6:
        client.sent.set(target, without);
        return head(`GET ${target} HTTP/1.1`, "Host: h", "Connection: Upgrade", "Upgrade: raw");
      case 7:
        client.sent.set(target, without);
        return dice.oneIn(3)
          ? head(`GET ${target} HTTP/1.0`, "Connection: keep-alive")
          : dice.oneIn(5)
          ? `GET ${target} HTTP/1.1\r\nHost : h\r\n\r\n`
          : request({ target, method: "HEAD" });
      case 8:
        if (!dice.oneIn(4)) break;
        client.sent.set(target, { body: "abc", got: "" });
        return head(`POST ${target} HTTP/1.1`, "Host: h", "Transfer-Encoding: chunked") +
          `3\r\nabc\r\nno chunk\r\n${SMUGGLED}`;
    }
    client.sent.set(target, without);
    return request({ target });
  }

  #called(call: Call): void {
    this.#open.push(call);
    // Some handlers answer at once, within the call.
    if (this.#dice.oneIn(3)) this.#act(this.#open.length - 1);
  }

  /** One open handler does something. */
  #act(at: number = this.#dice.below(this.#open.length || 1)): void {
    const call = this.#open[at];
    if (call === undefined) return;
    const dice = this.#dice;
    const { exchange } = call;
    switch (dice.below(11)) {
      case 0:
      case 1:
      case 2:
        exchange.respond(this.#headFor(call), this.#bodyFor(call));
        return this.#settle(call);
      case 3:
        drop(this.#stream(call));
        return this.#settle(call);
      case 4:
      case 5:
        return void drop(this.#read(call, exchange.body));
      case 6:
        return void drop(this.#readAll(call, exchange.body));
      case 7:
        if (dice.oneIn(3)) exchange.body?.cancel();
        return;
      case 8:
        if (!dice.oneIn(6)) return;
        exchange.cut();
        return this.#settle(call);
      case 9:
        if (dice.oneIn(10)) this.#rig.reactor.connections.values().next().value?.close();
        return;
      default:
        return this.#upgrade(call);
    }
  }

  #settle(call: Call): void {
    call.exchange.settled();
    const at = this.#open.indexOf(call);
    if (at >= 0) this.#open.splice(at, 1);
  }

  #headFor({ target }: Call) {
    const close = this.#dice.oneIn(16) ? ["Connection", "close"] : [];
    const status = [200, 200, 200, 404, 204, 205, 304][this.#dice.below(7)]!;
    return { status, fields: ["x-id", target.slice(1), ...close] };
  }

  #bodyFor({ target }: Call): string | Bytes | null {
    const text = `#${target.slice(1)}# `;
    switch (this.#dice.below(5)) {
      case 0:
        return null;
      case 1:
        return text.repeat(1 + this.#dice.below(200));
      case 2:
        // Now and then more than the outbox gathers.
        return latin1(text.repeat(1 + this.#dice.below(this.#dice.oneIn(16) ? 20_000 : 400)));
      case 3:
        return text + "\u20ac";
      default:
        return text;
    }
  }

  async #stream(call: Call): Promise<void> {
    const { exchange, target } = call;
    const dice = this.#dice;
    const pieces = Array.from(
      { length: dice.below(4) },
      () => latin1(`#${target.slice(1)}# `.repeat(1 + dice.below(100))),
    );
    const all = pieces.reduce((sum, { length }) => sum + length, 0);
    const length = dice.oneIn(2) ? null : all + (dice.oneIn(5) ? 1 - dice.below(3) : 0);
    if (!exchange.beginBody(this.#headFor(call), length)) return;
    for (const piece of pieces) {
      if (!await exchange.writeBody(piece)) break;
      if (dice.oneIn(3)) await settled();
    }
    if (dice.oneIn(8)) exchange.cut();
    else exchange.endBody();
  }

  async #read(call: Call, body: RequestBody | null): Promise<void> {
    const piece = await body?.read();
    if (piece) this.#got(call, piece);
  }

  async #readAll(call: Call, body: RequestBody | null): Promise<void> {
    if (body === null) return;
    const sent = this.#sentOf(call);
    const before = sent.got.length;
    const rest = await body.readAll();
    this.#got(call, rest);
    // Another read may have taken a part meanwhile.
    if (before === 0) assertEquals(sent.got.length <= sent.body.length, true, call.target);
  }

  #got(call: Call, piece: Bytes): void {
    this.#rig.buffers.handedOver(piece);
    const sent = this.#sentOf(call);
    sent.got += fromLatin1(piece);
    if (sent.body.startsWith(sent.got)) return;
    this.#wrong.push(`${call.target} got ${sent.got.length} bytes: ${sent.got.slice(-200)}`);
  }

  readonly #wrong: string[] = [];

  #sentOf({ target }: Call): Sent {
    const client = this.#clients.find(({ sent }) => sent.has(target));
    if (client === undefined) throw new Error(`${target} was never sent`);
    return client.sent.get(target)!;
  }

  #upgrade(call: Call): void {
    try {
      const raw = call.exchange.upgrade({
        status: 101,
        fields: ["x-id", call.target.slice(1), "Upgrade", "raw"],
      });
      drop(useRaw(raw));
      this.#settle(call);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** What holds at every moment. */
  #check(): void {
    // Not compared: a difference between long texts takes minutes to print.
    assert(this.#wrong.length === 0, this.#wrong.join("\n").slice(0, 2_000));
    const [defect] = this.#rig.defects;
    if (defect !== undefined) throw defect;
    const targets = this.#clients.map(({ sent }) => [...sent.keys()]);
    const called = this.#rig.calls.map(({ target }) => target);
    for (const [at, { wire }] of this.#clients.entries()) {
      assertEquals(wire.violations, []);
      const own = called.filter((target) => targets[at]!.includes(target)).map((each) =>
        Number(each.slice(1))
      );
      assertRising(own, { strictly: true }, "calls");
      assertRising(idsIn(wire.output, /x-id: (\d+)\r/g), { strictly: true }, "answers");
      const named = idsIn(wire.output, /x-id: (\d+)\r|#(\d+)#/g);
      assertRising(named, { strictly: false }, "bodies");
      const strange = named.find((id) => !own.includes(id));
      assert(strange === undefined, `An answer to ${strange}, which nobody asked`);
    }
    const all = new Set(targets.flat());
    assertEquals(called.filter((target) => !all.has(target)), [], "Requests that were never sent");
  }

  /** Ends everything: handlers answer, clients read everything and leave. */
  async #calm(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      for (const { wire } of this.#clients) if (!wire.closed) await wire.take(Infinity);
      for (const call of [...this.#open]) {
        call.exchange.respond({ status: 200, fields: ["x-id", call.target.slice(1)] }, "");
        this.#settle(call);
      }
      for (const client of this.#clients) if (turn === 5 && !client.over) await client.end();
      await this.#rig.advance(2_000);
    }
    assertEquals(
      this.#clients.filter(({ wire }) => !wire.closed).length,
      0,
      "Connections that stay",
    );
  }
}

async function useRaw(raw: Conn): Promise<void> {
  const into: Bytes = new Uint8Array(16);
  for (let count = await raw.read(into); count !== null; count = await raw.read(into)) {
    await raw.write(latin1("."));
  }
  raw.close();
}

async function drop(doing: Promise<void>): Promise<void> {
  try {
    await doing;
  } catch (error) {
    // A body or a raw connection may reject when its peer is gone.
    if ((error as Error).name === "AssertionError") throw error;
  }
}

function optionsFrom(dice: Dice): ReactorOptions {
  const timeouts = {
    handler: dice.oneIn(3) ? 3_000 : 0,
    head: 2_000,
    idle: 8_000,
    body: 2_000,
    write: 4_000,
    linger: [0, 500, 2_000][dice.below(3)]!,
  };
  const limits = {
    pipelinedRequests: [1, 2, 64][dice.below(3)]!,
    drainBytes: [0, 100, 262_144][dice.below(3)]!,
    lingerBytes: [10, 1 << 20][dice.below(2)]!,
    bodyBytes: dice.oneIn(4) ? 30 : 0,
    bufferedBodyBytes: dice.oneIn(4) ? 30 : 1 << 20,
    requestsPerConnection: dice.oneIn(6) ? 3 : 0,
  };
  const shared = { timeouts, limits, keepAliveHeader: dice.oneIn(4) };
  if (!dice.oneIn(3)) return shared;
  return {
    ...shared,
    queue: { maxActive: 1 + dice.below(2), maxQueued: dice.below(4), maxWait: 1_500 },
  };
}
