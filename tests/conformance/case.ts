/**
 * What a case of these tables is: bytes that a client sends, and their whole expected result. Data
 * only; `wires.ts` sends them and `check.ts` compares.
 *
 * @module
 */

import type { RawConn } from "../support/upgrade.ts";

/** What the handler was called with. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  /** Field values by lower-case name, several lines joined as `Headers` does it. */
  readonly fields: Readonly<Record<string, string>>;
  /**
   * The body, one character a byte; `null` when reading it failed, `undefined` when the handler did not
   * read it to its end.
   */
  body: string | null | undefined;
}

/** The parts of {@linkcode Seen} that a case has an opinion on. */
export interface Expected extends Partial<Omit<Seen, "fields">> {
  /** `null` stands for a field that must not be there. */
  readonly fields?: Readonly<Record<string, string | null>>;
}

/** What a handler does with a request. `seen.body` is for it to fill. */
export type Handler = (
  request: Request,
  call: { readonly seen: Seen; readonly upgrade: Takeover },
) => Response | Promise<Response>;

/** `info.upgrade()` of the call. */
export type Takeover = (init?: { status?: number; headers?: HeadersInit }) => RawConn;

/** What happens to the connection after the answers. */
export type Afterwards =
  /** It goes on: a further request is answered. */
  | "keeps"
  /** It ends, and what follows is not read. */
  | "closes"
  /** It belongs to another protocol: the bytes after the answer belong to it. */
  | "raw"
  /** Nothing yet: the request is not complete. */
  | "waits";

/** The whole result of a case. */
export interface Outcome {
  /** The status of each answer, interim ones included. */
  readonly statuses: readonly number[];
  /** Each call of the handler. */
  readonly seen: readonly Expected[];
  readonly then: Afterwards;
  /** What the client's bytes must hold, interim and final answers together. */
  readonly has?: readonly RegExp[];
  /** What they must not hold. */
  readonly lacks?: readonly RegExp[];
  /** The body of the last answer. */
  readonly text?: string;
}

/** One input and its outcome. */
export interface Case {
  /** What is particular about the input, where the bytes alone do not show it. */
  readonly name?: string;
  /** One character a byte. Several packets: sent one after the other, each but the last is answered by something. */
  readonly input: string | readonly string[];
  readonly outcome: Outcome;
  /** The outcome when the input comes byte by byte, where that may differ (RFC 9112 §9.3, RFC 9110 §10.1.1). */
  readonly inPieces?: Outcome;
  /** Reads the body to its end and answers 200 with `ok`, unless told. */
  readonly handler?: Handler;
  /** The client ends its side after the input. */
  readonly ends?: boolean;
}

/** The client's bytes were served: one call of the handler, one answer, and the connection goes on. */
export function served(seen: Expected = {}, more: Partial<Outcome> = {}): Outcome {
  return { statuses: [200], seen: [seen], then: "keeps", ...more };
}

/** The same, and the connection ends after the answer. */
export function servedLast(seen: Expected = {}, more: Partial<Outcome> = {}): Outcome {
  return served(seen, { then: "closes", ...more });
}

/** Refused before the handler is called. */
export function refused(status = 400): Outcome {
  return { statuses: [status], seen: [], then: "closes" };
}

/** The handler was called, and reading the body failed. */
export function brokenBody(status = 400): Outcome {
  return { statuses: [status], seen: [{ body: null }], then: "closes" };
}

/** The connection was cut without an answer, as the client will not send the rest. */
export const CUT: Outcome = { statuses: [], seen: [{ body: null }], then: "closes" };

/** Not complete: no handler is called and nothing is said. */
export const WAITS: Outcome = { statuses: [], seen: [], then: "waits" };
