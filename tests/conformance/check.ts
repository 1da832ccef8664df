/**
 * Compares the result of a case with the expected one: the answers as a strict client reads them,
 * the calls of the handler, and the connection's end. What holds for every case is checked here as
 * well: a Date in each answer that needs one, and a last answer that says that it is the last.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import {
  type Bytes,
  type ByteSource,
  readResponse,
  type WireResponse,
} from "../support/response.ts";
import { latin1 } from "../support/wire.ts";
import type { Expected, Outcome, Seen } from "./case.ts";
import type { Observed } from "./wires.ts";

/** What was sent before and after the case. */
export interface Around {
  /** A request before the case, which is served. */
  readonly before: boolean;
  /** A request after the case, which is served if the connection goes on. */
  readonly after: boolean;
  /** Bytes after the case, for a connection that is taken over; they come back. */
  readonly raw: string;
}

interface Answer {
  readonly response: WireResponse;
  readonly text: string;
}

/** @throws {AssertionError} At the first difference. */
export async function check(
  observed: Observed,
  { outcome, around }: { outcome: Outcome; around: Around },
): Promise<void> {
  const before = around.before ? 1 : 0;
  const after = around.after && outcome.then === "keeps" ? 1 : 0;
  const { answers, tail } = await answersOf(observed);
  const statuses = answers.map(({ response }) => response.status);
  assertEquals(
    statuses,
    [...times(before, 200), ...outcome.statuses, ...times(after, 200)],
    `The answers: ${JSON.stringify(observed.output)}`,
  );
  checkCalls(observed.seen.slice(before, observed.seen.length - after), outcome.seen);
  const own = answers.slice(before, answers.length - after);
  checkBytes(own.map(({ text }) => text).join(""), outcome);
  if (outcome.text !== undefined) assertEquals(own.at(-1)!.response.text, outcome.text);
  for (const { response } of own) checkDate(response);
  checkEnd({ observed, outcome, after, last: own.at(-1)?.response });
  assertEquals(tail.replaceAll(">", ""), outcome.then === "raw" ? around.raw : "", "The raw bytes");
}

function times(count: number, status: number): number[] {
  return Array.from({ length: count }, () => status);
}

/** Reads all answers; what follows one that hands the connection over is not HTTP. */
async function answersOf({ output, seen }: Observed): Promise<{ answers: Answer[]; tail: string }> {
  const source = new TextSource(output);
  const answers: Answer[] = [];
  let finals = 0;
  while (source.at < output.length) {
    const from = source.at;
    const method = seen[finals]?.method ?? "GET";
    const tunnel = method === "CONNECT" && /^HTTP\/1\.1 2/.test(output.slice(from));
    const response = await readResponse(source, tunnel ? "HEAD" : method);
    answers.push({ response, text: output.slice(from, source.at) });
    if (tunnel || response.status === 101) return { answers, tail: output.slice(source.at) };
    if (response.status >= 200) finals++;
  }
  return { answers, tail: "" };
}

/** Bytes that are all there. */
class TextSource implements ByteSource {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  line(): Promise<string> {
    const end = this.#text.indexOf("\n", this.at);
    const line = end === -1 ? this.#rest() : this.#text.slice(this.at, end + 1);
    assert(line.endsWith("\r\n"), `No line, or one without CRLF: ${JSON.stringify(line)}`);
    this.at += line.length;
    return Promise.resolve(line.slice(0, -2));
  }

  exactly(length: number): Promise<Bytes> {
    const text = this.#rest().slice(0, length);
    assertEquals(text.length, length, `The answer ends early: ${JSON.stringify(text)}`);
    this.at += length;
    return Promise.resolve(latin1(text));
  }

  rest(): Promise<Bytes> {
    const text = this.#rest();
    this.at = this.#text.length;
    return Promise.resolve(latin1(text));
  }

  #rest(): string {
    return this.#text.slice(this.at);
  }
}

function checkCalls(seen: readonly Seen[], expected: readonly Expected[]): void {
  const calls = seen.map(({ method, url }) => `${method} ${url}`);
  assertEquals(seen.length, expected.length, `Calls of the handler: ${JSON.stringify(calls)}`);
  for (const [at, wanted] of expected.entries()) {
    assertEquals(partOf(seen[at]!, wanted), wanted, "What the handler saw");
  }
}

/** What of `seen` is asked for. */
function partOf(seen: Seen, wanted: Expected): Expected {
  const { fields: wantedFields, ...rest } = wanted;
  const part = Object.fromEntries(Object.keys(rest).map((key) => [key, seen[key as keyof Seen]]));
  if (wantedFields === undefined) return part;
  const names = Object.keys(wantedFields);
  return { ...part, fields: Object.fromEntries(names.map((n) => [n, seen.fields[n] ?? null])) };
}

function checkBytes(text: string, { has = [], lacks = [] }: Outcome): void {
  for (const each of has) assert(each.test(text), `${each} is not in ${JSON.stringify(text)}`);
  for (const each of lacks) assert(!each.test(text), `${each} is in ${JSON.stringify(text)}`);
}

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

/** RFC 9110 §6.6.1, for each answer that a server with a clock gives. */
function checkDate(response: WireResponse): void {
  if (response.status < 200) return;
  const date = response.header("date");
  assert(date !== null && IMF_FIXDATE.test(date), `Date: ${date}`);
}

/** RFC 9112 §9.3 and §9.6. */
function checkEnd(
  { observed, outcome, after, last }: {
    readonly observed: Observed;
    readonly outcome: Outcome;
    readonly after: number;
    readonly last: WireResponse | undefined;
  },
): void {
  const open = outcome.then === "waits" || outcome.then === "raw";
  assertEquals(observed.closed, !open && (after === 1 || outcome.then === "closes"), "The end");
  if (last === undefined || open) return;
  const options = last.headers("connection").join().toLowerCase().split(/\s*,\s*/);
  assertEquals(options.includes("close"), outcome.then === "closes", "Connection: close");
  if (last.version === "HTTP/1.0") {
    assertEquals(options.includes("keep-alive"), outcome.then === "keeps", "keep-alive");
  }
}
