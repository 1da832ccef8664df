/**
 * The answers from ready bytes are those that the usual way would have written, or none at all.
 *
 * @module
 */

import { answerHead } from "../../reactor/answer/answer.ts";
import { BufferPool, SMALL_BYTES } from "../../reactor/memory/buffer_pool.ts";
import { Outbox } from "../../reactor/memory/outbox.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { PlainAnswers } from "../../reactor/answer/plain_answers.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { CODEC } from "./fakes.ts";

const DATE = "date: Tue, 01 Jan 2030 00:00:00 GMT\r\n";
const TYPE = ["content-type", "text/plain;charset=UTF-8"];

interface Answer {
  readonly status?: number;
  readonly fields?: readonly string[];
  readonly text?: string;
}

/** Gives small buffers only. */
class SmallBuffers extends BufferPool {
  override takeLarge(): Bytes {
    return this.takeSmall();
  }
}

function written(outbox: Outbox): string {
  const bytes = outbox.next();
  return bytes === null ? "" : CODEC.latin1(bytes, 0, bytes.length);
}

/** Put three times, since a head is remembered at the second. */
function put({ status = 200, fields = TYPE, text = "Hello" }: Answer): string[] {
  const plain = new PlainAnswers(CODEC);
  plain.setDate(DATE);
  return [1, 2, 3].map(() => {
    const outbox = new Outbox(new BufferPool(), CODEC);
    const taken = plain.put(outbox, { status, fields: [...fields] }, text);
    if (taken < 0) return "not taken";
    assertEquals(taken, CODEC.utf8(text).length);
    return written(outbox);
  });
}

const TAKEN: readonly Answer[] = [
  {},
  { fields: [] },
  { status: 404, text: "x" },
  { status: 299, fields: ["X-A", "1", "Set-Cookie", "a=b", "Set-Cookie", "c=d"] },
  { text: "y".repeat(9) },
  { text: "y".repeat(10) },
  { text: "y".repeat(99) },
  { text: "y".repeat(100) },
  { text: "y".repeat(1_900) },
  { text: "y".repeat(2_000) },
  { text: "y".repeat(16_384) },
  { text: "é" },
  // Lengths with one digit more in bytes than in characters, in text short and long.
  { text: "é".repeat(5) },
  { text: "yé" + "y".repeat(97) },
  { text: "漢".repeat(34) },
  { text: "漢".repeat(900) },
  { text: "漢".repeat(16_384) },
  { text: "\ud83d\ude00, \ud83d alone" },
];

for (const answer of TAKEN) {
  Deno.test(`PlainAnswers writes what answerHead() does: ${JSON.stringify(answer).slice(0, 60)}`, () => {
    const { status = 200, fields = TYPE, text = "Hello" } = answer;
    const bytes = CODEC.utf8(text);
    const facts = { framing: bytes.length, persists: true, dateLine: DATE, keepAliveLine: "" };
    const expected = answerHead({ status, fields }, { minorVersion: 1, ...facts }) +
      CODEC.latin1(bytes, 0, bytes.length);
    assertEquals(put(answer), ["not taken", expected, expected]);
  });
}

const LEFT: readonly Answer[] = [
  { text: "y".repeat(16_385) },
  { fields: ["x-name", "é"] },
  { fields: ["Date", "today"] },
  { fields: ["Connection", "close"] },
  { fields: ["content-length", "7"] },
  { fields: ["transfer-encoding", "gzip"] },
  { fields: ["keep-alive", "timeout=1"] },
];

for (const answer of LEFT) {
  Deno.test(`PlainAnswers leaves to the usual way: ${JSON.stringify(answer).slice(0, 60)}`, () => {
    assertEquals(put(answer), ["not taken", "not taken", "not taken"]);
  });
}

Deno.test("PlainAnswers lets no field break out", () => {
  assertThrows(() => put({ fields: ["x", "a\r\nb: c"] }), TypeError);
});

Deno.test("PlainAnswers mixes no heads up", () => {
  const plain = new PlainAnswers(CODEC);
  plain.setDate(DATE);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 40; i++) {
      const outbox = new Outbox(new BufferPool(), CODEC);
      const head = { status: 200 + i % 7 * 16, fields: ["x-id", `${i % 5}`] };
      if (plain.put(outbox, head, "ok") < 0) continue;
      const lines = written(outbox).split("\r\n");
      assertEquals([lines[0]!.split(" ")[1], lines[1]], [`${head.status}`, `x-id: ${i % 5}`]);
    }
  }
});

Deno.test("PlainAnswers takes the new date", () => {
  const plain = new PlainAnswers(CODEC);
  const outbox = new Outbox(new BufferPool(), CODEC);
  const head = { status: 200, fields: TYPE };
  plain.setDate(DATE);
  plain.put(outbox, head, "a");
  plain.setDate(DATE.replace("00:00:00", "00:00:01"));
  plain.put(outbox, head, "b");
  assertEquals(written(outbox).includes("00:00:01"), true);
});

Deno.test("PlainAnswers writes text of any length in bytes into what room is left, or leaves all as it was", () => {
  const plain = new PlainAnswers(CODEC);
  plain.setDate(DATE);
  const head = { status: 200, fields: TYPE };
  for (let i = 0; i < 2; i++) plain.put(new Outbox(new BufferPool(), CODEC), head, "");
  for (const char of ["y", "é", "漢"]) {
    for (let room = 0; room < 700; room++) {
      const outbox = new Outbox(new SmallBuffers(), CODEC);
      outbox.text("x".repeat(SMALL_BYTES - room));
      const text = char.repeat(120);
      const bytes = plain.put(outbox, head, text);
      const [before = "", , body] = written(outbox).split(/(?<=x)(?=HTTP)|\r\n\r\n/);
      assertEquals(before.length, SMALL_BYTES - room, `${char} ${room}`);
      assertEquals(bytes, body === undefined ? -1 : CODEC.utf8(text).length);
      assertEquals(body ?? "", bytes < 0 ? "" : CODEC.latin1(CODEC.utf8(text), 0, bytes));
    }
  }
});
