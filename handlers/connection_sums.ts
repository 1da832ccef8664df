/**
 * What all open connections come to together, for the status page and the metrics. Pure.
 *
 * @module
 */

import type { ConnectionInfo } from "../reactor/observer.ts";
import type { State } from "../reactor/states.ts";

/** What all connections together come to. */
export interface Sums {
  readonly states: Partial<Record<State, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Adds all connections up. */
export function sumUp(connections: Iterable<ConnectionInfo>): Sums {
  const states: Partial<Record<State, number>> = {};
  let [bytesIn, bytesOut] = [0, 0];
  for (const connection of connections) {
    const { state } = connection;
    states[state] = (states[state] ?? 0) + 1;
    bytesIn += connection.bytesIn;
    bytesOut += connection.bytesOut;
  }
  return { states, bytesIn, bytesOut };
}
