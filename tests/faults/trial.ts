/**
 * One exchange that a fault happens to: runs it, and checks that its client got nothing but the beginning
 * of its own answer, and all of it where the server had the request.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { within } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { nextId } from "./child.ts";
import { type Exchange, type Talk, talk, type Whole } from "./exchanges.ts";
import type { Fault, Plan } from "./proxy.ts";

/** Both directions of a connection. */
export const SIDES = ["request", "answer"] as const;

/** What the server says on its own: a connection's last answer, with nothing of a request. */
const REFUSAL = /^HTTP\/1\.1 (400|408) [^]*\r\nconnection: close\r\n/i;

/** The id with which an exchange is run to learn how it goes. */
export const ID = "000000";

/** Every byte of a short text; of a long one the beginning, the end, and some between. */
function pointsOf(length: number): number[] {
  const all = Array.from({ length: length + 1 }, (_, at) => at);
  if (length < 1_000) return all;
  return all.filter((at) => at < 200 || at % 4_099 === 0 || at > length - 3);
}

/** The fault at every point of an exchange, in both directions. */
export function plansFor(fault: Fault, whole: Whole): Plan[] {
  return SIDES.flatMap((side) =>
    pointsOf(side === "request" ? whole.sent : whole.answer.length)
      .map((at): Plan => ({ side, fault, at }))
  );
}

/** One exchange that a fault happens to. */
export class Trial {
  readonly id = nextId();
  readonly #whole: Whole;
  readonly #exchange: Exchange;
  readonly #plan: Plan;

  constructor(exchange: Exchange, whole: Whole, plan: Plan) {
    this.#exchange = exchange;
    this.#whole = whole;
    this.#plan = plan;
  }

  get name(): string {
    const { fault, side, at } = this.#plan;
    return `${this.#exchange.name}, ${fault} after ${at} bytes of the ${side}`;
  }

  /** Runs the exchange to the end of the connection. */
  async run(client: WireClient): Promise<void> {
    this.#check(await within(talk(client, this.#exchange.parts(this.id)), this.name));
  }

  /**
   * Runs the exchange up to the stall and leaves the connection open. The server gives up a stalled
   * request, unless the connection was taken over; the client has all of a stalled answer that was
   * let through.
   */
  async stall(client: WireClient): Promise<void> {
    const { side, at } = this.#plan;
    const { parts, takenOver } = this.#exchange;
    const due = side === "answer" ? at : this.#dueAfter(at);
    const enough = side === "answer" || takenOver ? due : Infinity;
    this.#check(await within(talk(client, parts(this.id), { enough, ends: false }), this.name));
  }

  #dueAfter(sent: number): number {
    return this.#exchange.due(sent, this.#whole);
  }

  /** Nothing but the beginning of the answer, with this id; returns what the server said on its own. */
  #begins(got: string): string {
    const expected = this.#whole.answer.replaceAll(ID, this.id);
    let same = 0;
    while (same < got.length && got[same] === expected[same]) same++;
    if (same === got.length) return "";
    const refusal = got.lastIndexOf("HTTP/1.1 4");
    const own = refusal < 0 ? "" : got.slice(refusal);
    assert(own !== "", `${this.name}: differs at ${same}: ${JSON.stringify(got.slice(-300))}`);
    assertEquals(expected.startsWith(got.slice(0, refusal)), true, this.name);
    assert(REFUSAL.test(own) && !own.includes(this.id), `${this.name}: ${own}`);
    return own;
  }

  #check({ got, end }: Talk): void {
    const own = this.#begins(got);
    const { side, fault, at } = this.#plan;
    if (fault === "reset" || fault === "cut") return;
    const due = side === "request" ? this.#dueAfter(at) : at;
    const length = got.length - own.length;
    assert(length >= due, `${this.name}: ${length} bytes of ${due} that were due`);
    if (side === "answer") assertEquals([length, own], [due, ""], this.name);
    assert(end !== "reset", `${this.name}: a reset`);
  }
}
