/**
 * What the kernel says of a process tree: processor time and resident memory, from Linux's `/proc`. Read
 * with `cat`, because Deno itself opens `/proc` only with all permissions. Elsewhere everything is `null`.
 *
 * @module
 */

import { MissingProgram, runToEnd } from "./children.ts";

/** The use that a process tree has made of the machine so far. */
export interface Usage {
  /** User and system time, in milliseconds; the kernel counts in steps of 10 ms. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** The most that was ever resident, summed over the processes. */
  readonly peakBytes: number;
}

/** `/proc` reports times in hundredths of a second to every program, whatever the kernel's own tick. */
const MS_PER_TICK = 10;

/** Reads the use of the processes, or `null` where there is no `/proc` or one of them is gone. */
export async function readUsage(pids: readonly number[]): Promise<Usage | null> {
  const files = pids.flatMap((pid) => [`/proc/${pid}/stat`, `/proc/${pid}/status`]);
  const text = await readProc(files);
  return text === null ? null : parseUsage(text, pids.length);
}

/** Sums up the concatenated `stat` and `status` files of `count` processes. */
export function parseUsage(text: string, count: number): Usage | null {
  const times = [...text.matchAll(/^\d+ \(.*\) \S (.*)$/gm)].map(([, rest = ""]) => ticksOf(rest));
  const resident = sizes(text, "VmRSS");
  const peaks = sizes(text, "VmHWM");
  if (times.length !== count || resident.length !== count || peaks.length !== count) return null;
  return {
    cpuMs: sum(times) * MS_PER_TICK,
    residentBytes: sum(resident),
    peakBytes: sum(peaks),
  };
}

/** The process and its descendants, the process first. */
export async function processTree(pid: number): Promise<number[]> {
  const text = await readProc([`/proc/${pid}/task/${pid}/children`]);
  const children = (text ?? "").split(" ").map(Number).filter((child) => child > 0);
  const below = await Promise.all(children.map(processTree));
  return [pid, ...below.flat()];
}

/** The text of files below `/proc`, one after the other, or `null` when one cannot be read. */
export async function readProc(files: readonly string[]): Promise<string | null> {
  try {
    const { code, stdout } = await runToEnd(["cat", ...files], { limitMs: 2_000 });
    return code === 0 ? stdout : null;
  } catch (error) {
    if (error instanceof MissingProgram) return null;
    throw error;
  }
}

/** User and system time from the part of a `stat` line after the state: its fields 14 and 15. */
function ticksOf(rest: string): number {
  const fields = rest.split(" ");
  return Number(fields[10]) + Number(fields[11]);
}

function sizes(text: string, name: string): number[] {
  return [...text.matchAll(new RegExp(`^${name}:\\s+(\\d+) kB$`, "gm"))]
    .map(([, size]) => Number(size) * 1024);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
