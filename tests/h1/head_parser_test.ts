import { ProtocolError } from "../../reactor/errors.ts";
import { HeadParser, NEED_MORE } from "../../reactor/h1/head_parser.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { get, head, LIMITS, parse } from "./heads.ts";
import { counting, latin1, whole } from "./splits.ts";

Deno.test("HeadParser.parse() leaves nothing of one head in the next", () => {
  const parser = new HeadParser(LIMITS);
  const loud = head(
    "OPTIONS * HTTP/1.1",
    "Host: a",
    "Connection: close",
    "Content-Length: 5",
    "Expect: 100-continue",
    ..."x".repeat(16).split("").map((name) => `${name}: y`),
  );
  const upgrade = get("Connection: upgrade", "Upgrade: a");
  const chunked = get("Transfer-Encoding: chunked", "Connection: keep-alive");
  const plain = head("GET / HTTP/1.0");
  for (const raw of [loud, plain, loud, upgrade, plain, chunked, plain, upgrade, chunked, loud]) {
    const outcome = parse(parser, whole(raw));
    assert(typeof outcome === "object");
    assertEquals(outcome, parse(new HeadParser(LIMITS), whole(raw)));
  }
});

Deno.test("HeadParser.parse() takes pipelined heads out of one buffer, one a call", () => {
  const parser = new HeadParser(LIMITS);
  const heads = [get("a: b"), "\r\n" + get(), head("POST /x HTTP/1.0")];
  const bytes = latin1(heads.join(""));
  let start = 0;
  for (const raw of heads) {
    const next = parser.parse(bytes, start, bytes.length);
    assertEquals(next, start + raw.length);
    assertEquals(parser.head.length, raw.length);
    start = next;
  }
  assertEquals(parser.parse(bytes, start, bytes.length), NEED_MORE);
});

Deno.test("HeadParser.parse() keeps its record readable until the next call", () => {
  const parser = new HeadParser(LIMITS);
  const bytes = latin1(get());
  const first = parser.head;
  parser.parse(bytes, 0, bytes.length);
  assertEquals([first === parser.head, first.method, first.hostStart], [true, "GET", 22]);
});

Deno.test("HeadParser.reset() forgets a head that was begun, wherever it stood", () => {
  const begun = latin1("\r\n" + get("Content-Length: 5", "Connection: close", "x: y"));
  const bytes = latin1(get());
  for (let end = 1; end < begun.length; end++) {
    const parser = new HeadParser(LIMITS);
    assertEquals(parser.parse(begun, 0, end), NEED_MORE);
    parser.reset();
    assertEquals(parser.parse(bytes, 0, bytes.length), bytes.length);
    assertEquals([parser.head.contentLength, parser.head.keepAlive], [0, true]);
  }
});

Deno.test("HeadParser.reset() makes the parser usable after an error", () => {
  const parser = new HeadParser(LIMITS);
  const bad = latin1(get("Content-Length: 5", "Content-Length: 5"));
  assertThrows(() => parser.parse(bad, 0, bad.length), ProtocolError);
  parser.reset();
  const good = latin1(get("Content-Length: 5"));
  assertEquals(parser.parse(good, 0, good.length), good.length);
});

const SIZE = 32 * 1024;
const filled = (text: string) => text.repeat(Math.ceil(SIZE / text.length));

const LARGE_HEADS: Record<string, string> = {
  "one long value": get("x: " + filled("y")),
  "a value of spaces": get("x:" + filled(" ") + "y"),
  "a Host after spaces": head("GET / HTTP/1.1", "Host:" + filled(" ") + "a" + filled(" ")),
  "a long Host": head("GET / HTTP/1.1", "Host: " + filled("%41")),
  "many fields": get(...filled("x:y ").trim().split(" ")),
  "one long name": get(filled("x") + ":"),
  "a long target": head("GET /" + filled("y") + " HTTP/1.1", "Host: a"),
  "a long absolute target": head("GET http://" + filled("y") + "/ HTTP/1.1", "Host: a"),
  "many connection options": get("Connection:" + filled(" ,x")),
  "a connection option of spaces": get("Connection: a" + filled(" ") + "b" + filled(" ") + ","),
  "many protocols": get("Connection: upgrade", "Upgrade: a" + filled(", a/1")),
};

for (const [name, raw] of Object.entries(LARGE_HEADS)) {
  Deno.test(`HeadParser.parse() reads each byte a few times at most: ${name}`, () => {
    const limits = { ...LIMITS, headBytes: 1e6, headerCount: 1e6, targetBytes: 1e6 };
    const parser = new HeadParser(limits);
    const counter = counting(latin1(raw));
    let next = NEED_MORE;
    for (let end = 1; end <= raw.length; end++) next = parser.parse(counter.bytes, 0, end);
    assertEquals(next, raw.length);
    // One scan, the first and the last byte of a part again, and a value's meaning a few times over.
    assert(counter.reads < 6 * raw.length + 500, `${counter.reads} reads of ${raw.length} bytes`);
  });
}

Deno.test("HeadParser.parse() reads a long list of codings a few times at most", () => {
  const raw = get("Transfer-Encoding: gzip" + filled(', a;b="c"') + ", chunked");
  const counter = counting(latin1(raw));
  const parser = new HeadParser({ ...LIMITS, headBytes: 1e6 });
  const error = assertThrows(() => parser.parse(counter.bytes, 0, raw.length), ProtocolError);
  assertEquals(error.code, "unknown_coding");
  assert(counter.reads < 6 * raw.length + 500, `${counter.reads} reads of ${raw.length} bytes`);
});
