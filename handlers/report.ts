/**
 * The library's one way to stderr. Printing an error runs code of the error (getters, custom inspection),
 * and stderr itself may be full; neither must end the server.
 *
 * @module
 */

/** Prints what happened and the error behind it; never throws. */
export function report(what: string, error: unknown): void {
  try {
    console.error(what, error);
  } catch {
    print(`${what} an error that cannot be printed`);
  }
}

/** The same as one line: what happened, and the error's message. */
export function reportLine(what: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  print(`${what}: ${reason.split("\n", 1)[0] ?? ""}`);
}

function print(line: string): void {
  try {
    console.error(line);
  } catch {
    // Nobody can be told.
  }
}
