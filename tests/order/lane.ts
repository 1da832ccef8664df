/**
 * One client: connection after connection, on each of them batch after batch of pipelined requests, and
 * a different end each time. Every answer is checked against its request.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { within } from "../support/time.ts";
import { Answers } from "./answers.ts";
import type { Dice } from "./dice.ts";
import { plan, planLast, type Planned } from "./plan.ts";

/** The most requests in a batch, and the most batches on a connection. */
const BATCH = 64;
const BATCHES = 10;
const PATIENCE_MS = 60_000;

/** The counts of all clients together. */
export interface Score {
  /** Answers that belonged to their requests. */
  answers: number;
  connections: number;
  /** Connections that were cut with answers outstanding. */
  cuts: number;
}

/** Options of {@linkcode runLane}. */
export interface LaneOptions {
  readonly name: string;
  readonly port: number;
  /** How many answers it wants. */
  readonly answers: number;
  readonly dice: Dice;
  readonly score: Score;
}

/** Sends and checks until the answers are there. */
export async function runLane(options: LaneOptions): Promise<void> {
  const { answers, score, dice, port } = options;
  let left = answers;
  for (let turn = 0; left > 0; turn++) {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    const life = new Life(conn, { name: `${options.name}.${turn}`, dice, score });
    left -= await within(life.run(left), `connection ${options.name}.${turn}`, PATIENCE_MS);
    score.connections++;
  }
}

/** One connection. */
class Life {
  readonly #conn: Deno.TcpConn;
  readonly #answers: Answers;
  readonly #name: string;
  readonly #dice: Dice;
  readonly #score: Score;
  #planned = 0;
  /** The server has announced its last answer. */
  #over = false;

  constructor(conn: Deno.TcpConn, options: { name: string; dice: Dice; score: Score }) {
    this.#conn = conn;
    this.#answers = new Answers(conn);
    this.#name = options.name;
    this.#dice = options.dice;
    this.#score = options.score;
  }

  /** Returns the number of answers. */
  async run(most: number): Promise<number> {
    const batches = 1 + this.#dice.below(BATCHES);
    let answers = 0;
    for (let turn = 0; turn < batches && answers < most && !this.#over; turn++) {
      answers += await this.#batch(Math.min(1 + this.#dice.below(BATCH), most - answers));
    }
    if (answers < most && !this.#over) answers += await this.#end();
    return answers;
  }

  async #batch(count: number): Promise<number> {
    const requests = this.#plans(count);
    // Reading must not wait for all to be written: neither side could go on if both did.
    const [got] = await Promise.all([this.#check(requests), this.#send(requests)]);
    return got;
  }

  /** The last of the connection: closed by one side or the other, in order or not. */
  async #end(): Promise<number> {
    const dice = this.#dice;
    const requests = this.#plans(1 + dice.below(8));
    switch (dice.below(4)) {
      case 0:
        requests.push(planLast(dice, `${this.#name}.last`));
        await this.#send(requests);
        return await this.#check(requests);
      case 1:
        await this.#send(requests);
        await this.#conn.closeWrite();
        return await this.#check(requests) + await this.#checkEnd();
      case 2:
        await this.#send(requests, dice.below(200));
        break;
      default:
        await this.#send(requests);
    }
    this.#score.cuts++;
    return 0;
  }

  async #checkEnd(): Promise<0> {
    if (!this.#over) await this.#answers.end();
    return 0;
  }

  #plans(count: number): Planned[] {
    return Array.from(
      { length: count },
      () => plan(this.#dice, `${this.#name}.${this.#planned++}`),
    );
  }

  async #send(requests: readonly Planned[], most = Infinity): Promise<void> {
    const bytes = Buffer.from(requests.map((each) => each.bytes).join("").slice(0, most), "latin1");
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch (error) {
      // The server closed meanwhile; the answers show whether it announced that.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  /** Returns how many of them were answered; less than all only if the server said that it was the last. */
  async #check(requests: readonly Planned[]): Promise<number> {
    for (const [at, each] of requests.entries()) {
      const goesOn = await this.#answers.next(each);
      this.#score.answers++;
      if (goesOn) continue;
      this.#over = true;
      await this.#answers.end();
      return at + 1;
    }
    return requests.length;
  }
}
