/**
 * Mutants that no test can notice, each with its reason: they change how the work is done, and nothing
 * that anybody could see.
 *
 * @module
 */

import type { Mutant } from "./mutants.ts";

/** A mutant by the line it is in, which moves with the file; all that match where a part is missing. */
export interface Equivalence {
  readonly file: string;
  readonly code: string;
  readonly change?: string;
  readonly nth?: number;
  readonly reason: string;
}

/** Why a mutant changes nothing; `undefined` for one that tests have to notice. */
export function equivalenceOf({ file, code, change, nth }: Mutant): Equivalence | undefined {
  return EQUIVALENT.find((each) =>
    each.file === file && each.code === code && (each.change ?? change) === change &&
    (each.nth ?? nth) === nth
  );
}

const OUT_OF_RANGE = "a write beyond the end of a typed array, or at NaN, does nothing";
const ONE_MORE = "any number that no other constant has does as well";
const SET_BEFORE_READ = "it is set before anybody reads it";
const CACHE = "what is kept is only found faster: a table of it that is smaller or larger, or none";
const LAST_LINE = "after the last line there is no further colon, so nothing is found there";
const AFTER_ADDRESS = "after an address comes a bracket or another delimiter";
const OTHER_PLACE = "each target has another place, where it is found as well";
const NO_SUCH_NAME = "no name of that length, or with that initial, is in the table";

