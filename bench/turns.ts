/**
 * Peers loaded in turns: all servers of a round are up and warm, and each gets a part of its load,
 * then the next. What the rest of a shared machine does lasts for seconds, and so falls on all of
 * them alike: with one peer after the other the ratios of one session lay between 1.08 and 1.40, in
 * turns of half a second between 1.06 and 1.11.
 *
 * @module
 */

import { type Bout, faultOf, type LoadResult, type MeasureOptions, openBout } from "./bout.ts";
import type { Case } from "./cases.ts";
import { judge, type Measured, reasonOf } from "./judge.ts";
import { type ProgramLoad, putLoad, warmUp } from "./loads.ts";
import type { Outcome } from "./model.ts";
import type { Peer } from "./peers/catalog.ts";
import { rotated } from "./rotated.ts";
import { addUp } from "./stats.ts";

/** Long compared with the start of a load generator. */
const LEAST_TURN_SECONDS = 0.5;

/** Opening the connections must be a small part of a turn; for 1,024 it is 2 % of two seconds. */
const TURN_SECONDS_PER_CONNECTION = 1 / 512;

/** A round of a case whose load can be repeated on the same server. */
export interface Round {
  readonly case: Case;
  /** The case's. */
  readonly load: ProgramLoad;
  readonly options: MeasureOptions;
}

/** Loads the peers in turns; returns their outcomes in the same order. */
export async function measureInTurns(peers: readonly Peer[], round: Round): Promise<Measured[]> {
  const contenders = peers.map((peer) => new Contender(peer, round));
  try {
    for (const each of contenders) await each.start();
    for (const each of contenders) await each.warmUp();
    const turns = countTurns(round);
    const seconds = round.options.seconds / turns;
    for (let turn = 0; turn < turns; turn++) {
      for (const each of rotated(contenders, turn)) await each.load(seconds);
    }
    return contenders.map((each) => each.measured());
  } finally {
    for (const each of contenders) await each.stop();
  }
}

function countTurns({ load, options }: Round): number {
  // wrk runs for whole seconds.
  const least = load.kind === "wrk" ? 1 : LEAST_TURN_SECONDS;
  const turnSeconds = Math.max(least, load.connections * TURN_SECONDS_PER_CONNECTION);
  return Math.max(1, Math.floor(options.seconds / turnSeconds));
}

/** One peer of a round. */
class Contender {
  readonly #peer: Peer;
  readonly #round: Round;
  readonly #results: LoadResult[] = [];
  readonly #commands: string[] = [];
  #bout: Bout | null = null;
  /** Why it has dropped out. */
  #fault: Outcome | null = null;

  constructor(peer: Peer, round: Round) {
    this.#peer = peer;
    this.#round = round;
  }

  start(): Promise<void> {
    return this.#unlessOut(async () => {
      const commands = this.#commands;
      this.#bout = await openBout(this.#peer, { ...this.#round, commands });
      const why = await faultOf(this.#bout);
      if (why !== null) this.#fault = { kind: "invalid", why, figures: null };
    });
  }

  warmUp(): Promise<void> {
    return this.#unlessOut(() => warmUp(this.#bout!, this.#round.load));
  }

  load(seconds: number): Promise<void> {
    return this.#unlessOut(async () => {
      this.#results.push(await putLoad(this.#bout!, this.#round.load, seconds));
    });
  }

  measured(): Measured {
    const outcome = this.#fault ?? judge(this.#bout!.server, joined(this.#results));
    return { outcome, commands: this.#commands };
  }

  async stop(): Promise<void> {
    await this.#bout?.server.stop();
  }

  /** A fault of this peer takes it out of the round, and no other peer. */
  async #unlessOut(act: () => Promise<void>): Promise<void> {
    if (this.#fault !== null) return;
    try {
      await act();
    } catch (error) {
      this.#fault = { kind: "failed", why: reasonOf(error) };
    }
  }
}

/** The parts of a load as one. */
export function joined(parts: readonly LoadResult[]): LoadResult {
  const known = parts.flatMap(({ cpuMs }) => cpuMs ?? []);
  return {
    tally: addUp(parts.map(({ tally }) => tally)),
    cpuMs: known.length < parts.length ? null : known.reduce((sum, ms) => sum + ms, 0),
    peakBytes: parts.at(-1)?.peakBytes ?? null,
  };
}
