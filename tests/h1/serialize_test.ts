import {
  bodyAllowed,
  chunkHead,
  connectionOption,
  CONTINUE,
  FieldFlag,
  fieldLines,
  imfFixdate,
  LAST_CHUNK,
  scanFields,
  statusLine,
} from "../../reactor/h1/serialize.ts";
import { ChunkedDecoder, ChunkStep } from "../../reactor/h1/chunked.ts";
import { STATUS_TEXT } from "@std/http/status";
import { REASON_PHRASES } from "../../reactor/h1/reason_phrases.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { latin1 } from "./splits.ts";

Deno.test("statusLine() gives version, status and reason", () => {
  assertEquals(statusLine(200, 1), "HTTP/1.1 200 OK\r\n");
  assertEquals(statusLine(200, 0), "HTTP/1.0 200 OK\r\n");
  assertEquals(statusLine(404, 1), "HTTP/1.1 404 Not Found\r\n");
  assertEquals(statusLine(101, 1), "HTTP/1.1 101 Switching Protocols\r\n");
  assertEquals(statusLine(431, 0), "HTTP/1.0 431 Request Header Fields Too Large\r\n");
});

Deno.test("REASON_PHRASES has the registered status codes, as the standard library lists them", () => {
  assertEquals({ ...REASON_PHRASES }, { ...STATUS_TEXT });
});

Deno.test("statusLine() leaves the reason of an unregistered status empty", () => {
  assertEquals(statusLine(299, 1), "HTTP/1.1 299 \r\n");
  assertEquals(statusLine(599, 0), "HTTP/1.0 599 \r\n");
  assertEquals(statusLine(999, 1), "HTTP/1.1 999 \r\n");
});

Deno.test("statusLine() throws for what is no status", () => {
  for (const status of [99, 1000, 200.5, -200, NaN, Infinity]) {
    assertThrows(() => statusLine(status, 1), RangeError);
  }
});

Deno.test("CONTINUE and LAST_CHUNK are whole messages", () => {
  assertEquals(CONTINUE, "HTTP/1.1 100 Continue\r\n\r\n");
  const decoder = new ChunkedDecoder();
  assertEquals(decoder.next(latin1(LAST_CHUNK), 0, LAST_CHUNK.length), ChunkStep.DONE);
});

Deno.test("chunkHead() gives the size that the decoder reads", () => {
  for (const size of [1, 9, 10, 255, 65_536]) {
    const raw = latin1(chunkHead(size) + "x".repeat(size));
    const decoder = new ChunkedDecoder();
    assertEquals(decoder.next(raw, 0, raw.length), ChunkStep.DATA);
    assertEquals(decoder.dataEnd - decoder.dataStart, size);
  }
  assertEquals(chunkHead(255), "ff\r\n");
});

Deno.test("bodyAllowed() says which answers have a body", () => {
  const rows: [method: string, status: number, allowed: boolean][] = [
    ["GET", 200, true],
    ["POST", 404, true],
    ["GET", 203, true],
    ["GET", 206, true],
    ["GET", 303, true],
    ["GET", 305, true],
    ["HEAD", 200, false],
    ["HEAD", 404, false],
    ["head", 200, true],
    ["GET", 100, false],
    ["GET", 101, false],
    ["GET", 199, false],
    ["GET", 204, false],
    ["GET", 205, false],
    ["GET", 304, false],
    ["CONNECT", 200, false],
    ["CONNECT", 299, false],
    ["CONNECT", 300, true],
    ["CONNECT", 501, true],
  ];
  for (const [method, status, allowed] of rows) {
    assertEquals(bodyAllowed(method, status), allowed, `${method} ${status}`);
  }
});

Deno.test("fieldLines() gives one line a field, in order and case", () => {
  assertEquals(fieldLines([]), "");
  assertEquals(fieldLines(["X-a", "b"]), "X-a: b\r\n");
  assertEquals(fieldLines(["a", "b", "without-value"]), "a: b\r\n");
  assertEquals(
    fieldLines(["set-cookie", "a", "SET-COOKIE", "b", "x", ""]),
    "set-cookie: a\r\nSET-COOKIE: b\r\nx: \r\n",
  );
  assertEquals(fieldLines(["a", "\x01\t \x7f\x80\xff"]), "a: \x01\t \x7f\x80\xff\r\n");
});

Deno.test("fieldLines() throws for every character that is no token in a name", () => {
  for (let code = 0; code < 512; code++) {
    const char = String.fromCharCode(code);
    const good = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char);
    for (const name of [char, `${char}a`, `a${char}`, `a${char}b`]) {
      if (good) assertEquals(fieldLines([name, "v"]), `${name}: v\r\n`);
      else assertThrows(() => fieldLines([name, "v"]), TypeError);
    }
  }
  assertThrows(() => fieldLines(["", ""]), TypeError);
  assertThrows(() => fieldLines(["", "v"]), TypeError);
});

