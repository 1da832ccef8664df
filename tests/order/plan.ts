/**
 * Requests of all kinds, each with a name of its own and with what its answer must hold.
 *
 * @module
 */

import { chunked, head } from "../support/requests.ts";
import type { Dice } from "./dice.ts";

/** A request, and the answer that belongs to it. */
export interface Planned {
  readonly bytes: string;
  readonly id: string;
  readonly method: "GET" | "HEAD" | "POST";
  /** The body of its answer, as a GET would have it. */
  readonly answer: string;
  /**
   * Whether the server may close after it: it was asked to, or cannot get past a body that nobody
   * read and that has not arrived.
   */
  readonly mayBeLast: boolean;
}

/** What the handler is to do; the first letter of the name. */
export const READS = "r";
export const LEAVES_UNREAD = "u";
export const STREAMS = "s";

/** A request after which the client wants the connection closed. */
export function planLast(dice: Dice, place: string): Planned {
  return { ...plan(dice, place, ["Connection: close"]), mayBeLast: true };
}

/** A request named after its connection, its place on it, and chance. */
export function plan(dice: Dice, place: string, fields: readonly string[] = []): Planned {
  const kind = dice.below(16);
  const id = `${place}-${dice.below(0x7fff_ffff).toString(36)}`;
  const lines = ["Host: h", ...fields];
  if (kind < 8) return get("GET", `${READS}${id}`, lines);
  if (kind === 8) return get("HEAD", `${READS}${id}`, lines);
  if (kind === 9) return get("GET", `${STREAMS}${id}`, lines);
  const body = "b".repeat(dice.below(40)) + id;
  const way = dice.oneIn(4) ? LEAVES_UNREAD : READS;
  return kind < 13
    ? sized(`${way}${id}`, { lines, body })
    : inChunks(`${way}${id}`, { lines, body });
}

function get(method: "GET" | "HEAD", id: string, lines: readonly string[]): Planned {
  return {
    bytes: head(`${method} /${id} HTTP/1.1`, ...lines),
    id,
    method,
    answer: `${id}:`,
    mayBeLast: false,
  };
}

interface Upload {
  readonly lines: readonly string[];
  readonly body: string;
}

function sized(id: string, { lines, body }: Upload): Planned {
  const start = head(`POST /${id} HTTP/1.1`, ...lines, `Content-Length: ${body.length}`);
  return { bytes: start + body, id, method: "POST", ...outcome(id, body) };
}

function inChunks(id: string, { lines, body }: Upload): Planned {
  const start = head(`POST /${id} HTTP/1.1`, ...lines, "Transfer-Encoding: chunked");
  const bytes = start + chunked(body.slice(0, 5), body.slice(5));
  return { bytes, id, method: "POST", ...outcome(id, body) };
}

function outcome(id: string, body: string): Pick<Planned, "answer" | "mayBeLast"> {
  const unread = id.startsWith(LEAVES_UNREAD);
  return { answer: unread ? `${id}:` : `${id}:${body}`, mayBeLast: unread };
}
