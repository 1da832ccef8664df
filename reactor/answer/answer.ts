/**
 * The head of an answer as text. It consists of what the handler set and of what HTTP asks of the server
 * itself: the framing of the body, the date, and whether the connection persists. Pure: the connection
 * decides where the text goes.
 *
 * @module
 */

import type { ResponseHead } from "../exchange.ts";
import {
  connectionOption,
  FieldFlag,
  fieldLines,
  scanFields,
  statusLine,
} from "../h1/serialize.ts";

/** How the body of an answer ends. */
export type AnswerFraming =
  /** After this number of bytes, which Content-Length announces (RFC 9112 §6.2). */
  | number
  /** With its last chunk (RFC 9112 §7.1). */
  | "chunked"
  /** With the connection (RFC 9112 §6.3 item 8); the only way for an unknown length in HTTP/1.0. */
  | "close"
  /** There is no body, and no field speaks of one: 204, 304, HEAD for a body of unknown length. */
  | "none"
  /** As `none`, but the handler's own Content-Length says how long a GET's would be (RFC 9110 §8.6). */
  | "own";

/** What the head depends on besides the handler's own fields. */
export interface AnswerFacts {
  readonly minorVersion: 0 | 1;
  readonly framing: AnswerFraming;
  /** Whether the connection persists after this answer. */
  readonly persists: boolean;
  /** The `date` field line of the current second. */
  readonly dateLine: string;
  /** The `keep-alive` field line, or an empty string. */
  readonly keepAliveLine: string;
}

/** Whether the handler itself asks for the connection to be closed after its answer. */
export function asksToClose(head: ResponseHead): boolean {
  return head.fields.length > 0 &&
    (scanFields(head.fields) & FieldFlag.CONNECTION) !== 0 &&
    connectionOption(head.fields, "close");
}

/** How the body of an answer of `length` bytes is framed; `null` for a stream of unknown length. */
export function answerFraming(
  head: ResponseHead,
  request: { readonly method: string; readonly minorVersion: 0 | 1 },
  length: number | null,
): AnswerFraming {
  const { status, fields } = head;
  if (status === 204 || status === 304) return "none";
  if (request.method === "HEAD") {
    const own = fields.length > 0 && (scanFields(fields) & FieldFlag.CONTENT_LENGTH) !== 0;
    return own ? "own" : length ?? "none";
  }
  const unknown = request.minorVersion === 0 ? "close" : "chunked";
  // 205 has no content (RFC 9110 §15.3.6) and, as from Deno.serve, no Content-Length. Without any framing
  // the client would wait for the connection's end, so an empty chunked body is sent. HTTP/1.0 has no
  // chunked coding: there a Content-Length of 0 lets the connection persist.
  if (status === 205) return request.minorVersion === 0 ? 0 : "chunked";
  return length ?? unknown;
}

/** Whether the handler's Connection field says `close` and not `keep-alive` too, so that it can stay. */
function saysClose(head: ResponseHead): boolean {
  return asksToClose(head) && !connectionOption(head.fields, "keep-alive");
}

/** The text of the head, with its empty line. */
export function answerHead(head: ResponseHead, facts: AnswerFacts): string {
  const { fields } = head;
  const { framing, persists } = facts;
  const flags = fields.length === 0 ? 0 : scanFields(fields);
  const own = (flags & OURS) === 0 ? fields : withoutOurs(fields, facts);
  return statusLine(head.status, facts.minorVersion) + fieldLines(own) + framingLine(framing) +
    ((flags & FieldFlag.DATE) === 0 ? facts.dateLine : "") +
    (persists && facts.minorVersion === 1 && facts.keepAliveLine === ""
      ? "\r\n"
      : persistenceLines(head, facts) + "\r\n");
}

function framingLine(framing: AnswerFraming): string {
  if (typeof framing === "number") return "content-length: " + framing + "\r\n";
  return framing === "chunked" ? "transfer-encoding: chunked\r\n" : "";
}

function persistenceLines(head: ResponseHead, facts: AnswerFacts): string {
  if (!facts.persists) return saysClose(head) ? "" : "connection: close\r\n";
  // With HTTP/1.0 a connection persists only if both sides say so (RFC 9112 §9.3). A Keep-Alive field has to
  // be listed in Connection (RFC 9110 §7.6.1).
  return "connection: keep-alive\r\n" + facts.keepAliveLine;
}

/** The fields with which a handler can contradict what the engine does. */
const OURS = FieldFlag.FRAMING | FieldFlag.CONNECTION | FieldFlag.KEEP_ALIVE;

/** The handler's fields without those that contradict what the engine decided on framing and persistence. */
function withoutOurs(fields: readonly string[], facts: AnswerFacts): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if (!contradicts(fields, i, facts)) kept.push(fields[i]!, fields[i + 1]!);
  }
  return kept;
}

function contradicts(fields: readonly string[], at: number, facts: AnswerFacts): boolean {
  switch (fields[at]!.toLowerCase()) {
    case "transfer-encoding":
      return true;
    case "content-length":
      return facts.framing !== "own";
    case "keep-alive":
      return !facts.persists;
    case "connection":
      return !facts.persists && connectionOption(fields.slice(at, at + 2), "keep-alive");
    default:
      return false;
  }
}
