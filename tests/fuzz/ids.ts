/**
 * Which answer belongs to which request, read from what a client got: handlers mark heads with `x-id`,
 * and bodies with the same number between two `#`.
 *
 * @module
 */

/** The numbers that `pattern` captures, in the order in which they stand. */
export function idsIn(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map((match) => Number(match[1] ?? match[2]));
}

/** Throws where a number is smaller than the one before, or, with `strictly`, not larger. */
export function assertRising(
  ids: readonly number[],
  { strictly }: { strictly: boolean },
  what: string,
): void {
  for (let i = 1; i < ids.length; i++) {
    const [one, next] = [ids[i - 1]!, ids[i]!];
    const rises = strictly ? next > one : next >= one;
    if (!rises) throw new Error(`${what} out of order: ${one} before ${next}`);
  }
}
