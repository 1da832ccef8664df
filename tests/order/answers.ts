/**
 * Reads pipelined answers off a socket by the thousand: little is allowed and everything is checked.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Planned } from "./plan.ts";

const READ_BYTES = 64 * 1024;
const END_OF_HEAD = "\r\n\r\n";

/** The answers that come in on one connection. */
export class Answers {
  readonly #conn: Deno.Conn;
  readonly #into = Buffer.alloc(READ_BYTES);
  #text = "";
  #at = 0;
  /** Whether the answer read last said so. */
  #isLast = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Reads the next answer, which must be the one that belongs to `request`; returns whether more follow. */
  async next(request: Planned): Promise<boolean> {
    let end = this.#answerEnd(request);
    while (end === -1) {
      if (!await this.#more()) throw this.#wrong(request, "the end of the stream");
      end = this.#answerEnd(request);
    }
    this.#at = end;
    return !this.#isLast;
  }

  /** Reads to the end of the stream, where nothing may come any more. */
  async end(): Promise<void> {
    if (this.#at < this.#text.length || await this.#more()) {
      throw new Error(`Too much: ${JSON.stringify(this.#text.slice(this.#at))}`);
    }
  }

  async #more(): Promise<boolean> {
    const count = await this.#conn.read(this.#into);
    if (count === null) return false;
    this.#text = this.#text.slice(this.#at) + this.#into.toString("latin1", 0, count);
    this.#at = 0;
    return true;
  }

  /** The offset after the answer, or -1 if not all of it is here. */
  #answerEnd(request: Planned): number {
    const text = this.#text;
    const bodyAt = text.indexOf(END_OF_HEAD, this.#at) + END_OF_HEAD.length;
    if (bodyAt < END_OF_HEAD.length) return -1;
    const head = text.slice(this.#at, bodyAt);
    if (!head.startsWith("HTTP/1.1 200 OK\r\n") || !head.includes(`\r\nx-id: ${request.id}\r\n`)) {
      throw this.#wrong(request, JSON.stringify(head));
    }
    this.#isLast = head.includes("\r\nconnection: close\r\n");
    if (this.#isLast && !request.mayBeLast) throw this.#wrong(request, JSON.stringify(head));
    if (request.method === "HEAD") return bodyAt;
    const body = framed(head, request.answer);
    if (text.length < bodyAt + body.length) return -1;
    if (!text.startsWith(body, bodyAt)) {
      throw this.#wrong(request, JSON.stringify(text.slice(this.#at, bodyAt + body.length)));
    }
    return bodyAt + body.length;
  }

  #wrong(request: Planned, got: string): Error {
    return new Error(`Wanted the answer to ${request.id}, got ${got}`);
  }
}

/** The bytes of an answer's body with this head. */
function framed(head: string, body: string): string {
  if (head.includes(`\r\ncontent-length: ${body.length}\r\n`)) return body;
  if (!head.includes("\r\ntransfer-encoding: chunked\r\n")) {
    throw new Error(`Bad framing of ${JSON.stringify(body)}: ${JSON.stringify(head)}`);
  }
  const half = body.length >> 1;
  return [body.slice(0, half), body.slice(half), ""]
    .map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
}
