/**
 * What is remembered of files: that a version may be served, what its answers say, and the bytes of small
 * ones. Whether a version is still the present one is for the caller to ask. Bounded in entries and in
 * bytes; what was not used for longest goes first.
 *
 * @module
 */

import type { FileState } from "./file_state.ts";
import type { Representation } from "./representation.ts";

/** An entry without bytes takes some hundred bytes. */
const MOST_ENTRIES = 10_000;

/** What is remembered of one file. */
export interface Remembered {
  /** A version that was found to lie within the root. */
  readonly state: FileState;
  /** How it is answered; `null` for what has to be read again each time. */
  readonly file: Representation | null;
}

/** Files by path. */
export class FileStore {
  readonly #mostBytes: number;
  /** Oldest use first. */
  readonly #entries = new Map<string, Remembered>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What is remembered under a path. */
  get(path: string): Remembered | undefined {
    const found = this.#entries.get(path);
    if (found !== undefined) {
      this.#entries.delete(path);
      this.#entries.set(path, found);
    }
    return found;
  }

  /** Remembers a version in the place of the one before. */
  set(path: string, version: Remembered): void {
    this.delete(path);
    this.#entries.set(path, version);
    this.#bytes += bytesOf(version);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#mostBytes && this.#entries.size <= MOST_ENTRIES) break;
      this.delete(oldest);
    }
  }

  /** Forgets what is remembered under a path. */
  delete(path: string): void {
    const found = this.#entries.get(path);
    if (found === undefined) return;
    this.#entries.delete(path);
    this.#bytes -= bytesOf(found);
  }
}

function bytesOf({ file }: Remembered): number {
  return file?.bytes?.length ?? 0;
}
