/**
 * Where lines go: stderr, or a file that can be opened again. Both are written through Deno's own
 * calls, which hand each write to another thread. `node:fs`, and with it every logger on npm,
 * writes on the thread that asks (Deno 2.9.6: seen with strace; a reader of a pipe that pauses
 * stops the whole server).
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** Something to write to. */
export interface Destination {
  /** Its name in messages. */
  readonly name: string;
  /** Resolves with how many of them were taken. */
  write(bytes: Bytes): Promise<number>;
  /** The same place opened again, e.g. after a file was renamed; `null` if that makes no sense. */
  reopened(): Destination | null;
  close(): void;
}

/** Standard error. */
export const STDERR: Destination = {
  name: "stderr",
  write: (bytes) => Deno.stderr.write(bytes),
  reopened: () => null,
  close: () => {},
};

/**
 * Opens the file at `path` to write at its end; creates it if missing.
 *
 * @throws {Deno.errors.NotFound | Deno.errors.PermissionDenied | Error} If it cannot be opened.
 */
export function openFile(path: string): Destination {
  const file = Deno.openSync(path, { append: true, create: true });
  return {
    name: `'${path}'`,
    write: (bytes) => file.write(bytes),
    reopened: () => openFile(path),
    close: () => file.close(),
  };
}
