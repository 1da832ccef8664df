/**
 * What a recipient made of a stream of bytes: the common language of Weir and the oracles.
 *
 * @module
 */

/** One request as a recipient saw it; all texts are one character a byte. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, in their order; several Cookie lines as one, RFC 9113 §8.2.3. */
  readonly fields: readonly string[];
  /** What was got of the body. */
  readonly body: string;
  /** Whether the body was got to its end. */
  readonly complete: boolean;
}

/** All requests of a stream, and how it ended. */
export interface Reading {
  readonly requests: readonly Seen[];
  /** Why the rest was refused: an oracle's own word, or the status of Weir's last answer. */
  readonly error: string | null;
}

/** Another server that reads the same bytes. */
export interface Oracle extends AsyncDisposable {
  readonly name: string;
  /** What it makes of each stream, which ends after its last byte. */
  read(streams: readonly string[]): Promise<Reading[]>;
}

/** Bytes as text that shows each of them. */
export function escaped(bytes: string): string {
  return '"' + bytes.replace(
    // deno-lint-ignore no-control-regex -- what does not show is what has to be written out
    /[\x00-\x1f"\\\x7f-\xff]/g,
    (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  ) + '"';
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\r": "\\r",
  "\n": "\\n",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};