Deno.test("fieldLines() throws for a value with CR, LF, NUL or what is no byte", () => {
  for (let code = 0; code < 512; code++) {
    const char = String.fromCharCode(code);
    const bad = char === "\r" || char === "\n" || char === "\0" || code > 0xff;
    for (const value of [char, `${char}a`, `a${char}`, `a${char}b`]) {
      if (bad) assertThrows(() => fieldLines(["n", value]), TypeError);
      else assertEquals(fieldLines(["n", value]), `n: ${value}\r\n`);
    }
  }
  for (const value of ["\uffff", "\ud83d\ude00", "a\r\nevil: b", "a".repeat(300) + "\n"]) {
    assertThrows(() => fieldLines(["n", value]), TypeError);
  }
});

Deno.test("fieldLines() checks every field, not only the first", () => {
  assertThrows(() => fieldLines(["a", "b", "c", "d\n"]), TypeError);
  assertThrows(() => fieldLines(["a", "b", "c d", "e"]), TypeError);
});

Deno.test("fieldLines() says the same again, whatever came between", () => {
  const fields = Array.from({ length: 3000 }, (_, i) => [`n${i % 7}`, `v${i % 997}`]);
  for (const [name = "", value = ""] of [...fields, ...fields]) {
    assertEquals(fieldLines([name, value]), `${name}: ${value}\r\n`);
  }
  const long = "v".repeat(10_000);
  assertEquals(fieldLines(["n", long, "n", long]), `n: ${long}\r\n`.repeat(2));
});

Deno.test("scanFields() finds the fields that the engine has a say in", () => {
  const rows: [name: string, flag: number][] = [
    ["connection", FieldFlag.CONNECTION],
    ["Content-Length", FieldFlag.CONTENT_LENGTH],
    ["TRANSFER-ENCODING", FieldFlag.TRANSFER_ENCODING],
    ["Date", FieldFlag.DATE],
    ["Keep-Alive", FieldFlag.KEEP_ALIVE],
    ["upgradE", FieldFlag.UPGRADE],
    ["connectiom", 0],
    ["content-lengti", 0],
    ["transfer-encodinh", 0],
    ["data", 0],
    ["keep-alivf", 0],
    ["upgradf", 0],
    ["content-type", 0],
    ["", 0],
  ];
  for (const [name, flag] of rows) {
    assertEquals(scanFields([name, "x"]), flag, name);
    assertEquals(scanFields(["a", name, "b", "c"]), 0, `${name} as a value`);
  }
  assertEquals(scanFields([]), 0);
  assertEquals(
    scanFields(["Date", "x", "y", "z", "Upgrade", "a"]),
    FieldFlag.DATE | FieldFlag.UPGRADE,
  );
  assertEquals(FieldFlag.FRAMING, FieldFlag.CONTENT_LENGTH | FieldFlag.TRANSFER_ENCODING);
  const flags = rows.map(([, flag]) => flag).filter((flag) => flag !== 0);
  assertEquals(flags.reduce((sum, flag) => sum + flag), flags.reduce((set, flag) => set | flag));
});

Deno.test("connectionOption() finds an option in any line, place and case", () => {
  assertEquals(connectionOption(["Connection", "close"], "close"), true);
  assertEquals(connectionOption(["x", "y", "CONNECTION", "a ,\tClose, b"], "close"), true);
  assertEquals(connectionOption(["connection", "a", "connection", "close"], "close"), true);
  assertEquals(connectionOption(["connection", "upgrade"], "close"), false);
  assertEquals(connectionOption(["connection", "closed, not-close"], "close"), false);
  assertEquals(connectionOption(["keep-alive", "close", "x", "close"], "close"), false);
  assertEquals(connectionOption([], "close"), false);
});

Deno.test("imfFixdate() writes known dates", () => {
  const rows: [wallMs: number, text: string][] = [
    [784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"],
    [0, "Thu, 01 Jan 1970 00:00:00 GMT"],
    [999, "Thu, 01 Jan 1970 00:00:00 GMT"],
    [1000, "Thu, 01 Jan 1970 00:00:01 GMT"],
    [-1, "Wed, 31 Dec 1969 23:59:59 GMT"],
    [951_782_399_999, "Mon, 28 Feb 2000 23:59:59 GMT"],
    [951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"],
    [951_868_800_000, "Wed, 01 Mar 2000 00:00:00 GMT"],
    [4_107_542_399_000, "Sun, 28 Feb 2100 23:59:59 GMT"],
    [4_107_542_400_000, "Mon, 01 Mar 2100 00:00:00 GMT"],
    [253_402_300_799_999, "Fri, 31 Dec 9999 23:59:59 GMT"],
    [-62_167_219_200_000, "Sat, 01 Jan 0000 00:00:00 GMT"],
  ];
  for (const [wallMs, text] of rows) assertEquals(imfFixdate(wallMs), text);
});

Deno.test("imfFixdate() writes what the platform's Date does, on every day of 800 years", () => {
  const day = 86_400_000;
  // With a time of day that differs from one day to the next.
  for (let n = -150_000; n < 150_000; n++) {
    const wallMs = n * day + ((n * 7_919_333) % day);
    if (imfFixdate(wallMs) !== new Date(wallMs).toUTCString()) {
      assertEquals(imfFixdate(wallMs), new Date(wallMs).toUTCString());
    }
  }
});

Deno.test("imfFixdate() throws for a year that has not four digits", () => {
  for (const wallMs of [253_402_300_800_000, -62_167_219_200_001, NaN, Infinity]) {
    assertThrows(() => imfFixdate(wallMs), RangeError);
  }
});
