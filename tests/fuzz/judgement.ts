/**
 * Compares what Weir made of a stream with what others did: the same requests, or Weir the stricter one.
 *
 * @module
 */

import { DIFFERENCES, type Parting } from "./differences.ts";
import type { Reading, Seen } from "./reading.ts";

/** `same`, `stricter`, the name of a known difference; or a disagreement, which says what is wrong. */
export type Verdict =
  | { readonly kind: "agreed"; readonly as: string }
  | { readonly kind: "disagreement"; readonly what: string };

/** Judges two readings of the same bytes. */
export function judge(bytes: string, weir: Reading, node: Reading): Verdict {
  for (let at = 0;; at++) {
    const ours = weir.requests[at];
    const theirs = node.requests[at];
    const parting = { bytes, weir, node, at };
    if (ours === undefined && theirs === undefined) return { kind: "agreed", as: "same" };
    if (ours === undefined) return fewer(parting);
    if (theirs === undefined) return more(parting);
    const what = contradiction(ours, theirs);
    if (what !== null) return { kind: "disagreement", what: `Request ${at}: ${what}` };
    if (ours.complete && !theirs.complete) return more(parting);
    if (theirs.complete && !ours.complete) return fewer(parting);
  }
}

/** What cannot both be true of one request, or `null`. */
export function contradiction(ours: Seen, theirs: Seen): string | null {
  if (ours.method !== theirs.method) return `method ${ours.method}, not ${theirs.method}`;
  if (ours.target !== theirs.target) return `target ${ours.target}, not ${theirs.target}`;
  if (JSON.stringify(ours.fields) !== JSON.stringify(theirs.fields)) {
    return `fields ${JSON.stringify(ours.fields)}, not ${JSON.stringify(theirs.fields)}`;
  }
  // Of a body without its end, one of them may have got less.
  const both = ours.complete && theirs.complete;
  const [less, most] = both || ours.body.length < theirs.body.length
    ? [ours.body, theirs.body]
    : [theirs.body, ours.body];
  const agree = both ? less === most : most.startsWith(less);
  return agree ? null : `body ${JSON.stringify(ours.body)}, not ${JSON.stringify(theirs.body)}`;
}

/** Weir did not see a request that Node saw: right if it said no, and closed. */
function fewer(parting: Parting): Verdict {
  const { error } = parting.weir;
  if (error !== null) return { kind: "agreed", as: `stricter (${error})` };
  return known(parting, "Weir ended without a refusal before a request that Node saw");
}

/** Weir saw a request that Node refused. */
function more(parting: Parting): Verdict {
  return known(parting, `Weir saw a request where Node said ${parting.node.error}`);
}

function known(parting: Parting, otherwise: string): Verdict {
  const difference = DIFFERENCES.find(({ applies }) => applies(parting));
  if (difference !== undefined) return { kind: "agreed", as: difference.name };
  return { kind: "disagreement", what: `Request ${parting.at}: ${otherwise}` };
}

/** Whether Weir saw exactly what a sound stream holds; returns what is wrong, or `null`. */
export function missed(weir: Reading, meant: readonly Seen[]): string | null {
  if (weir.error !== null) return `A sound stream was refused with ${weir.error}`;
  if (weir.requests.length !== meant.length) {
    return `${weir.requests.length} requests instead of ${meant.length}`;
  }
  for (const [at, seen] of meant.entries()) {
    const ours = weir.requests[at]!;
    const what = ours.complete ? contradiction(ours, seen) : "its body was not read to its end";
    if (what !== null) return `Request ${at}: ${what}`;
  }
  return null;
}

/** Whether two readings by Weir of the same bytes are the same; returns what is not, or `null`. */
export function varied(
  whole: Reading & { readonly output: string },
  cut: Reading & { readonly output: string },
): string | null {
  if (whole.requests.length !== cut.requests.length) {
    return `Cut otherwise: ${cut.requests.length} requests instead of ${whole.requests.length}`;
  }
  for (const [at, seen] of whole.requests.entries()) {
    const other = cut.requests[at]!;
    const what = seen.complete === other.complete ? contradiction(other, seen) : "its end";
    if (what !== null) return `Cut otherwise: request ${at}: ${what}`;
  }
  const [ours, theirs] = [finalAnswers(whole.output), finalAnswers(cut.output)];
  return ours === theirs ? null : `Cut otherwise: answered ${JSON.stringify({ ours, theirs })}`;
}

/** Whether a handler that answers before it has read the body was given the same requests, or the first of them. */
export function strayed(whole: Reading, unread: Reading): string | null {
  for (const [at, seen] of unread.requests.entries()) {
    const other = whole.requests[at];
    const what = other === undefined ? "there is none" : contradiction(seen, other);
    if (what !== null) return `Answered first: request ${at}: ${what}`;
  }
  return null;
}

/** Without interim answers: RFC 9110 §10.1.1 has none sent when the body is already there. */
function finalAnswers(output: string): string {
  return output.replaceAll("HTTP/1.1 100 Continue\r\n\r\n", "");
}
