/**
 * What is wrong with what the program was told, as one line for people.
 *
 * @module
 */

/** A flag, a variable or a setting in a file that means nothing. */
export class Misuse extends Error {
  /** The exit status. */
  readonly status = 2;
}

/** Something that cannot be read, loaded or listened on. */
export class StartError extends Error {
  /** The exit status. */
  readonly status = 1;
}

/** What is printed of it: one line, whatever names are in it, and nothing that a terminal obeys. */
export function errorLine(message: string): string {
  return `weir: ${message.replace(/\p{Cc}/gu, escaped)}`;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** The first line of what an error says, without the system call that Deno names after it. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/: \w+ '[^']*'$/, "").split("\n", 1)[0] ?? "";
}
