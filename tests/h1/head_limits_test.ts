import { ProtocolError } from "../../reactor/errors.ts";
import { HeadParser, type HeadRules, NEED_MORE } from "../../reactor/h1/head_parser.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { checkHead, get, head, LIMITS } from "./heads.ts";
import { latin1 } from "./splits.ts";

const AMPLE: HeadRules = {
  headBytes: 1000,
  headerCount: 100,
  targetBytes: 100,
  isUrl: URL.canParse,
};

Deno.test("HeadParser.parse() takes a head of exactly the bytes allowed, and none above", () => {
  for (const raw of [get("x: y"), "\r\n" + get("x: y"), head("GET / HTTP/1.0")]) {
    checkHead(raw, { length: raw.length }, { ...AMPLE, headBytes: raw.length });
    for (const less of [1, 2, 3, 4, 5]) {
      checkHead(raw, "head_too_large", { ...AMPLE, headBytes: raw.length - less });
    }
  }
});

Deno.test("HeadParser.parse() takes exactly the field lines allowed, and none above", () => {
  const raw = get("a: b", "c: d", "e: f");
  checkHead(raw, { method: "GET" }, { ...AMPLE, headerCount: 4 });
  checkHead(raw, "too_many_fields", { ...AMPLE, headerCount: 3 });
  checkHead(head("GET / HTTP/1.0"), { host: null }, { ...AMPLE, headerCount: 0 });
});

Deno.test("HeadParser.parse() takes a target of exactly the bytes allowed, and none above", () => {
  const raw = head("GET /345678 HTTP/1.1", "Host: a");
  checkHead(raw, { target: "/345678" }, { ...AMPLE, targetBytes: 7 });
  checkHead(raw, "target_too_long", { ...AMPLE, targetBytes: 6 });
});

/** The bytes that arrive until the parser refuses, one at a time. */
function refusedAfter(raw: string, limits: HeadRules): { bytes: number; code: string } {
  const parser = new HeadParser(limits);
  const bytes = latin1(raw);
  for (let end = 1; end <= bytes.length; end++) {
    try {
      assertEquals(parser.parse(bytes, 0, end), NEED_MORE);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { bytes: end, code: error.code };
    }
  }
  return { bytes: -1, code: "none" };
}

Deno.test("HeadParser.parse() refuses at the byte that breaks a limit, not at the head's end", () => {
  const target = refusedAfter("GET /" + "a".repeat(200), AMPLE);
  assertEquals(target, { bytes: 4 + AMPLE.targetBytes + 1, code: "target_too_long" });
  const large = refusedAfter("GET / HTTP/1.1\r\na: " + "b".repeat(2000), AMPLE);
  assertEquals(large, { bytes: AMPLE.headBytes, code: "head_too_large" });
  const line = "GET / HTTP/1.1\r\n";
  const many = refusedAfter(line + "a:\r\n".repeat(200), AMPLE);
  assertEquals(many, { bytes: line.length + 4 * 100 + 1, code: "too_many_fields" });
});

Deno.test("HeadParser.parse() refuses a head at its limit whatever was being read", () => {
  const raw = "\r\n" + get("x: y");
  for (let headBytes = 1; headBytes < raw.length; headBytes++) {
    checkHead(raw, "head_too_large", { ...AMPLE, headBytes });
  }
});

Deno.test("HeadParser.parse() says nothing of a peer's bytes in its errors", () => {
  const parser = new HeadParser(LIMITS);
  const bytes = latin1("SECRET\x01 /secret HTTP/1.1\r\n");
  const error = assertThrows(() => parser.parse(bytes, 0, bytes.length), ProtocolError);
  assertEquals(/secret/i.test(error.message), false);
});
