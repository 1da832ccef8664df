/**
 * The folder that is served, and the only place where files are opened: nothing outside of it is.
 *
 * The runtime has no `openat`, so a path may lead elsewhere each time that it is walked: somebody who may
 * write below the root can swap a file, or a folder above it, for a symbolic link between a check and the
 * opening. Therefore a file is opened first, and then it is asked, of the path and the open file, again
 * and again and in a random order: does the path lead within the root? does it lead to the file that is
 * open? Of a path that led out when the file was opened, only one of the two is true at any moment.
 * Whoever swaps cannot know which question comes next, so that each has a chance of one in two to find
 * out, and 32 of them leave one in 4 billion. A file that has passed is known by its device, inode, size
 * and times, and is not asked about again until one of them changes.
 *
 * A FIFO would block a thread when opened, and a device may do anything: what is at the path has to be
 * a regular file before it is opened, and after.
 *
 * @module
 */

import { fromFileUrl } from "@std/path/from-file-url";
import { FreshStats, type Missing, orMissing } from "./fresh_stats.ts";
import { type FileState, isSameFile, isSameState, stateOf } from "./file_state.ts";

/** A file that is open and may be served. Whoever gets it closes it. */
export interface OpenFile {
  readonly file: Deno.FsFile;
  readonly state: FileState;
}

/** How many questions are asked at a time, and how many times: 32 in all. */
const QUESTIONS_AT_ONCE = 8;
const ROUNDS = 4;

const SEPARATOR = Deno.build.os === "windows" ? "\\" : "/";

/** A folder of the file system. */
export class RootFolder {
  readonly #path: string;
  readonly #followsAll: boolean;
  readonly #stats = new FreshStats();

  constructor(root: string | URL, symlinks: "within" | "anywhere") {
    const path = root instanceof URL ? fromFileUrl(root) : root;
    const bare = path.replace(/[/\\]+$/, "");
    // Of `/` and `C:/` the slash is part of the name.
    this.#path = bare === "" || /^[a-z]:$/i.test(bare) ? `${bare}/` : bare;
    this.#followsAll = symlinks === "anywhere";
  }

  /** The path of what these names lead to. */
  pathOf(names: readonly string[]): string {
    if (names.length === 0) return this.#path;
    const folder = this.#path.endsWith("/") ? this.#path : `${this.#path}/`;
    return folder + names.join("/");
  }

  /** What is at a path right now. Says nothing about where that is. */
  look(path: string): Promise<Deno.FileInfo | Missing> {
    return this.#stats.look(path);
  }

  /** Whether a path leads to a place within the root, as far as one look can tell. */
  async holds(path: string): Promise<boolean> {
    if (this.#followsAll) return true;
    const root = await realPath(this.#path);
    return root !== null && await leadsWithin(path, root);
  }

  /**
   * Opens what a look at the path has just shown to be a regular file.
   *
   * @param known A state in which this path's file has been served before.
   */
  async open(path: string, known: FileState | null): Promise<OpenFile | Missing> {
    const file = await orMissing(Deno.open(path));
    if (typeof file === "string") return file;
    try {
      const info = await file.stat();
      const state = stateOf(info);
      const mayServe = info.isFile &&
        (known !== null && isSameState(known, state) || await this.#isWithin(path, state));
      if (mayServe) return { file, state };
    } catch (error) {
      file.close();
      // The runtime goes by where the open file is: out of reach is also what a link leads out to.
      const out = error instanceof Deno.errors.NotCapable && !await this.holds(path);
      if (out) return "absent";
      throw error;
    }
    file.close();
    return "absent";
  }

  async #isWithin(path: string, open: FileState): Promise<boolean> {
    if (this.#followsAll) return true;
    const root = await realPath(this.#path);
    if (root === null) return false;
    for (let round = 0; round < ROUNDS; round++) {
      const asked = randomBits(QUESTIONS_AT_ONCE).map((where) =>
        where ? leadsWithin(path, root) : leadsTo(path, open)
      );
      const answers = await Promise.all(asked);
      if (answers.includes(false)) return false;
    }
    return true;
  }
}

async function leadsWithin(path: string, root: string): Promise<boolean> {
  const real = await realPath(path);
  if (real === null || real === root) return real !== null;
  return real.startsWith(root.endsWith(SEPARATOR) ? root : root + SEPARATOR);
}

/** Where a path leads, without any link; `null` when nowhere. */
async function realPath(path: string): Promise<string | null> {
  const asked = Deno.realPath(path).then((real) => ({ real }));
  const found = await orMissing(asked);
  return typeof found === "string" ? null : found.real;
}

async function leadsTo(path: string, open: FileState): Promise<boolean> {
  const info = await orMissing(Deno.stat(path));
  return typeof info !== "string" && isSameFile(stateOf(info), open);
}

/** Not to be foreseen by anybody. */
function randomBits(count: number): boolean[] {
  return [...crypto.getRandomValues(new Uint8Array(count))].map((byte) => byte % 2 === 0);
}
