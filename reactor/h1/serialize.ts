/**
 * The parts of an answer as text: status line, field lines, chunk heads, the date; and what a status or
 * a handler's own fields say about them. Which parts an answer gets is decided elsewhere, and so is how
 * text becomes bytes: one character a byte.
 *
 * @module
 */

import { REASON_PHRASES } from "./reason_phrases.ts";

/** The end of a chunked body without trailers, RFC 9112 §7.1. */
export const LAST_CHUNK = "0\r\n\r\n";

/** The interim answer to `Expect: 100-continue`, RFC 9110 §15.2.1. */
export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** The fields of an answer that the engine has a say in, as a set of bits. */
export const FieldFlag = {
  CONNECTION: 1,
  CONTENT_LENGTH: 2,
  TRANSFER_ENCODING: 4,
  /** Either of the two that frame a body. */
  FRAMING: 6,
  DATE: 8,
  KEEP_ALIVE: 16,
  UPGRADE: 32,
} as const;

/** The lines of the registered codes by minor version and status, made once. */
const STATUS_LINES: readonly (readonly (string | undefined)[])[] = [statusLines(0), statusLines(1)];

function statusLines(minorVersion: 0 | 1): (string | undefined)[] {
  const lines: (string | undefined)[] = new Array(600).fill(undefined);
  for (const [status, reason] of Object.entries(REASON_PHRASES)) {
    lines[Number(status)] = `HTTP/1.${minorVersion} ${status} ${reason}\r\n`;
  }
  return lines;
}

/**
 * The status line with its CRLF, RFC 9112 §4. A status that is not registered has no reason phrase.
 *
 * @throws {RangeError} If `status` is not an integer of three digits.
 */
export function statusLine(status: number, minorVersion: 0 | 1): string {
  return STATUS_LINES[minorVersion]![status] ?? unregisteredLine(status, minorVersion);
}

function unregisteredLine(status: number, minorVersion: 0 | 1): string {
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new RangeError(`Cannot send status ${status}: not an integer of three digits`);
  }
  return `HTTP/1.${minorVersion} ${status} \r\n`;
}

/** Whether an answer of this status to this method has a body, RFC 9110 §6.4.1 and §15.3.6. */
export function bodyAllowed(method: string, status: number): boolean {
  if (method === "HEAD" || status < 200) return false;
  if (status === 204 || status === 205 || status === 304) return false;
  return method !== "CONNECT" || status >= 300;
}

/** `tchar`, RFC 9110 §5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Looking for the few bad ones is faster than matching all the good ones: V8 skips whole vectors. */
const BAD_IN_VALUE = /[\0\r\n\u0100-\uffff]/;

/**
 * Lines made before, found by the lengths of name and value: the few fields of a program's answers
 * repeat, and to check and join one takes three to six times as long as to find it here. Only a memo:
 * it never changes a result, and holds at most 64 lines of 256 characters.
 */
const MEMO_SLOTS = 64;
const MEMO_LINE_LENGTH = 256;
const memoNames: (string | undefined)[] = new Array(MEMO_SLOTS).fill(undefined);
const memoValues: string[] = new Array(MEMO_SLOTS).fill("");
const memoLines: string[] = new Array(MEMO_SLOTS).fill("");

/**
 * Field lines, each with its CRLF, of names and values in turn. What could end a line early cannot get
 * out (RFC 9110 §5.5), even when whoever made the fields did not check them.
 *
 * @throws {TypeError} If a name is no token, or a value has a CR, LF or NUL, or a character that is no byte.
 */
export function fieldLines(fields: readonly string[]): string {
  let lines = "";
  for (let i = 0; i + 1 < fields.length; i += 2) lines += fieldLine(fields[i]!, fields[i + 1]!);
  return lines;
}

function fieldLine(name: string, value: string): string {
  const slot = (name.length * 7 + value.length) % MEMO_SLOTS;
  if (memoNames[slot] === name && memoValues[slot] === value) return memoLines[slot]!;
  if (!NAME.test(name)) throw new TypeError(`Cannot send the field name ${JSON.stringify(name)}`);
  if (BAD_IN_VALUE.test(value)) {
    throw new TypeError(`Cannot send the value of the field "${name}": bad character`);
  }
  const line = name + ": " + value + "\r\n";
  if (line.length <= MEMO_LINE_LENGTH) {
    memoNames[slot] = name;
    memoValues[slot] = value;
    memoLines[slot] = line;
  }
  return line;
}

