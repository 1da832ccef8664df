/**
 * The order of runs: case by case, in each case round by round, in each round all peers. Runs that are
 * compared lie next to each other in time; each round begins with another peer, so that none always
 * comes first. How a round is made is elsewhere.
 *
 * @module
 */

import { type Case, takesPart } from "./cases.ts";
import type { Measured } from "./judge.ts";
import type { Run } from "./model.ts";
import type { Peer } from "./peers/catalog.ts";
import { rotated } from "./rotated.ts";

/** One planned round. */
export interface Step {
  readonly case: Case;
  readonly peers: readonly Peer[];
  readonly round: number;
}

/** What the runner calls. */
export interface RunnerHooks {
  /** Returns the outcome of each peer, in their order. */
  measure(step: Step): Promise<Measured[]>;
  /** Before each round. */
  onStep(step: Step, done: number): void;
  /** After the last round of a case, with all runs so far. */
  onCase(at: Case, runs: readonly Run[]): void;
  /** Whether there is still time; if not, the remaining rounds are skipped. */
  hasTime(): boolean;
}

/** All rounds in order. */
export function planSteps(
  cases: readonly Case[],
  options: { readonly peers: readonly Peer[]; readonly rounds: number },
): Step[] {
  return cases.flatMap((at) => {
    const peers = options.peers.filter((peer) => takesPart(peer, at));
    return Array.from(
      { length: options.rounds },
      (_, index) => ({ case: at, peers: rotated(peers, index), round: index + 1 }),
    );
  });
}

/** Makes the rounds, one at a time. */
export async function runSteps(steps: readonly Step[], hooks: RunnerHooks): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [index, step] of steps.entries()) {
    if (!hooks.hasTime()) break;
    hooks.onStep(step, index);
    const measured = await hooks.measure(step);
    const { case: { id }, peers, round } = step;
    peers.forEach((peer, i) => runs.push({ case: id, peer: peer.id, round, ...measured[i]! }));
    if (steps[index + 1]?.case !== step.case) hooks.onCase(step.case, runs);
  }
  return runs;
}
