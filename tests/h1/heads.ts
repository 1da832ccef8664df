/**
 * Runs tables of request heads: raw bytes and what the parser must make of them, however they arrive.
 *
 * @module
 */

import { ProtocolError } from "../../reactor/errors.ts";
import type { ProtocolCode } from "../../reactor/errors.ts";
import { HeadMemory } from "../../reactor/h1/head_memory.ts";
import type { ParsedHead } from "../../reactor/h1/parsed_head.ts";
import { HeadParser, type HeadRules, NEED_MORE } from "../../reactor/h1/head_parser.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { assertEquals } from "../support/assert.ts";
import { type Feeding, feedings, textOf } from "./splits.ts";

/** A head as a test sees it: texts in place of offsets. */
export interface HeadFacts {
  readonly method: string;
  readonly target: string;
  readonly form: ParsedHead["targetForm"];
  readonly minorVersion: 0 | 1;
  readonly host: string | null;
  readonly fields: string;
  readonly length: number;
  readonly framing: ParsedHead["framing"];
  readonly contentLength: number;
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  readonly upgrade: boolean;
}

/** What the parser must say: an error's code, that it needs more, or these facts of a complete head. */
export type Expected = ProtocolCode | "more" | Partial<HeadFacts>;

export type HeadCase = readonly [name: string, raw: string, expected: Expected];

export const LIMITS: HeadRules = {
  headBytes: 4096,
  headerCount: 20,
  targetBytes: 1024,
  isUrl: URL.canParse,
};

/** A head with these field lines. */
export function head(requestLine: string, ...fields: string[]): string {
  return [requestLine, ...fields, "", ""].join("\r\n");
}

/** A GET in HTTP/1.1 with these field lines and a Host. */
export function get(...fields: string[]): string {
  return head("GET / HTTP/1.1", "Host: a", ...fields);
}

/** Registers one test for each row. */
export function testHeads(table: readonly HeadCase[], limits: HeadRules = LIMITS): void {
  for (const [name, raw, expected] of table) {
    Deno.test(`HeadParser.parse() ${name}`, () => checkHead(raw, expected, limits));
  }
}

/** Feeds `raw` in every way, to a parser that knows nothing and to one that may know the fields and the target. */
export function checkHead(raw: string, expected: Expected, limits: HeadRules = LIMITS): void {
  const memory = new HeadMemory();
  for (const feeding of feedings(raw, { alone: expected === "more" })) {
    const where = `${feeding.name}: ${JSON.stringify(raw)}`;
    const outcome = parse(new HeadParser(limits), feeding);
    assertEquals(comparable(outcome, expected), expected, where);
    assertEquals(parse(new HeadParser(limits, memory), feeding), outcome, `known, ${where}`);
  }
}

/** Only the facts that the row states. */
function comparable(outcome: Expected, expected: Expected): Expected {
  if (typeof outcome === "string" || typeof expected === "string") return outcome;
  return Object.fromEntries(
    Object.entries(outcome).filter(([key]) => key in expected),
  ) as Partial<HeadFacts>;
}

/** Feeds the pieces, each time in a buffer that has moved, until there is an outcome. */
export function parse(parser: HeadParser, feeding: Feeding): Expected {
  for (const end of feeding.ends) {
    const start = (end * 7) % 13;
    const moved = new Uint8Array(start + feeding.bytes.length).fill(0x20, 0, start);
    moved.set(feeding.bytes.subarray(0, end), start);
    try {
      const next = parser.parse(moved, start, start + end);
      if (next !== NEED_MORE) return factsOf(parser.head, moved, start, next);
    } catch (error) {
      if (error instanceof ProtocolError) return error.code;
      throw error;
    }
  }
  return "more";
}

function factsOf(from: ParsedHead, bytes: Bytes, start: number, next: number): HeadFacts {
  assertEquals(next - start, from.length, "the offset returned and the head's length");
  const text = (first: number, last: number) => textOf(bytes, start + first, start + last);
  return {
    method: from.method,
    target: from.knownTarget?.text ?? text(from.targetStart, from.targetEnd),
    form: from.targetForm,
    minorVersion: from.minorVersion,
    host: from.hostStart === -1 ? null : text(from.hostStart, from.hostEnd),
    fields: text(from.fieldsStart, from.length),
    length: from.length,
    framing: from.framing,
    contentLength: from.contentLength,
    keepAlive: from.keepAlive,
    expectContinue: from.expectContinue,
    upgrade: from.upgrade,
  };
}
