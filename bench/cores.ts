/**
 * Which processor serves and which loads: sharing one would let the load generator's work delay the
 * server's. Uses `taskset`; without it, or with a single processor, nothing is pinned.
 *
 * @module
 */

import { MissingProgram, runToEnd } from "./children.ts";

/** Lists of processors as `taskset -c` takes them. */
export interface Pinning {
  readonly server: string;
  readonly load: string;
}

/** Finds out on which processors the bench itself may run, and shares them out. */
export async function findPinning(): Promise<Pinning | null> {
  try {
    const { stdout } = await runToEnd(["taskset", "-pc", String(Deno.pid)], { limitMs: 2_000 });
    return sharePinning(stdout);
  } catch (error) {
    if (error instanceof MissingProgram) return null;
    throw error;
  }
}

/** Reads the answer of `taskset -pc`: the server gets the last processor, the load all others. */
export function sharePinning(answer: string): Pinning | null {
  const list = /list:\s*([\d,-]+)/.exec(answer)?.[1] ?? "";
  const cores = list.split(",").flatMap(expand);
  const server = cores.pop();
  return server === undefined || cores.length === 0
    ? null
    : { server: String(server), load: cores.join(",") };
}

/** Puts a command on some processors, if any are named. */
export function pinned(command: readonly string[], cores: string | null): readonly string[] {
  return cores === null ? command : ["taskset", "-c", cores, ...command];
}

function expand(range: string): number[] {
  const [first, last = first] = range.split("-").map(Number);
  if (first === undefined || last === undefined || !(first <= last) || range === "") return [];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
