/**
 * What is still to be said when the server has ended, and how long the program waits for it.
 *
 * @module
 */

import { reportsWritten } from "../handlers/report.ts";
import type { AccessLog } from "../mod.ts";
import type { Output } from "./output.ts";

/** How long the last lines may take, in milliseconds. */
const LAST_LINES_MS = 500;

/** Resolves when all that the program has to say has been taken; who does not read does not keep it from ending. */
export async function lastLines(
  output: Output,
  tracing: Promise<void> | null = null,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LAST_LINES_MS);
  await Promise.race([taken(output, tracing), promise]);
  clearTimeout(timer);
}

async function taken(output: Output, tracing: Promise<void> | null): Promise<void> {
  await tracing;
  await Promise.all([output.flushed(), reportsWritten()]);
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
