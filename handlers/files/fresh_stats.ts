/**
 * Asks the file system about paths: for each request anew, but once for all requests that wait for the
 * same path. Who comes while an answer is under way does not get that one, which may be older than the
 * request, but shares the next. So a change is never overlooked, and under load hundreds of requests
 * for one file cost one system call.
 *
 * @module
 */

/** Nothing is there, or this process may not look at it. */
export type Missing = "absent" | "forbidden";

interface Running {
  readonly current: Promise<Deno.FileInfo | Missing>;
  next: Promise<Deno.FileInfo | Missing> | null;
}

/** Questions to the file system, shared; holds nothing when none is under way. */
export class FreshStats {
  readonly #running = new Map<string, Running>();

  /**
   * What is at the end of `path`, symbolic links followed, at some moment after the call.
   *
   * Rejects when the program was not given the permission to read, or the system failed.
   */
  look(path: string): Promise<Deno.FileInfo | Missing> {
    const running = this.#running.get(path);
    if (running === undefined) return this.#begin(path);
    return running.next ??= this.#after(running.current, path);
  }

  #begin(path: string): Promise<Deno.FileInfo | Missing> {
    const running: Running = { current: orMissing(Deno.stat(path)), next: null };
    this.#running.set(path, running);
    this.#forget(path, running);
    return running.current;
  }

  async #after(current: Promise<unknown>, path: string): Promise<Deno.FileInfo | Missing> {
    await current.catch(() => {});
    return await this.#begin(path);
  }

  async #forget(path: string, running: Running): Promise<void> {
    await running.current.catch(() => {});
    if (running.next === null) this.#running.delete(path);
  }
}

/** What the system says of names that cannot be there. */
const ABSENT = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EINVAL"];
const FORBIDDEN = ["EACCES", "EPERM"];

/** The result, or what a failure says of the path; other failures stay failures. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | Missing> {
  try {
    return await asked;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (ABSENT.includes(String(code))) return "absent";
    if (FORBIDDEN.includes(String(code))) return "forbidden";
    throw error;
  }
}
