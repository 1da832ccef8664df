/**
 * An exchange without a connection, for tests of what runs on one: a request from its raw text, a body
 * in pieces, and an abort that tests trigger themselves.
 *
 * @module
 */

import type { RequestExchange } from "../../handlers/fetch/incoming.ts";
import { lazyRequest } from "../../handlers/fetch/request.ts";
import type { RequestBody } from "../../reactor/exchange.ts";
import { ParsedHead } from "../../reactor/h1/parsed_head.ts";
import { ReadHead } from "../../reactor/h1/read_head.ts";
import { CODEC } from "../engine/fakes.ts";
import type { Bytes } from "../../reactor/ports.ts";

/** Options of {@linkcode FakeBody}. */
export interface FakeBodyOptions {
  /** The body, piece by piece. */
  readonly pieces: readonly (string | Bytes)[];
  /** `readAll` and `readText` give a promise, as for a body that is still on its way. */
  readonly late?: boolean;
  /** Whether it says that all of it is here. */
  readonly here?: boolean;
  /** What the body ends with instead of its end. */
  readonly error?: Error;
}

/** A body that counts its calls. */
export class FakeBody implements RequestBody {
  readonly length = null;
  readonly calls: string[] = [];
  readonly isHere: boolean;
  readonly #pieces: Bytes[];
  readonly #options: FakeBodyOptions;

  constructor(options: FakeBodyOptions) {
    this.#options = options;
    this.isHere = options.here ?? false;
    this.#pieces = options.pieces.map((piece) =>
      typeof piece === "string" ? new TextEncoder().encode(piece) : piece
    );
  }

  read(): Promise<Bytes | null> {
    this.calls.push("read");
    const piece = this.#pieces.shift();
    if (piece === undefined && this.#options.error) return Promise.reject(this.#options.error);
    return Promise.resolve(piece ?? null);
  }

  readAll(): Bytes | Promise<Bytes> {
    this.calls.push("readAll");
    const { error, late } = this.#options;
    if (error && late) return Promise.reject(error);
    if (error) throw error;
    const all = joined(this.#pieces);
    return late ? Promise.resolve(all) : all;
  }

  trailers(): Promise<readonly string[]> {
    this.calls.push("trailers");
    return Promise.resolve([]);
  }

  readText(decode: (bytes: Bytes) => string): string | Promise<string> {
    const all = this.readAll();
    this.calls[this.calls.length - 1] = "readText";
    return all instanceof Uint8Array ? decode(all) : decoded(all, decode);
  }

  cancel(): void {
    this.calls.push("cancel");
  }
}

async function decoded(all: Promise<Bytes>, decode: (bytes: Bytes) => string): Promise<string> {
  return decode(await all);
}

/** Without array iteration, which a test replaces. */
function joined(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  pieces.forEach((piece) => {
    all.set(piece, at);
    at += piece.byteLength;
  });
  return all;
}

/** The part of an exchange that a request uses. */
export class FakeExchange implements RequestExchange {
  readonly secure: boolean;
  readonly body: RequestBody | null;
  abortReason: Error | undefined = undefined;
  onAbort: ((reason: Error) => void) | null = null;

  constructor(body: RequestBody | null, secure: boolean) {
    this.body = body;
    this.secure = secure;
  }

  abort(reason: Error): void {
    this.abortReason = reason;
    this.onAbort?.(reason);
  }
}

/** Options of {@linkcode received}. */
export interface ReceivedOptions {
  readonly body?: FakeBody;
  readonly secure?: boolean;
}

/** A lazily filled request and what it is based on. */
export interface Received {
  readonly request: Request;
  readonly exchange: FakeExchange;
}

/**
 * The request of a head given as one character a byte. The read buffer is overwritten before this
 * returns, as the engine's is.
 */
export function received(lines: readonly string[], options: ReceivedOptions = {}): Received {
  const text = [...lines, "", ""].join("\r\n");
  const start = 7;
  const bytes = new Uint8Array(start + text.length + 9).fill(0x21);
  bytes.set(latin1(text), start);
  const exchange = new FakeExchange(options.body ?? null, options.secure ?? false);
  const head = parsed(text);
  const read = new ReadHead(head, { bytes, start, codec: CODEC });
  const request = lazyRequest({ exchange, head: read, defaultHost: "default:8000" });
  bytes.fill(0x21);
  Object.assign(head, new ParsedHead());
  return { request, exchange };
}

/** One byte a character. */
export function latin1(text: string): Bytes {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Just enough of a parser for well-formed heads. */
function parsed(text: string): ParsedHead {
  const [line = ""] = text.split("\r\n", 1);
  const [method = "", target = ""] = line.split(" ");
  const head = new ParsedHead();
  head.method = method;
  head.targetForm = formOf(method, target);
  head.targetStart = method.length + 1;
  head.targetEnd = head.targetStart + target.length;
  head.fieldsStart = line.length + 2;
  head.length = text.length;
  const host = /\r\nhost:[ \t]*([^\r]*?)[ \t]*\r\n/id.exec(text)?.indices?.[1];
  if (host !== undefined) [head.hostStart, head.hostEnd] = host;
  return head;
}

function formOf(method: string, target: string): ParsedHead["targetForm"] {
  if (method === "CONNECT") return "authority";
  if (target === "*") return "asterisk";
  return target.startsWith("/") ? "origin" : "absolute";
}
