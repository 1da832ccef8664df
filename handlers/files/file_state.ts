/**
 * What tells whether a file is still the one that it was: what the file system says of it, and what that
 * makes of its validators (RFC 9110 §8.8). Pure.
 *
 * The entity tag is strong and made of size and modification time to the millisecond, as nginx's is to the
 * second: a strong one is what a client needs to resume a download. Inode and change time are left out of
 * it, because they differ between machines that serve the same files. For as long as a file's last change is
 * so recent that the file system's clock might not tell it from a further one, the tag is weak; both compare
 * as equal where a weak comparison is allowed. The standard library's `eTag` is always weak for files.
 *
 * @module
 */

import type { FileCoding } from "./options.ts";

/** One version of one file. */
export interface FileState {
  readonly device: number;
  /** `null` where the platform has none. */
  readonly inode: number | null;
  readonly size: number;
  /** Modification and status change in milliseconds since 1970; `null` where unknown. */
  readonly modified: number | null;
  readonly changed: number | null;
}

/** The coarsest clock of a file system in use, FAT's, ticks every two seconds. */
const COARSEST_TICK_MS = 2_000;

/** The version that the file system describes. */
export function stateOf(info: Deno.FileInfo): FileState {
  return {
    device: info.dev,
    inode: info.ino,
    size: info.size,
    modified: info.mtime?.getTime() ?? null,
    changed: info.ctime?.getTime() ?? null,
  };
}

/** Whether both are of one file, whatever it holds by now. */
export function isSameFile(a: FileState, b: FileState): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** Whether nothing is known to have changed. */
export function isSameState(a: FileState, b: FileState): boolean {
  return isSameFile(a, b) && a.size === b.size && a.modified === b.modified &&
    a.changed === b.changed;
}

/** Whether a further change would show, in the times that the file system keeps. */
export function isSettled({ modified, changed }: FileState, now: number): boolean {
  if (modified === null) return false;
  return now - Math.max(modified, changed ?? 0) >= COARSEST_TICK_MS;
}

/** The entity tag of a file, or of its coded form; `null` when its times are unknown. */
export function entityTag(
  { size, modified }: FileState,
  { coding, now }: { readonly coding: FileCoding | null; readonly now: number },
): string | null {
  if (modified === null) return null;
  const suffix = coding === null ? "" : `-${coding}`;
  const tag = `"${size.toString(16)}-${Math.floor(modified).toString(16)}${suffix}"`;
  return now - modified >= COARSEST_TICK_MS ? tag : `W/${tag}`;
}

/** Last-Modified in milliseconds: a whole second, and none in the future (§8.8.2.1). */
export function lastModified({ modified }: FileState, now: number): number | null {
  if (modified === null) return null;
  const ms = Math.min(modified, now);
  return ms - ms % 1_000;
}
