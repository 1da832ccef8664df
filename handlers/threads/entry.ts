/**
 * Where a thread begins: in a file of Weir of its own, beside the code that starts the thread. A bundle has all
 * code in one file, and nothing for a thread to begin with but the program itself.
 *
 * @module
 */

/** A file, and the one from which a thread begins. */
export interface ThreadEntry {
  /** `import.meta.url` where the thread is started. */
  readonly here: string;
  /** The name of that file without its ending, by which a bundle is found out. */
  readonly name: string;
  /** The file that the thread begins with, relative to this one. */
  readonly entry: string;
  /** Imports that file. Never called: where `deno compile` sees an import, it takes the file along. */
  readonly load: () => Promise<unknown>;
}

/**
 * The URL that a thread begins with.
 *
 * @throws {TypeError} In a bundle.
 */
export function threadEntry({ here, name, entry }: ThreadEntry): URL {
  const file = new URL(here).pathname.split("/").at(-1)!;
  if (file.split(".", 1)[0] !== name) {
    throw new TypeError(
      "Cannot start threads: a bundle has no file for them to begin with; bundle the program with " +
        "--external for Weir",
    );
  }
  return new URL(entry, here);
}

/**
 * Asks for what a thread needs to read its first file. The thread itself would say without a class what it lacks.
 *
 * @throws {Deno.errors.NotCapable} If it may not.
 */
export function requireReadable(entry: URL): void {
  if (entry.protocol !== "file:") return;
  const { state } = Deno.permissions.requestSync({ name: "read", path: entry });
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires read access to "${entry.pathname}", run again with the --allow-read flag`,
  );
}
