/** Fields that are known from before mean what they would mean to a parser that reads them. */

import { HeadMemory } from "../../reactor/h1/head_memory.ts";
import { HeadParser } from "../../reactor/h1/head_parser.ts";
import { assertEquals } from "../support/assert.ts";
import { type Expected, get, head, LIMITS, parse } from "./heads.ts";
import { whole } from "./splits.ts";

const FIELDS = ["Host: a", "Cookie: secret=12345678", "Content-Length: 5", "Expect: 100-continue"];

/** What a parser with this memory makes of a head, and whether it knew the fields. */
function outcomeOf(raw: string, memory: HeadMemory): [outcome: Expected, known: boolean] {
  const parser = new HeadParser(LIMITS, memory);
  const outcome = parse(parser, whole(raw));
  return [outcome, parser.head.known !== null];
}

function fresh(raw: string): Expected {
  return parse(new HeadParser(LIMITS), whole(raw));
}

Deno.test("known fields mean the same after every request line", () => {
  const sections = [
    FIELDS,
    ["Host: a:80", "Connection: close"],
    ["Host: a", "Transfer-Encoding: chunked"],
    ["x: y", "Connection: Upgrade", "Upgrade: b", "Host:  c  "],
    ["Host: a", "Connection: keep-alive", "x: \xe4"],
  ];
  const lines = ["GET / HTTP/1.1", "\r\nPOST /b?c HTTP/1.1", "GET http://d/ HTTP/1.1"]
    .concat(["GET / HTTP/1.0", "CONNECT a:1 HTTP/1.1", "OPTIONS * HTTP/1.1", "GET e HTTP/1.1"]);
  for (const fields of sections) {
    const memory = new HeadMemory();
    outcomeOf(head("POST / HTTP/1.1", ...fields), memory);
    assertEquals(outcomeOf(head("PUT /x HTTP/1.1", ...fields), memory)[1], true, fields[1]);
    for (const line of lines) {
      const raw = head(line, ...fields);
      assertEquals(outcomeOf(raw, memory)[0], fresh(raw), `${line} ${fields}`);
    }
  }
});

Deno.test("fields that differ in any byte are not known, and are judged as usual", () => {
  const raw = head("POST / HTTP/1.1", ...FIELDS);
  const from = raw.indexOf("Host");
  for (let at = from; at < raw.length; at++) {
    for (const byte of ["\0", "\n", "\r", " ", "a", "Z", "9", ":", "\xff"]) {
      if (raw[at] === byte) continue;
      const memory = new HeadMemory();
      outcomeOf(raw, memory);
      const other = raw.slice(0, at) + byte + raw.slice(at + 1);
      assertEquals(outcomeOf(other, memory), [fresh(other), false], JSON.stringify(other));
    }
  }
});

Deno.test("fields that have not arrived whole are waited for", () => {
  const raw = head("POST / HTTP/1.1", ...FIELDS);
  const memory = new HeadMemory();
  outcomeOf(raw, memory);
  for (let end = 1; end < raw.length; end++) {
    assertEquals(outcomeOf(raw.slice(0, end), memory), ["more", false]);
  }
});

Deno.test("one field section in 16 unknown ones is remembered, and no more than 8", () => {
  const memory = new HeadMemory();
  const raw = (i: number) => get(`x: ${i}`);
  for (let i = 0; i <= 16; i++) assertEquals(outcomeOf(raw(i), memory)[1], false);
  const known = Array.from({ length: 17 }, (_, i) => i).filter((i) => outcomeOf(raw(i), memory)[1]);
  assertEquals(known, [0, 16]);
  const crowded = new HeadMemory();
  for (let i = 0; i < 9; i++) {
    assertEquals([outcomeOf(raw(i), crowded)[1], outcomeOf(raw(i), crowded)[1]], [false, true]);
  }
  const remembered = [8, 7, 6, 5, 4, 3, 2, 1, 0].filter((i) => outcomeOf(raw(i), crowded)[1]);
  assertEquals(remembered, [8, 7, 6, 5, 4, 3, 2, 1]);
  const turned = new HeadMemory();
  for (let i = 0; i < 40; i++) {
    assertEquals([outcomeOf(raw(i), turned)[1], outcomeOf(raw(i), turned)[1]], [false, true]);
  }
  // The latest first: what is asked for and not known is learned.
  const latest = Array.from({ length: 40 }, (_, i) => 39 - i)
    .filter((i) => outcomeOf(raw(i), turned)[1]);
  assertEquals(latest, [39, 38, 37, 36, 35, 34, 33, 32]);
});

Deno.test("a known section gives each name its own value, however often and many are asked for", () => {
  const memory = new HeadMemory();
  const raw = head("GET / HTTP/1.1", "Host: a", "x: 1", "X:2", "y:", "Cookie: b", "cookie: c");
  const parser = new HeadParser(LIMITS, memory);
  for (let i = 0; i < 2; i++) parse(parser, whole(raw));
  const { section } = parser.head.known!;
  for (let i = 0; i < 2; i++) {
    const values = ["x", "X", "y", "COOKIE", "host", "z", "x:", ""].map((name) =>
      section.get(name)
    );
    assertEquals(values, ["1, 2", "1, 2", "", "b; c", "a", null, null, null]);
    for (let n = 0; n < 50; n++) assertEquals(section.get(`none-${n}`), null);
  }
  assertEquals(section.get("x"), "1, 2");
});

Deno.test("long fields, and those of a client without Host, are not remembered", () => {
  for (const raw of [get("x: " + "y".repeat(1_024)), head("GET / HTTP/1.0", "x: y")]) {
    const memory = new HeadMemory();
    outcomeOf(raw, memory);
    assertEquals(outcomeOf(raw, memory), [fresh(raw), false]);
  }
});

Deno.test("fields of 1,024 bytes are remembered, a byte more is not", () => {
  const short = head("GET /longer HTTP/1.1", "Host: a", "x: ");
  const filler = "y".repeat(1_024 - (short.length - short.indexOf("Host")));
  for (const [value, known] of [[filler, true], [filler + "y", false]] as const) {
    const raw = head("GET /longer HTTP/1.1", "Host: a", `x: ${value}`);
    const memory = new HeadMemory();
    outcomeOf(raw, memory);
    assertEquals(outcomeOf(raw, memory), [fresh(raw), known]);
  }
});

Deno.test("where nothing repeats, 64 of 4,096 sections are looked for, until one is found", () => {
  const memory = new HeadMemory();
  for (let i = 0; i < 64; i++) outcomeOf(get(`x: ${i}`), memory);
  assertEquals(outcomeOf(get("x: 64"), memory)[1], false);
  for (let i = 65; i < 4_096; i++) assertEquals(outcomeOf(get("x: 48"), memory)[1], false);
  assertEquals(outcomeOf(get("x: 64"), memory)[1], false);
  for (let i = 1; i < 4_096; i++) outcomeOf(get("x: 48"), memory);
  assertEquals(outcomeOf(get("x: 48"), memory)[1], true);
  assertEquals(outcomeOf(get("x: 0"), memory)[1], true);
});
