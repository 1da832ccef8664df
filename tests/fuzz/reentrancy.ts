/**
 * One case of re-entrancy: a server with settings drawn from a seed, clients that do what clients do, and
 * a meddler in every hook and callback. Whatever it does, the rules of the engine hold, the server serves
 * on unless it was told to end, and nothing is left.
 *
 * @module
 */

import { ABANDONED_MS } from "../../reactor/admission/abandoned.ts";
import { latin1, settled } from "../engine/fakes.ts";
import { answers, Rig } from "../engine/rig.ts";
import type { Dice } from "../order/dice.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { GET } from "../support/requests.ts";
import type { Uncaught } from "../support/uncaught.ts";
import { assertRising, idsIn } from "./ids.ts";
import { Meddler } from "./meddler.ts";
import { Client, numberOf, optionsFrom } from "./reentrancy_clients.ts";
import { StrictConn } from "./strict_conn.ts";
import { Witness } from "./witness.ts";

/** The result of one case. */
export interface Account {
  readonly calls: number;
  readonly answers: number;
  /** What the meddler did. */
  readonly deeds: number;
}

/** See the head of this file. */
export class Reentrancy {
  readonly #dice: Dice;
  readonly #uncaught: Uncaught;
  readonly #meddler: Meddler;
  readonly #rig: Rig;
  readonly #witness: Witness | null;
  readonly #clients: Client[] = [];
  readonly #settleAborted: boolean;
  #ids = 0;

