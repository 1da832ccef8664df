/**
 * Fitting what was asked for to what the machine allows: cases that need a missing program or too
 * many descriptors are left out or made smaller, and a note says so. Pure.
 *
 * @module
 */

import type { Case } from "./cases.ts";

/** What the machine allows. */
export interface Allowance {
  /** Descriptors of one process, or `null` when the system does not tell. */
  readonly descriptors: number | null;
  readonly wrk: boolean;
  readonly quick: boolean;
}

/** The cases to run, what is special about them, and how large they are. */
export interface Selection {
  readonly cases: readonly Case[];
  readonly notes: readonly string[];
  readonly idleConnections: number;
}

/** Descriptors that a process uses for anything but connections. */
const RESERVE = 200;

/** Chooses among the cases. */
export function selectCases(wanted: readonly Case[], allowance: Allowance): Selection {
  const notes: string[] = [];
  const most = allowance.descriptors === null ? Infinity : allowance.descriptors - RESERVE;
  const cases = wanted.filter((at) => {
    const fault = obstacle(at, { wrk: allowance.wrk, most });
    if (fault !== null) notes.push(`${at.title} left out: ${fault}`);
    return fault === null;
  });
  const idle = cases.find(({ load }) => load.kind === "idle");
  const idleConnections = idle === undefined ? 0 : idleSize(idle, { most, ...allowance });
  if (idle !== undefined) {
    notes.push(`${idle.title}: ${idleConnections.toLocaleString("en-US")} to each server`);
  }
  return { cases, notes, idleConnections };
}

function obstacle(at: Case, machine: { wrk: boolean; most: number }): string | null {
  if (at.load.kind === "wrk" && !machine.wrk) return "wrk is not installed";
  const needed = at.load.kind === "idle" ? 1 : at.connections ?? 1;
  return needed > machine.most ? "too few descriptors (see `ulimit -n`)" : null;
}

function idleSize(at: Case, options: { most: number; quick: boolean }): number {
  if (at.load.kind !== "idle") return 0;
  const wanted = options.quick ? at.load.quickConnections : at.load.connections;
  return Math.min(wanted, options.most);
}
