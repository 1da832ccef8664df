/**
 * One requirement of an RFC and the cases that show it: the row of the tables beside this file.
 *
 * @module
 */

import type { Case, Outcome } from "./case.ts";
import type { WireOptions } from "./wires.ts";

/** How strongly an RFC asks for something, RFC 2119; `rule` is a grammar or a procedure without such a word. */
export type Level = "MUST" | "MUST NOT" | "SHOULD" | "MAY" | "rule";

/** A row. */
export interface Requirement {
  /** As `9112 §3.2`. */
  readonly section: string;
  readonly level: Level;
  /** What is asked for, in our own words. */
  readonly rule: string;
  readonly cases: readonly Case[];
  /** Options of the server that differ from their defaults. */
  readonly options: WireOptions;
}

/** A row, its parts in the order in which a table is read. */
export function rule(
  section: string,
  [level, text]: readonly [Level, string],
  cases: readonly Case[],
  options: WireOptions = {},
): Requirement {
  return { section, level, rule: text, cases, options };
}

/** The same outcome for each of these inputs. */
export function all(
  outcome: Outcome,
  inputs: readonly string[],
  more: Omit<Partial<Case>, "input" | "outcome"> = {},
): Case[] {
  return inputs.map((input) => ({ input, outcome, ...more }));
}