  constructor(dice: Dice, uncaught: Uncaught) {
    this.#dice = dice;
    this.#uncaught = uncaught;
    const bodyOf = (target: string) => this.#clientOf(target)?.sent.get(target) ?? "";
    const meddler = this.#meddler = new Meddler({
      dice,
      bodyOf,
      isLimitFixed: () => options.queue?.maxActive !== "auto",
      mayEnd: dice.oneIn(8),
    });
    const options = optionsFrom(dice, meddler.lane);
    const rig = this.#rig = new Rig(options);
    meddler.reactor = rig.reactor;
    // Most servers are watched; what costs nothing without observers is tried as well.
    const witness = this.#witness = dice.oneIn(8) ? null : new Witness();
    rig.handle = (call) => {
      witness?.expects(call.exchange.info);
      meddler.handle(call);
    };
    const observers = dice.below(4);
    const first = dice.below(2);
    if (first > 0 && witness !== null) rig.reactor.observe(witness);
    for (let count = observers; count > 0; count--) meddler.observe();
    if (first === 0 && witness !== null) rig.reactor.observe(witness);
    this.#settleAborted = dice.oneIn(2);
  }

  /** Runs it to its end; throws at the first thing that is wrong. */
  async run(): Promise<Account> {
    const budget = this.#meddler.budget;
    await this.#connect();
    for (let steps = 10 + this.#dice.below(20); steps > 0; steps--) {
      await this.#step(this.#clients[this.#dice.below(this.#clients.length)]!);
      this.#check();
    }
    await this.#calm();
    const deeds = budget - this.#meddler.budget;
    this.#meddler.budget = 0;
    this.#rig.reactor.admission?.resume();
    await this.#rig.advance(ABANDONED_MS + 500);
    this.#check();
    await this.#checkSlots();
    await this.#checkServing();
    this.#checkAnswers();
    await this.#finish();
    const count = this.#clients.flatMap(({ wire }) => idsIn(wire.output, /x-id: (\d+)/g)).length;
    return { calls: this.#rig.calls.length, answers: count, deeds };
  }

  async #connect(): Promise<void> {
    const client = new Client(this.#dice, { tls: this.#dice.oneIn(3) });
    this.#clients.push(client);
    this.#rig.listener.offer(client.wire);
    await settled();
    if (!this.#dice.oneIn(4)) await this.#secure(client);
  }

  async #secure(client: Client): Promise<void> {
    await client.secure({ fails: this.#dice.oneIn(6) });
  }

  async #step(client: Client): Promise<void> {
    const dice = this.#dice;
    switch (dice.below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        client.send(dice, () => ++this.#ids);
        return await settled();
      case 5:
        return await client.wire.take([0, 7, 500, Infinity][dice.below(4)]!);
      case 6:
        return await this.#rig.advance([10, 300, 1_100][dice.below(3)]!);
      case 7:
        if (dice.oneIn(3)) await client.end();
        else if (dice.oneIn(2)) await client.reset();
        return;
      case 8:
      case 9:
        return await this.#connect();
      case 10:
        return await this.#secure(client);
      default:
        this.#meddler.meddle("no call of the engine");
        return await settled();
    }
  }

  /** Ends everything: handlers answer, clients read everything and leave. */
  async #calm(): Promise<void> {
    const { reactor } = this.#rig;
    for (let turn = 0; turn < 16; turn++) {
      if (turn === 6) this.#meddler.budget = 0;
      reactor.admission?.resume();
      for (const client of this.#clients) {
        if (!client.secured) await this.#secure(client);
        client.wire.takes = Infinity;
        if (client.wire.writing) await client.wire.take(Infinity);
        if (turn === 2 && !client.over) await client.end();
      }
      this.#meddler.finish({ settleAborted: this.#settleAborted });
      if (turn > 1) this.#meddler.closeRaws();
      await this.#rig.advance(1_000);
      if (turn > 2 && reactor.connections.size === 0) break;
    }
    this.#meddler.finish({ settleAborted: this.#settleAborted });
    const staying = [...reactor.connections].map(({ state }) => state);
    assertEquals(staying, [], "Connections that stay");
    const accepted = this.#clients.slice(0, this.#clients.length - this.#rig.listener.waiting);
    assert(accepted.every(({ wire }) => wire.closed), "A wire that was never closed");
  }

  /** What holds at every moment. */
  #check(): void {
    const { defects, observerErrors, laneErrors, acceptErrors } = this.#rig;
    const { thrown, wrong } = this.#meddler;
    assertNone(wrong, "What was called");
    if (this.#witness !== null) assertNone(this.#witness.wrong, "What was observed");
    for (const { wire } of this.#clients) assertNone(wire.violations, "The wire");
    assertReported(defects, thrown.application, "The engine's defects");
    assertReported(observerErrors, thrown.observer, "Errors of observers");
    // Reported once, whatever the function goes on to throw.
    assertReported(laneErrors, thrown.lane.slice(0, 1), "Errors of the lane function");
    assertReported(this.#uncaught.errors, thrown.listener, "Errors of listeners");
    assertReported(acceptErrors, [], "Errors of accepting");
    assertReported(this.#uncaught.rejections, [], "Rejections that nobody handled");
    if (!this.#meddler.ended) assertEquals(this.#rig.ended, undefined, "It has ended");
    if (!this.#meddler.ended) assertEquals(this.#rig.reactor.phase, "serving");
  }

  /** Whatever became of a request, its slot is back. */
  async #checkSlots(): Promise<void> {
    const { admission } = this.#rig.reactor;
    if (admission === null) return;
    const { active, queued } = admission.stats();
    assertEquals({ active, ...queued }, { active: 0, high: 0, normal: 0 }, "Slots are missing");
    let flushed = false;
    const flush = async () => {
      await admission.flush();
      flushed = true;
    };
    flush();
    await settled();
    assert(flushed, "The queue is empty, and flush() waits");
  }

  /** A client that is left alone is served, and has the whole server to itself. */
  async #checkServing(): Promise<void> {
    const { reactor } = this.#rig;
    if (this.#meddler.ended) {
      assertEquals([reactor.phase, this.#rig.ended], ["ended", "ended"]);
      return;
    }
    this.#rig.handle = (call) => {
      answers("still here")(call);
      call.exchange.settled();
    };
    const wire = new StrictConn();
    this.#rig.listener.offer(wire);
    await settled();
    wire.offer(latin1(GET));
    await settled();
    assert(wire.output.startsWith("HTTP/1.1 200 "), `Not served: ${wire.output}`);
    await wire.end();
    await this.#rig.advance(2_000);
    assert(wire.closed, "The last client is never disconnected");
    this.#check();
  }

  /** Every answer belongs to its request, and only what was sent is a request. */
  #checkAnswers(): void {
    const called = this.#rig.calls.map(({ target }) => target);
    const strange = called.filter((target) =>
      this.#clientOf(target) === undefined && target !== "/"
    );
    assertEquals(strange, [], "Requests that were never sent");
    for (const { wire, sent } of this.#clients) {
      const own = called.filter((target) => sent.has(target)).map(numberOf);
      assertRising(own, { strictly: true }, "calls");
      assertRising(idsIn(wire.output, /x-id: (\d+)\r/g), { strictly: true }, "answers");
      const named = idsIn(wire.output, /x-id: (\d+)\r|#(\d+)#/g);
      assertRising(named, { strictly: false }, "bodies");
      const astray = named.find((id) => !own.includes(id));
      assert(astray === undefined, `An answer to ${astray}, which nobody asked`);
    }
  }

  async #finish(): Promise<void> {
    const { works, seen, signals, open, further, handedOver, thrown } = this.#meddler;
    const rig = this.#rig;
    rig.defects.length = 0;
    for (const bytes of handedOver) rig.buffers.handedOver(bytes);
    await rig.finish();
    for (const { rig: other, wire } of further) {
      assert(wire.output.startsWith("HTTP/1.1 200 "), `The other server: ${wire.output}`);
      assertNone(wire.violations, "The other wire");
      await other.finish();
    }
    this.#witness?.finish();
    assertNone(this.#witness?.wrong ?? [], "What was observed");
    const reasons = [...seen.values()].map(({ closeReason }) => closeReason);
    assert(!reasons.includes(null), "A connection that never ended");
    const failed = reasons.filter((reason) => reason === "internal_error").length;
    assert(failed <= thrown.application.length, `${failed} connections of internal errors`);
    assert(signals.every(({ aborted }) => aborted), "A signal that did not fire");
    const untold = works.find(({ call }) => call.outcome === undefined);
    assert(untold === undefined, `The handler of ${untold?.call.target} never heard of its end`);
    for (const [what, count] of open) assertEquals(count, 0, `${what}: promises that never settle`);
  }

  #clientOf(target: string): Client | undefined {
    return this.#clients.find(({ sent }) => sent.has(target));
  }
}

/** Exactly what was thrown is reported, each value once. */
function assertReported(
  reported: readonly unknown[],
  thrown: readonly unknown[],
  what: string,
): void {
  if (reported.length === 0 && thrown.length === 0) return;
  const left = [...thrown];
  for (const value of reported) {
    const at = left.findIndex((each) => Object.is(each, value));
    if (at < 0) throw new Error(`${what}: ${String(value)}`, { cause: value });
    left.splice(at, 1);
  }
  if (left.length > 0) throw new Error(`${what}: not reported: ${left.map(String).join(", ")}`);
}

function assertNone(wrong: readonly string[], what: string): void {
  if (wrong.length > 0) throw new Error(`${what}: ${wrong.slice(0, 5).join("\n")}`);
}
