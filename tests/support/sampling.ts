/**
 * What a process holds: resident memory and open descriptors. `/proc` is read through other programs, as
 * reading it directly needs all permissions.
 *
 * @module
 */

/** Resident memory of this process in bytes. */
export function residentBytes(): number {
  return Deno.memoryUsage().rss;
}

/** Open descriptors of this process. */
export async function openDescriptors(): Promise<number> {
  const count = new Deno.Command("sh", { args: ["-c", 'ls "/proc/$PPID/fd" | wc -l'] });
  return Number(new TextDecoder().decode((await count.output()).stdout));
}

/** Open descriptors of another process. */
export async function descriptorsOf(pid: number): Promise<number> {
  return (await outputOf("ls", `/proc/${pid}/fd`)).trim().split("\n").length;
}

/** The most memory that another process ever had resident, in bytes. */
export async function peakBytesOf(pid: number): Promise<number> {
  const size = /^VmHWM:\s+(\d+) kB$/m.exec(await outputOf("cat", `/proc/${pid}/status`))?.[1];
  if (size === undefined) throw new Error(`Process ${pid} tells no peak of its memory`);
  return Number(size) * 1024;
}

async function outputOf(program: string, path: string): Promise<string> {
  const { stdout, success } = await new Deno.Command(program, { args: [path] }).output();
  if (!success) throw new Error(`Cannot read ${path}`);
  return new TextDecoder().decode(stdout);
}
