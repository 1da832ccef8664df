/**
 * What the test process holds: resident memory and open descriptors.
 *
 * @module
 */

/** Resident memory of this process in bytes. */
export function residentBytes(): number {
  return Deno.memoryUsage().rss;
}

/** Open descriptors of this process. `/proc` through a shell, as reading it directly needs all permissions. */
export async function openDescriptors(): Promise<number> {
  const count = new Deno.Command("sh", { args: ["-c", 'ls "/proc/$PPID/fd" | wc -l'] });
  return Number(new TextDecoder().decode((await count.output()).stdout));
}
