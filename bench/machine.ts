/**
 * What the bench runs on: processor, system, versions of programs.
 *
 * @module
 */

import { MissingProgram, runToEnd } from "./children.ts";
import type { Pinning } from "./cores.ts";
import type { Machine } from "./model.ts";
import { readProc } from "./proc.ts";

/** Describes the machine, as far as the system tells. */
export async function describeMachine(pinning: Pinning | null): Promise<Machine> {
  const kernel = await readProc(["/proc/sys/kernel/osrelease"]);
  const cpu = await readProc(["/proc/cpuinfo"]);
  const memory = await readProc(["/proc/meminfo"]);
  const total = /^MemTotal:\s+(\d+) kB$/m.exec(memory ?? "")?.[1];
  return {
    os: `${Deno.build.os} ${Deno.build.arch}${kernel === null ? "" : `, kernel ${kernel.trim()}`}`,
    cpu: /^model name\s*:\s*(.+)$/m.exec(cpu ?? "")?.[1] ?? "unknown processor",
    cores: navigator.hardwareConcurrency,
    memoryBytes: total === undefined ? null : Number(total) * 1024,
    pinning,
  };
}

/** The first line that a program prints of its version, or `null` when it is not installed. */
export async function versionOf(command: readonly string[]): Promise<string | null> {
  try {
    const { stdout, complaint } = await runToEnd(command, { limitMs: 10_000 });
    return `${stdout}\n${complaint}`.trim().split("\n")[0] ?? "";
  } catch (error) {
    if (error instanceof MissingProgram) return null;
    throw error;
  }
}

/** How many descriptors a process may open: a child of the bench inherits the bench's own limit. */
export async function descriptorLimit(): Promise<number | null> {
  const limits = await readProc(["/proc/self/limits"]);
  const soft = /^Max open files\s+(\d+)/m.exec(limits ?? "")?.[1];
  return soft === undefined ? null : Number(soft);
}

/** Whether children run as root, which nginx has to be told. */
export async function isRoot(): Promise<boolean> {
  const status = await readProc(["/proc/self/status"]);
  return /^Uid:\s+0\s/m.test(status ?? "");
}
