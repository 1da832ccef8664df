/**
 * The order of runs: case by case, in each case round by round, in each round peer by peer. Runs that are
 * compared lie next to each other in time; each round begins with another peer, so that none always
 * comes first. Knows nothing of how a run is made.
 *
 * @module
 */

import { type Case, takesPart } from "./cases.ts";
import type { Measured } from "./measure.ts";
import type { Run } from "./model.ts";
import type { Peer } from "./peers/catalog.ts";

/** One run that is to come. */
export interface Step {
  readonly case: Case;
  readonly peer: Peer;
  readonly round: number;
}

/** What the runner calls. */
export interface RunnerHooks {
  measure(step: Step): Promise<Measured>;
  /** Before each run. */
  onStep(step: Step, done: number): void;
  /** After the last run of a case, with all runs so far. */
  onCase(at: Case, runs: readonly Run[]): void;
  /** Whether there is still time; when not, what is left is left out. */
  hasTime(): boolean;
}

/** All runs in order. */
export function planSteps(
  cases: readonly Case[],
  options: { readonly peers: readonly Peer[]; readonly rounds: number },
): Step[] {
  return cases.flatMap((at) => {
    const peers = options.peers.filter((peer) => takesPart(peer, at));
    return Array.from(
      { length: options.rounds },
      (_, index) => rotated(peers, index).map((peer) => ({ case: at, peer, round: index + 1 })),
    ).flat();
  });
}

/** Makes the runs, one at a time. */
export async function runSteps(steps: readonly Step[], hooks: RunnerHooks): Promise<Run[]> {
  const runs: Run[] = [];
  for (const [index, step] of steps.entries()) {
    if (!hooks.hasTime()) break;
    hooks.onStep(step, index);
    const { outcome, commands } = await hooks.measure(step);
    const { case: { id }, peer, round } = step;
    runs.push({ case: id, peer: peer.id, round, outcome, commands });
    if (steps[index + 1]?.case !== step.case) hooks.onCase(step.case, runs);
  }
  return runs;
}

function rotated<Value>(values: readonly Value[], by: number): Value[] {
  const at = values.length === 0 ? 0 : by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
