/**
 * What is left of a `Response` once it has been taken apart, and the rules both ways of doing so share:
 * which of the handler's fields go out, and what is said of a Response that cannot be sent. Nothing here
 * looks into a Response.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** An answer whose body is here. */
export interface WholePlan {
  readonly kind: "whole";
  readonly status: number;
  /**
   * Field lines as name, value, name, value, …; shared between answers, so never to be changed. Without
   * Transfer-Encoding. Content-Length is in it only beside a `null` body, where it tells a HEAD request
   * what a GET would get (RFC 9110 §8.6); the length of any other body is what it is.
   */
  readonly fields: readonly string[];
  readonly body: string | Bytes | null;
}

/** An answer whose body comes in pieces. */
export interface StreamPlan {
  readonly kind: "stream";
  readonly status: number;
  /** As in {@linkcode WholePlan.fields}, and never with Content-Length. */
  readonly fields: readonly string[];
  /** Not locked. What comes out of it is for the reader to check: a handler may enqueue anything. */
  readonly stream: ReadableStream<Uint8Array>;
  /** The handler's own Content-Length in bytes, or `null` when it gave none that can be used. */
  readonly length: number | null;
}

/** An answer that is known a few microtasks later; never rejects. */
export interface LaterPlan {
  readonly kind: "later";
  readonly plan: Promise<WholePlan | StreamPlan>;
}

/** What to send. */
export type SendPlan = WholePlan | StreamPlan | LaterPlan;

/** The handler's fields as {@linkcode SendPlan} wants them, gathered line by line. */
export class FieldLines {
  /** Name, value, name, value, …, without those that are about framing. */
  readonly lines: string[] = [];
  #length: string | null = null;

  add(name: string, value: string): void {
    // The lengths of the two names, because this runs for every line of every answer.
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      // Given twice it says nothing, as from Deno.serve; a comma keeps it from being a number.
      this.#length = this.#length === null ? value : this.#length + "," + value;
    } else if (name.length !== 17 || name.toLowerCase() !== "transfer-encoding") {
      this.lines.push(name, value);
    }
  }

  /** The handler's Content-Length, or `null` when it is missing, doubled or not a number. */
  get length(): number | null {
    const text = this.#length;
    if (text === null || !/^[0-9]{1,15}$/.test(text)) return null;
    return Number(text);
  }

  /** The plan for a body that is here. */
  whole(status: number, body: string | Bytes | null): WholePlan {
    const { lines } = this;
    if (body === null) {
      const length = this.length;
      if (length !== null) lines.push("content-length", String(length));
    } else if (lines.length === 2 && status === 200 && lines[0]!.toLowerCase() === "content-type") {
      // Deno.serve sends a lone content type in lower case, however it was given.
      lines[0] = "content-type";
    }
    return { kind: "whole", status, fields: lines, body };
  }

  /** The plan for a body that comes in pieces. */
  streamed(status: number, stream: ReadableStream<Uint8Array>): StreamPlan {
    return { kind: "stream", status, fields: this.lines, stream, length: this.length };
  }
}

/** The error for a Response whose body somebody has read, or that was sent before. */
export function usedBody(): TypeError {
  return new TypeError("Cannot send the response: its body was already used");
}

/** The error for a Response whose body somebody holds a reader of. */
export function lockedBody(): TypeError {
  return new TypeError("Cannot send the response: its body is locked by a reader");
}

/** The error for `Response.error()`. */
export function errorResponse(): TypeError {
  return new TypeError(
    "Cannot send the response: it is an error response, as Response.error() makes",
  );
}

/** The error for something that is no Response of this realm; says what it was, but none of its content. */
export function notAResponse(value: unknown): TypeError {
  return new TypeError(`Cannot send the answer: it must be a Response, but is ${nameOf(value)}`);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return value === undefined ? "undefined" : `a ${typeof value}`;
  if (Array.isArray(value)) return "an array";
  const name = className(value);
  return name === "Response"
    ? "an object that only looks like one: of another realm, or not made by its constructor"
    : name === ""
    ? "an object"
    : `an object of class "${name}"`;
}

/** The name of an object's class; reading it must not run into what the object throws. */
function className(value: object): string {
  try {
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === "string" && name !== "Object" ? name : "";
  } catch {
    return "";
  }
}
