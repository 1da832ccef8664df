/**
 * A copy of the project in a temporary folder, in which one file at a time is changed.
 *
 * @module
 */

import { ROOT } from "../house/sources.ts";

/** What tests read, beside the code. */
const NEEDED = /\.(?:ts|mjs|json|lock|tsx|js|css|html|svg|pem|txt)$/;
const SKIPPED = /^(?:\.|node_modules$|results$)/;

/** See the head of this file. */
export class Tree implements AsyncDisposable {
  /** Its folder, with a slash at its end. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Copies the working tree as it is at this moment. */
  static async copy(): Promise<Tree> {
    const root = `${await Deno.makeTempDir({ prefix: "weir-mutation-" })}/`;
    await copyFolder(ROOT, root);
    return new Tree(root);
  }

  /** Runs `during` while the file holds `text`. */
  async with<T>(file: string, text: string, during: () => Promise<T>): Promise<T> {
    const path = this.root + file;
    const original = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text);
    try {
      return await during();
    } finally {
      await Deno.writeTextFile(path, original);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (SKIPPED.test(name)) continue;
    if (isDirectory) {
      await Deno.mkdir(to + name);
      await copyFolder(`${from}${name}/`, `${to}${name}/`);
    } else if (NEEDED.test(name)) await Deno.copyFile(from + name, to + name);
  }
}