/** Which fields of {@linkcode FieldFlag} are among the names and values. */
export function scanFields(fields: readonly string[]): number {
  let flags = 0;
  for (let i = 0; i < fields.length; i += 2) flags |= flagOf(fields[i]!);
  return flags;
}

function flagOf(name: string): number {
  switch (name.length) {
    case 4:
      return isName(name, "date") ? FieldFlag.DATE : 0;
    case 7:
      return isName(name, "upgrade") ? FieldFlag.UPGRADE : 0;
    case 10:
      if (isName(name, "connection")) return FieldFlag.CONNECTION;
      return isName(name, "keep-alive") ? FieldFlag.KEEP_ALIVE : 0;
    case 14:
      return isName(name, "content-length") ? FieldFlag.CONTENT_LENGTH : 0;
    case 17:
      return isName(name, "transfer-encoding") ? FieldFlag.TRANSFER_ENCODING : 0;
    default:
      return 0;
  }
}

function isName(name: string, lower: string): boolean {
  return name === lower || name.toLowerCase() === lower;
}

/** Whether a Connection field has this option, given in lower case (RFC 9110 §7.6.1). */
export function connectionOption(fields: readonly string[], option: string): boolean {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (flagOf(fields[i]!) !== FieldFlag.CONNECTION) continue;
    const options = fields[i + 1]!.toLowerCase().split(",");
    if (options.some((candidate) => candidate.trim() === option)) return true;
  }
  return false;
}

/**
 * An interim answer, RFC 9110 §15.2: it has no content, so no field may speak of any.
 *
 * @throws {TypeError} As {@linkcode fieldLines} does.
 */
export function interimHead(
  { status, fields }: { status: number; fields: readonly string[] },
): string {
  return statusLine(status, 1) + fieldLines(fields) + "\r\n";
}

/**
 * The end of a chunked body, with trailer fields of names and values in turn (RFC 9112 §7.1.2).
 *
 * @throws {TypeError} As {@linkcode fieldLines} does.
 */
export function lastChunk(trailers: readonly string[]): string {
  return trailers.length === 0 ? LAST_CHUNK : "0\r\n" + fieldLines(trailers) + "\r\n";
}

/** What stands ahead of a chunk's bytes; `size` in bytes, over 0. */
export function chunkHead(size: number): string {
  return size.toString(16) + "\r\n";
}

const DAY_NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
/** From March, so that the leap day is the last of a year. */
const MONTH_NAMES = [
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
  "Jan",
  "Feb",
] as const;
const DAYS_TO_1970 = 719_468; // from 0000-03-01
const DAYS_PER_ERA = 146_097; // 400 years, after which the calendar repeats
const EPOCH_WEEKDAY = 4; // a Thursday

/**
 * A time of day as Date carries it, RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`. Arithmetic alone,
 * because nothing in the engine may have a clock at hand.
 *
 * @param wallMs Milliseconds since 1970-01-01 UTC.
 * @throws {RangeError} If the year has not four digits.
 */
export function imfFixdate(wallMs: number): string {
  const seconds = Math.floor(wallMs / 1000);
  const days = Math.floor(seconds / 86_400);
  const time = seconds - days * 86_400;
  const clock = pad(Math.floor(time / 3600)) + ":" + pad(Math.floor(time / 60) % 60) + ":" +
    pad(time % 60);
  const weekday = DAY_NAMES[(((days + EPOCH_WEEKDAY) % 7) + 7) % 7]!;
  return weekday + ", " + calendarDate(days) + " " + clock + " GMT";
}

/** Counts eras, years and months from March, whose lengths then repeat: 153 days in five months. */
function calendarDate(daysSince1970: number): string {
  const days = daysSince1970 + DAYS_TO_1970;
  const era = Math.floor(days / DAYS_PER_ERA);
  const day = days - era * DAYS_PER_ERA;
  const leapDays = Math.floor(day / 1460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  const yearOfEra = Math.floor((day - leapDays) / 365);
  const dayOfYear = day -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0);
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError("Cannot write a date whose year has not four digits");
  }
  return pad(dayOfMonth) + " " + MONTH_NAMES[month]! + " " + String(year).padStart(4, "0");
}

function pad(value: number): string {
  return value < 10 ? "0" + value : "" + value;
}
