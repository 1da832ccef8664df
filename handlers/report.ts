/**
 * The library's one way to stderr. Printing an error runs code of the error (getters, custom inspection),
 * which must not end the server.
 *
 * @module
 */

/** Prints what happened and the error behind it; never throws. */
export function report(what: string, error: unknown): void {
  try {
    console.error(what, error);
  } catch {
    console.error(what, "an error that cannot be printed");
  }
}
