/**
 * The field lines of a request's head, looked up in the head's text. Nothing is decoded or copied
 * until it is asked for; no `Headers` object lives here.
 *
 * A handler reads one or two fields of eight: finding the lines once and comparing names at their beginnings
 * is the cheapest of five ways that were tried (docs/performance.md, "Primitives").
 *
 * The parser has already refused everything but `token ":" OWS value OWS CRLF` (RFC 9112 §5).
 *
 * @module
 */

const CR_LF_LENGTH = 2;
const TAB = 0x09;
const SPACE = 0x20;
const COLON = 0x3a;
const CASE_BIT = 0x20;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;

/** Names whose values are kept; a program asks for few, unless it asks for what a client sent. */
const MOST_NAMES = 32;

const OWN = { shared: false };

/** A method token or field name, RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether `name` may be a field name at all. */
export function isToken(name: string): boolean {
  return TOKEN.test(name);
}

/** The field lines between two offsets of a head's text. */
export class FieldSection {
  readonly #head: string;
  readonly #start: number;
  readonly #end: number;
  /** Where each line begins, then where the section ends; found at the first look-up. */
  #lines: readonly number[] | null = null;
  /** Values that were looked up before, of a section that many requests have. */
  readonly #values: Map<string, string | null> | null;

  /**
   * `start` is the first line's offset, `head` ends with the empty line. `shared`: many requests have it, so
   * that what one looks up is worth keeping for the next.
   */
  constructor(head: string, start: number, { shared }: { readonly shared: boolean } = OWN) {
    this.#head = head;
    this.#start = start;
    this.#end = head.length - CR_LF_LENGTH;
    this.#values = shared ? new Map() : null;
  }

  /** The value of a field, several lines of it joined, or `null`. The name's case does not matter. */
  get(name: string): string | null {
    const values = this.#values;
    if (values === null) return this.#find(name);
    const known = values.get(name);
    if (known !== undefined) return known;
    const value = this.#find(name);
    if (values.size < MOST_NAMES) values.set(name, value);
    return value;
  }

  #find(name: string): string | null {
    const head = this.#head;
    const lines = this.#lines ??= findLines(head, this.#start, this.#end);
    let found: string | null = null;
    for (let i = 0; i + 1 < lines.length; i++) {
      const at = lines[i]!;
      if (head.charCodeAt(at + name.length) !== COLON || !sameName(head, at, name)) continue;
      const value = trimmed(head, at + name.length + 1, lines[i + 1]! - CR_LF_LENGTH);
      found = found === null ? value : found + separator(name) + value;
    }
    return found;
  }

  /** All of it, as sent, its empty line included. */
  get text(): string {
    return this.#head.slice(this.#start);
  }

  /** Calls with each line's name, as sent, and value, in order; cookie lines become one. */
  forEach(call: (name: string, value: string) => void): void {
    const head = this.#head;
    const lines = this.#lines ??= findLines(head, this.#start, this.#end);
    let cookieSeen = false;
    for (let i = 0; i + 1 < lines.length; i++) {
      const at = lines[i]!;
      const colon = head.indexOf(":", at);
      const name = head.slice(at, colon);
      if (!isCookie(name)) {
        call(name, trimmed(head, colon + 1, lines[i + 1]! - CR_LF_LENGTH));
      } else if (!cookieSeen) {
        cookieSeen = true;
        call(name, this.get(name)!);
      }
    }
  }

  /** Appends all fields to `headers`, which it returns. */
  copyInto<Fields extends { append(name: string, value: string): void }>(headers: Fields): Fields {
    this.forEach((name, value) => headers.append(name, value));
    return headers;
  }
}

function findLines(head: string, start: number, end: number): readonly number[] {
  const lines: number[] = [];
  let at = start;
  while (at < end) {
    lines.push(at);
    at = head.indexOf("\r", at) + CR_LF_LENGTH;
  }
  lines.push(at);
  return lines;
}

/** Whether the text at `at` is `name`, ASCII case aside. A colon in `name` never matches: it ends the line's name. */
function sameName(head: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const there = head.charCodeAt(at + i);
    if (there === COLON) return false;
    if (there !== name.charCodeAt(i) && !sameLetter(there, name.charCodeAt(i))) return false;
  }
  return true;
}

function sameLetter(a: number, b: number): boolean {
  const lower = a | CASE_BIT;
  return lower === (b | CASE_BIT) && lower >= LOWER_A && lower <= LOWER_Z;
}

/** RFC 6265bis §5.8: pairs of several cookie lines belong to one list, whose separator is not the comma. */
function separator(name: string): string {
  return isCookie(name) ? "; " : ", ";
}

function isCookie(name: string): boolean {
  return name.length === 6 && name.toLowerCase() === "cookie";
}

/** Without optional white space, which is space and tab only: `String.trim` would also take 0xA0. */
function trimmed(head: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(head.charCodeAt(start))) start++;
  while (end > start && isBlank(head.charCodeAt(end - 1))) end--;
  return head.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
