/**
 * A family of smuggling attempts: inputs that two servers in a row could read in two ways. Each
 * case says exactly what Weir makes of it: one request with exactly this body, or a refusal after
 * which nothing is read. The request that follows every case (`run.ts`) is served in the first
 * event and never in the second; the one that many cases hide in a body is never served, unless the
 * case says that it is a request of its own.
 *
 * @module
 */

import { request } from "../../support/requests.ts";
import type { Case, Outcome } from "../case.ts";

/** Cases of one kind. */
export interface Family {
  readonly name: string;
  /** What the two servers would disagree on. */
  readonly about: string;
  readonly cases: readonly Case[];
}

/** The request that an attacker hides. */
export const HIDDEN: string = request({ target: "/smuggled" });

/** A chunked body that ends at once, and the hidden request after it. */
export const ENDED = "0\r\n\r\n" + HIDDEN;

export const CHUNKED = "Transfer-Encoding: chunked";

/** A POST with these field lines after Host. */
export function post(fields: readonly string[], body = ""): string {
  return request({ method: "POST", fields }) + body;
}

/** A chunked POST. */
export function chunkedPost(body: string): string {
  return post([CHUNKED], body);
}

/** A Content-Length for this body. */
export function lengthOf(body: string): string {
  return `Content-Length: ${body.length}`;
}

/** One outcome for many inputs. */
export function each(
  outcome: Outcome,
  inputs: readonly string[],
  more: Partial<Case> = {},
): Case[] {
  return inputs.map((input) => ({ ...more, input, outcome }));
}
