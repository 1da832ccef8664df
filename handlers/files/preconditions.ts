/**
 * Conditional requests (RFC 9110 §13): what a file's validators make of a request's conditions, in the
 * order of §13.2.2. Pure.
 *
 * The standard library's `ifMatch` and `ifNoneMatch` are not used: they need a second for a field of 30,000
 * blanks, they cut tags at the commas in them, and a file with a weak tag does not match their `*`.
 *
 * @module
 */

import { parseHttpDate } from "./http_date.ts";

/** What tells one version of a file from another. */
export interface Validators {
  /** The entity tag with its quotes and, if weak, its prefix; `null` when there is none. */
  readonly etag: string | null;
  /** Last-Modified in milliseconds, a whole second; `null` when it is not known. */
  readonly modified: number | null;
}

/** What a request's conditions allow: to go on, 304, or 412. */
export type Condition = "met" | "not modified" | "failed";

/** Evaluates all conditions of a GET or HEAD but If-Range. */
export function evaluate(headers: Headers, { etag, modified }: Validators): Condition {
  const match = headers.get("if-match");
  if (match !== null) {
    if (!isStar(match) && !tagsIn(match).some((tag) => tag === etag && !isWeak(tag))) {
      return "failed";
    }
  } else if (isAfter(modified, headers.get("if-unmodified-since"))) {
    return "failed";
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) {
    const fresh = isStar(noneMatch) ||
      etag !== null && tagsIn(noneMatch).some((tag) => opaque(tag) === opaque(etag));
    return fresh ? "not modified" : "met";
  }
  const since = headers.get("if-modified-since");
  if (since === null || modified === null) return "met";
  const time = parseHttpDate(since);
  return time !== null && modified <= time ? "not modified" : "met";
}

/**
 * Whether Range counts (§13.1.5): without If-Range it does; with one, only if the validator is exactly the
 * file's own, and strong.
 */
export function rangeCounts(headers: Headers, { etag, modified }: Validators): boolean {
  const condition = headers.get("if-range");
  if (condition === null) return true;
  if (/^(?:W\/)?"/.test(condition)) {
    return condition === etag && !isWeak(etag);
  }
  // A file's date tells nothing certain for as long as its tag is weak: it may change again unseen.
  if (modified === null || etag === null || isWeak(etag)) return false;
  return parseHttpDate(condition) === modified;
}

/** An entity tag that stands on its own, between commas or blanks (§8.8.3). */
const TAG = /(?<![^\s,])(?:W\/)?"[^"]*"(?![^\s,])/g;

/** The tags of a list; what is none is passed over. */
function tagsIn(list: string): readonly string[] {
  return list.match(TAG) ?? [];
}

function isWeak(tag: string): boolean {
  return tag.startsWith("W/");
}

/** What a weak comparison goes by (§8.8.3.2). */
function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag;
}

function isStar(value: string): boolean {
  return value.trim() === "*";
}

function isAfter(modified: number | null, condition: string | null): boolean {
  if (modified === null || condition === null) return false;
  const time = parseHttpDate(condition);
  return time !== null && modified > time;
}
