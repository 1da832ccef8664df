/**
 * What came of a scene, and whether it is what was promised. Pure.
 *
 * @module
 */

import { ended, type Tally } from "./clients.ts";

/** A scene that is over. */
export interface Outcome {
  readonly name: string;
  readonly exchanges: number;
  readonly tally: Omit<Tally, "reasons">;
  /** What failures looked like, and how often. */
  readonly reasons: readonly (readonly [reason: string, count: number])[];
}

/** The outcome of a scene with this tally. */
export function outcomeOf(
  scene: Pick<Outcome, "name" | "exchanges">,
  { reasons, ...tally }: Tally,
): Outcome {
  return { ...scene, tally, reasons: [...reasons] };
}

/** Whether nothing was lost but what HTTP/1.1 cannot avoid. */
export function isWithout({ tally: { failedNew, cut } }: Outcome): boolean {
  return failedNew + cut === 0;
}

/** One line, and one more for each kind of failure. */
export function formatOutcome({ name, exchanges, tally, reasons }: Outcome): string {
  const { failedNew, cut, idleCloses } = tally;
  const requests = ended({ ...tally, reasons: new Map() });
  return [
    `${name}: ${requests} requests, ${exchanges} exchanges: ${failedNew} failed on new connections, ` +
    `${cut} cut in their answers, ${idleCloses} met the close of an idle connection`,
    ...reasons.map(([reason, count]) => `  ${count} × ${reason}`),
  ].join("\n");
}
