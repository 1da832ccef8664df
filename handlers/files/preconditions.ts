/**
 * Conditional requests (RFC 9110 §13): what a file's validators make of a request's conditions, in the
 * order of §13.2.2. Pure. Lists of entity tags are read by the standard library; what it leaves out is
 * `*`, which is true of any file that is there, also of one with a weak tag or with none.
 *
 * @module
 */

import { ifMatch, ifNoneMatch } from "@std/http/etag";
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
    if (!isStar(match) && !ifMatch(match, etag ?? undefined)) return "failed";
  } else if (isAfter(modified, headers.get("if-unmodified-since"))) {
    return "failed";
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) {
    const fresh = isStar(noneMatch) || !ifNoneMatch(noneMatch, etag ?? undefined);
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
    return etag !== null && !etag.startsWith("W/") && condition === etag;
  }
  // A file's date tells nothing certain for as long as its tag is weak: it may change again unseen.
  if (modified === null || (etag?.startsWith("W/") ?? false)) return false;
  return parseHttpDate(condition) === modified;
}

function isStar(value: string): boolean {
  return value.trim() === "*";
}

function isAfter(modified: number | null, condition: string | null): boolean {
  if (modified === null || condition === null) return false;
  const time = parseHttpDate(condition);
  return time !== null && modified > time;
}
