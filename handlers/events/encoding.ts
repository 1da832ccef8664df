/**
 * From an event to its bytes in the stream (HTML Standard §9.2.5, "Parsing an event stream"). The lines are
 * written by eventsource-encoder, loaded with the first stream. The standard library's encoder is not used:
 * it puts no space after the colon, so that a client takes the first one of `data` away, and it is a
 * stream, that cannot say how many bytes wait. What both let through and no client would read, is refused
 * here.
 *
 * @module
 */

import { describe } from "../../reactor/options/option_checks.ts";
import type { Bytes } from "../../reactor/ports.ts";

/** One event of an event stream; at least one of the properties has to be there. */
export interface ServerSentEvent {
  /**
   * What the client gets as `data`. Any text; the client sees each line break as LF. An event without data is
   * not dispatched by the client, unless it has an `event` type: then its data is empty.
   */
  data?: string;
  /** The type for which the client listens, `"message"` for none. One line. */
  event?: string;
  /**
   * What the client sends as `Last-Event-ID` when it connects again, until it gets another id. One line,
   * without NUL. Empty: nothing is sent then.
   */
  id?: string | number;
  /** How long the client is to wait before it connects again, in whole milliseconds. */
  retry?: number;
  /** Text that the client ignores; any number of lines. */
  comment?: string;
}

/** What turns an event into bytes. */
export type EncodeEvent = (event: ServerSentEvent | string) => Bytes;

let loading: Promise<EncodeEvent> | null = null;

/** Loads the encoder once; a failure is tried again by the next stream. */
export function loadEncoder(): Promise<EncodeEvent> {
  return loading ??= load();
}

async function load(): Promise<EncodeEvent> {
  try {
    const { encode, encodeComment } = await import("eventsource-encoder");
    const utf8 = new TextEncoder();
    return (event) => {
      const { data, comment, ...rest } = checkEvent(event);
      let text = comment === undefined ? "" : encodeComment(comment);
      if (data !== undefined) return utf8.encode(text + encode({ data, ...rest }));
      const { id, retry } = rest;
      if (id !== undefined) text += encode({ id });
      if (retry !== undefined) text += encode({ retry });
      return utf8.encode(text);
    };
  } catch (error) {
    loading = null;
    throw error;
  }
}

/** What is sent of an event, or the reason why it cannot be: no part of it is quoted, it may be secret. */
function checkEvent(given: ServerSentEvent | string): ServerSentEvent {
  if (typeof given === "string") return { data: given };
  if (typeof given !== "object" || given === null) {
    throw unfit(`expected an object or a string, received ${kindOf(given)}`);
  }
  const { data, event, id, retry, comment } = given;
  const sent: ServerSentEvent = {};
  if (event !== undefined) sent.event = checkLine("event", event);
  if (id !== undefined) sent.id = checkId(id);
  if (retry !== undefined) sent.retry = checkRetry(retry);
  if (data !== undefined) sent.data = checkText("data", data);
  else if (event !== undefined) sent.data = "";
  if (comment !== undefined) sent.comment = checkText("comment", comment);
  if (Object.keys(sent).length > 0) return sent;
  throw unfit("it has none of data, event, id, retry and comment");
}

function checkText(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw unfit(`its ${name} has to be a string, received ${kindOf(value)}`);
}

function checkLine(name: string, value: unknown): string {
  const text = checkText(name, value);
  if (!/[\r\n]/.test(text)) return text;
  throw unfit(`its ${name} contains a line break`);
}

/** A client ignores an id with a NUL in it. */
function checkId(value: unknown): string {
  const id = checkLine("id", typeof value === "number" ? String(value) : value);
  if (!id.includes("\0")) return id;
  throw unfit("its id contains a NUL");
}

/** A client ignores all but digits. */
function checkRetry(value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw unfit("its retry has to be a whole number of milliseconds");
}

function kindOf(value: unknown): string {
  return typeof value === "object" || value === undefined ? describe(value) : `a ${typeof value}`;
}

function unfit(why: string): TypeError {
  return new TypeError(`Cannot send the event: ${why}`);
}
