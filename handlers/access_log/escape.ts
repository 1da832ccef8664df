/**
 * What a client sent, as text that is safe in a line: printable ASCII without the signs that end a
 * field. Without it a client could forge lines, or send control codes to a reader's terminal.
 *
 * Strings are one character a byte (RFC 9110 §5.5 leaves open what those beyond ASCII mean).
 *
 * @module
 */

/** All but the printable ASCII that is neither `"` nor `\`. */
const UNSAFE = /[^ !#-[\]-~]/g;
const UNSAFE_IN_JSON = /[\x7f-\uffff]/g;

/** Text between double quotes, as nginx escapes it: `\xXX` for `"`, `\`, controls, and bytes over 126. */
export function escapeField(text: string): string {
  return text.replace(UNSAFE, (char) => `\\x${hex(char, 2)}`);
}

/** Text as a JSON string, in ASCII alone. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).replace(UNSAFE_IN_JSON, (char) => `\\u${hex(char, 4)}`);
}

function hex(char: string, digits: number): string {
  return char.charCodeAt(0).toString(16).toUpperCase().padStart(digits, "0");
}
