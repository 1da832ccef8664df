/**
 * The answers from ready bytes are those that the usual way would have written, or none at all.
 *
 * @module
 */

import { answerHead } from "../../reactor/answer.ts";
import { BufferPool } from "../../reactor/buffer_pool.ts";
import { Outbox } from "../../reactor/outbox.ts";
import { PlainAnswers } from "../../reactor/plain_answers.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { CODEC } from "./fakes.ts";

const DATE = "date: Tue, 01 Jan 2030 00:00:00 GMT\r\n";
const TYPE = ["content-type", "text/plain;charset=UTF-8"];

interface Answer {
  readonly status?: number;
  readonly fields?: readonly string[];
  readonly text?: string;
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
    return taken ? written(outbox) : "not taken";
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
  { text: "y".repeat(256) },
];

for (const answer of TAKEN) {
  Deno.test(`PlainAnswers writes what answerHead() does: ${JSON.stringify(answer).slice(0, 60)}`, () => {
    const { status = 200, fields = TYPE, text = "Hello" } = answer;
    const facts = { framing: text.length, persists: true, dateLine: DATE, keepAliveLine: "" };
    const expected = answerHead({ status, fields }, { minorVersion: 1, ...facts }) + text;
    assertEquals(put(answer), ["not taken", expected, expected]);
  });
}

const LEFT: readonly Answer[] = [
  { text: "y".repeat(257) },
  { text: "é" },
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
      if (!plain.put(outbox, head, "ok")) continue;
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
