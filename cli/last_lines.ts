/**
 * What is still to be said when the server has ended, and how long the program waits for it.
 *
 * @module
 */

import type { AccessLog } from "../mod.ts";

/** How long the last lines may take, in milliseconds. */
const LAST_LINES_MS = 500;

/** Who does not read does not keep the program from ending. */
export async function inTime(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LAST_LINES_MS);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

/** Writes what is left of the access log, and says what was lost of it. */
export async function closeLog(
  log: AccessLog | null,
  say: (line: string) => void,
): Promise<void> {
  if (log === null) return;
  await log.close();
  // Not to stderr, which may be what took no more.
  if (log.lost > 0) say(`Weir lost ${log.lost} lines of the access log`);
}
