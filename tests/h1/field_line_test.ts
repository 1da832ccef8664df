import { checkHead, get, head, type HeadCase, testHeads } from "./heads.ts";

testHeads([
  ["takes every token character in a name", get("!#$%&'*+-.^_`|~09azAZ: b"), { method: "GET" }],
  ["takes a name of one byte and no value", get("x:"), { method: "GET" }],
  ["takes a value without space in front", get("x:y"), { method: "GET" }],
  ["takes a tab inside a value", get("x: a\tb"), { method: "GET" }],
  ["takes a tab around a value", get("x:\t a \t"), { method: "GET" }],
  ["takes obs-text in a value", get("x: \x80\xa0\xff"), { method: "GET" }],
  ["takes every visible byte in a value", get('x: !"(),/:;<=>?@[\\]{}~'), { method: "GET" }],
  ["takes no field at all in HTTP/1.0", head("GET / HTTP/1.0"), { fields: "\r\n" }],

  // RFC 9112 §5.1
  ["refuses a space before the colon", get("x : y"), "bad_field"],
  ["refuses a tab before the colon", get("x\t: y"), "bad_field"],
  ["refuses a space in a name", get("x y: z"), "bad_field"],
  ["refuses an empty name", get(": y"), "bad_field"],
  ["refuses a line without colon", get("xy"), "bad_field"],
  ["refuses a space before Host's colon", head("GET / HTTP/1.1", "Host : a"), "bad_field"],
  // §5.2
  ["refuses a folded line", get("x: y", " z"), "bad_field"],
  ["refuses a line folded with a tab", get("x: y", "\tz"), "bad_field"],
  ["refuses a folded first line", head("GET / HTTP/1.1", " Host: a"), "bad_field"],
  ["refuses a line of a space alone", get("x: y", " "), "bad_field"],
  // §2.2
  ["refuses a bare LF after a value", "GET / HTTP/1.1\r\nHost: a\nx: y\r\n\r\n", "bad_field"],
  ["refuses a bare CR after a value", "GET / HTTP/1.1\r\nHost: a\rx: y\r\n\r\n", "bad_field"],
  [
    "refuses two LF after a value",
    "GET / HTTP/1.1\r\nHost: a\r\nx: y\n\nz: w\r\n\r\n",
    "bad_field",
  ],
  [
    "refuses NUL and LF after a value",
    "GET / HTTP/1.1\r\nHost: a\r\nx: y\0\nz: w\r\n\r\n",
    "bad_field",
  ],
  ["refuses two CR after a value", "GET / HTTP/1.1\r\nHost: a\r\r\nx: y\r\n\r\n", "bad_field"],
  ["refuses a bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "bad_field"],
  ["refuses a bare CR as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rx", "bad_field"],
  ["refuses LF CR LF after a value", "GET / HTTP/1.1\r\nHost: a\n\r\n", "bad_field"],
]);

// RFC 9110 §5.1 and §5.5: each byte in turn, in a name and in a value.
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;

testEveryByte("takes in names the token characters only", (char) => ({
  line: `ab${char}c: d`,
  good: TOKEN.test(char) || char === ":",
}));

testEveryByte("takes at the start of names the token characters only", (char) => ({
  line: `${char}c: d`,
  good: TOKEN.test(char),
}));

testEveryByte("takes in values tab, space, visible ASCII and obs-text only", (char) => ({
  line: `a: b${char}c`,
  good: char === "\t" || (char >= " " && char !== "\x7f"),
}));

function testEveryByte(name: string, row: (char: string) => { line: string; good: boolean }): void {
  Deno.test(`HeadParser.parse() ${name}`, () => {
    for (let byte = 0; byte < 256; byte++) {
      const { line, good } = row(String.fromCharCode(byte));
      checkHead(get(line), good ? { method: "GET" } : "bad_field");
    }
  });
}

const LONG_NAMES: HeadCase[] = [1, 16, 17, 18, 19, 300].map((
  length,
) => [`takes a name of ${length} bytes`, get("c".repeat(length) + ": d"), { method: "GET" }]);
testHeads(LONG_NAMES);