export const EQUIVALENT: readonly Equivalence[] = [
  {
    file: "reactor/h1/chars.ts",
    code: "const table = new Uint8Array(256);",
    reason: "no byte is 256",
  },
  {
    file: "reactor/h1/chars.ts",
    code: "for (let i = 0; i < chars.length; i++) table[chars.charCodeAt(i)]! |= bit;",
    change: "< to <=",
    reason: OUT_OF_RANGE,
  },
  {
    file: "reactor/h1/chars.ts",
    code: "for (let c = 0x80; c <= 0xff; c++) table[c]! |= FIELD;",
    change: "0xff to 0x100",
    reason: OUT_OF_RANGE,
  },
  { file: "reactor/h1/chunked.ts", code: "DONE: 2,", reason: ONE_MORE },
  { file: "reactor/h1/chunked.ts", code: "const DONE = 20;", reason: ONE_MORE },
  { file: "reactor/h1/chunked.ts", code: "dataStart = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/chunked.ts", code: "dataEnd = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/chunked.ts", code: "position = 0;", reason: SET_BEFORE_READ },
  {
    file: "reactor/h1/chunked.ts",
    code: "if (this.#excess < 0) this.#excess = 0;",
    change: "< to <=",
    reason: "0 becomes 0",
  },
  {
    file: "reactor/h1/chunked.ts",
    code: "if (this.#excess < 0) this.#excess = 0;",
    change: "0 to 1",
    nth: 0,
    reason: "a whole number below 1 is one up to 0, and 0 becomes 0",
  },
  { file: "reactor/h1/field_section.ts", code: "const MOST_NAMES = 32;", reason: CACHE },
  { file: "reactor/h1/field_section.ts", code: "const OWN = { shared: false };", reason: CACHE },
  {
    file: "reactor/h1/field_section.ts",
    code: "if (known !== undefined) return known;",
    change: "the `if` never applies",
    reason: CACHE,
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "if (values.size < MOST_NAMES) values.set(name, value);",
    change: "the `if` never applies",
    reason: CACHE,
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "if (values.size < MOST_NAMES) values.set(name, value);",
    change: "< to <=",
    reason: CACHE,
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "const lines = this.#lines ??= findLines(head, this.#start, this.#end);",
    change: "??= to =",
    reason: CACHE,
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "for (let i = 0; i + 1 < lines.length; i++) {",
    change: "+ to -",
    nth: 0,
    reason: LAST_LINE,
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "for (let i = 0; i + 1 < lines.length; i++) {",
    change: "< to <=",
    nth: 0,
    reason: LAST_LINE,
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "while (start < end && isBlank(head.charCodeAt(start))) start++;",
    change: "< to <=",
    reason: "at its end a CR stands, which is not blank",
  },
  {
    file: "reactor/h1/field_section.ts",
    code: "while (end > start && isBlank(head.charCodeAt(end - 1))) end--;",
    change: "> to >=",
    reason: "a slice that ends before its start is empty, as one that ends at it",
  },
  { file: "reactor/h1/fields.ts", code: "export const FIELD_UPGRADE = 6;", reason: ONE_MORE },
  { file: "reactor/h1/fields.ts", code: "const LONGEST_NAME = 17;", reason: NO_SUCH_NAME },
  {
    file: "reactor/h1/fields.ts",
    code: "const INITIALS = Uint8Array.from(NAMES, (known) => known?.name[0] ?? 0);",
    change: "0 to 1",
    nth: 1,
    reason: NO_SUCH_NAME,
  },
  { file: "reactor/h1/fields.ts", code: "length: LONGEST_NAME + 1,", reason: NO_SUCH_NAME },
  {
    file: "reactor/h1/fields.ts",
    code: "while (from < to) {",
    change: "< to <=",
    reason: "an empty element at the end means nothing",
  },
  {
    file: "reactor/h1/known_fields.ts",
    code: "return this.#section ??= new FieldSection(textOf(this.#words), 0, { shared: true });",
    change: "??= to =",
    reason: CACHE,
  },
  {
    file: "reactor/h1/known_fields.ts",
    code: "return this.#section ??= new FieldSection(textOf(this.#words), 0, { shared: true });",
    change: "true to false",
    reason: CACHE,
  },
  {
    file: "reactor/h1/known_fields.ts",
    code: 'return this.#host ??= this.section.get("host")!;',
    change: "??= to =",
    reason: CACHE,
  },
  { file: "reactor/h1/parsed_head.ts", code: "minorVersion: 0 | 1 = 1;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "targetStart = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "targetEnd = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "fieldsStart = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "length = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "contentLength = 0;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "keepAlive = true;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "expectContinue = false;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "upgrade = false;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "hostStart = -1;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/parsed_head.ts", code: "hostEnd = -1;", reason: SET_BEFORE_READ },
  { file: "reactor/h1/authority.ts", code: "const MALFORMED = -1;", reason: ONE_MORE },
  {
    file: "reactor/h1/path.ts",
    code: "if (!CROOKED.test(path)) return path;",
    change: "the `if` never applies",
    reason: "a short cut: the long way gives the same path",
  },
  {
    file: "reactor/h1/pipeline.ts",
    code: "for (let at = arrived.indexOf(LF, 3); at !== -1; at = arrived.indexOf(LF, at + 1)) {",
    change: "1 to 2",
    nth: 1,
    reason: "an LF right after an LF ends no head",
  },
  {
    file: "reactor/h1/read_head.ts",
    code: "return this.#hostStart < 0 ? null : this.#text.slice(this.#hostStart, this.#hostEnd);",
    change: "< to <=",
    reason: "a request line comes before the fields, so no field begins at 0",
  },
  {
    file: "reactor/h1/read_head.ts",
    code: "return this.#hostStart < 0 ? null : this.#text.slice(this.#hostStart, this.#hostEnd);",
    change: "0 to 1",
    reason: "a request line comes before the fields, so no field begins at 0",
  },
  {
    file: "reactor/h1/read_head.ts",
    code:
      "return this.#fields ??= this.#known?.section ?? new FieldSection(this.#text, this.#fieldsStart);",
    change: "??= to =",
    reason: CACHE,
  },
  {
    file: "reactor/h1/read_head.ts",
    code: "if (this.#knownTarget !== null) return this.#knownTarget.urlAt(scheme, host);",
    change: "the `if` never applies",
    reason: "a short cut: the long way makes the same URL",
  },
  {
    file: "reactor/h1/read_head.ts",
    code: 'const authority = absolute.indexOf("://") + 3;',
    change: "3 to 4",
    reason: "an authority has a byte at least, which is neither a slash nor a question mark",
  },
  {
    file: "reactor/h1/authority.ts",
    code: "if (compressed || (separated && groups > 0)) return false;",
    change: "0 to 1",
    reason: "two colons are taken together, so they never come after a single one",
  },
  {
    file: "reactor/h1/target_memory.ts",
    code: "const PLACES = 64;",
    reason: CACHE,
  },
  {
    file: "reactor/h1/target_memory.ts",
    code: "if (this.#misses++ % LEARN_ONE_IN !== 0) return null;",
    change: "++ to --",
    reason: "the remainder is 0 as often on the way down",
  },
  {
    file: "reactor/h1/target_memory.ts",
    code:
      "return (length * 7 + words.getUint8(at + (length >> 1)) * 3 + words.getUint8(end - 1) * 31) %",
    change: "7 to 8",
    reason: OTHER_PLACE,
  },
  {
    file: "reactor/h1/target_memory.ts",
    code:
      "return (length * 7 + words.getUint8(at + (length >> 1)) * 3 + words.getUint8(end - 1) * 31) %",
    change: "+ to -",
    nth: 0,
    reason: OTHER_PLACE,
  },
  {
    file: "reactor/h1/target_memory.ts",
    code:
      "return (length * 7 + words.getUint8(at + (length >> 1)) * 3 + words.getUint8(end - 1) * 31) %",
    change: "1 to 2",
    nth: 0,
    reason: OTHER_PLACE,
  },
  {
    file: "reactor/h1/target_memory.ts",
    code:
      "return (length * 7 + words.getUint8(at + (length >> 1)) * 3 + words.getUint8(end - 1) * 31) %",
    change: "3 to 4",
    reason: OTHER_PLACE,
  },
  {
    file: "reactor/h1/target_memory.ts",
    code:
      "return (length * 7 + words.getUint8(at + (length >> 1)) * 3 + words.getUint8(end - 1) * 31) %",
    change: "31 to 32",
    reason: OTHER_PLACE,
  },
  {
    file: "reactor/h1/head_parser.ts",
    code: "const stop = end < limit ? end : limit;",
    change: "< to <=",
    reason: "they are the same then",
  },
  {
    file: "reactor/h1/request_line.ts",
    code: "if (to - from >= VERSION_BYTES && isAt(bytes, from, VERSION_1_1)) return true;",
    change: ">= to >",
    reason: "a short cut: the long way finds the same version",
  },
  {
    file: "reactor/h1/serialize.ts",
    code: "if (memoNames[slot] === name && memoValues[slot] === value) return memoLines[slot]!;",
    change: "the `if` never applies",
    reason: CACHE,
  },
  { file: "reactor/h1/transfer_coding.ts", code: "const NONE = -1;", reason: ONE_MORE },
  {
    file: "reactor/h1/transfer_coding.ts",
    code: "if (end === NONE) return NONE;",
    change: "the `if` never applies",
    reason: "no semicolon stands at -1, so the loop ends there with the same",
  },
  {
    file: "reactor/h1/transfer_coding.ts",
    code: "if (value < to && bytes[value] === DQUOTE) return quotedEnd(bytes, value + 1, to);",
    change: "< to <=",
    reason: "a quotation mark after the end leads to the same: there is no value",
  },
  {
    file: "reactor/h1/transfer_coding.ts",
    code: "for (let at = from; at < to; at++) {",
    change: "< to <=",
    reason: "after the value of a field comes white space or a CR, and no quotation mark",
  },
  {
    file: "reactor/h1/words.ts",
    code: "for (const last = byteLength - WORD_BYTES; i <= last; i += WORD_BYTES) {",
    change: "<= to <",
    reason: "the last word is then compared byte by byte",
  },
  {
    file: "reactor/h1/authority.ts",
    code: "if (bytes[at] === COLON && at + 1 < to && bytes[at + 1] === COLON) {",
    change: "+ to -",
    nth: 0,
    reason: AFTER_ADDRESS,
  },
  {
    file: "reactor/h1/authority.ts",
    code: "while (at < to && at - from < 4 && hexValue(bytes[at]!) >= 0) at++;",
    change: "< to <=",
    nth: 0,
    reason: AFTER_ADDRESS,
  },
  {
    file: "reactor/h1/authority.ts",
    code: "while (at < to && isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - DIGIT_0;",
    change: "< to <=",
    reason: AFTER_ADDRESS,
  },
  {
    file: "reactor/h1/authority.ts",
    code: "if (digits === 0 || digits > 3 || value > 255) return false;",
    change: "3 to 4",
    reason: "four digits are over 255, or begin with a zero, which the next line refuses",
  },
  {
    file: "reactor/h1/head_parser.ts",
    code: "#mark = 0;",
    change: "0 to 1",
    reason: SET_BEFORE_READ,
  },
  {
    file: "reactor/h1/head_parser.ts",
    code: 'if (form !== "absolute" && form !== "authority") return;',
    change: "the `if` never applies",
    reason: "a short cut: other forms have no authority, and nothing is refused there",
  },
];
