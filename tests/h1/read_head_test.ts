/**
 * A head says the same whether its fields and target were read or remembered, and goes on saying it after
 * its buffer was overwritten.
 *
 * @module
 */

import { HeadMemory } from "../../reactor/h1/head_memory.ts";
import { HeadParser } from "../../reactor/h1/head_parser.ts";
import { ReadHead } from "../../reactor/h1/read_head.ts";
import { CODEC, latin1 } from "../engine/fakes.ts";
import { assert, assertEquals } from "../support/assert.ts";

const LIMITS = { headBytes: 32_768, headerCount: 100, targetBytes: 8_192, isUrl: URL.canParse };

interface Row {
  readonly lines: readonly string[];
  readonly target: string;
  readonly path: string;
  readonly host: string | null;
  readonly url: string;
  readonly fields?: Readonly<Record<string, string | null>>;
}

const ROWS: readonly Row[] = [
  {
    lines: ["GET / HTTP/1.1", "Host: h"],
    target: "/",
    path: "/",
    host: "h",
    url: "http://h/",
    fields: { host: "h", HOST: "h", cookie: null },
  },
  {
    lines: ["GET /a/../b?c=%20#d HTTP/1.1", "host:  h:80 ", "A: one", "a:\ttwo\t", "B:"],
    target: "/a/../b?c=%20#d",
    path: "/a/../b",
    host: "h:80",
    url: "http://h:80/a/../b?c=%20#d",
    fields: { a: "one, two", b: "", A: "one, two" },
  },
  {
    lines: ["GET http://other:8080 HTTP/1.1", "Host: h"],
    target: "http://other:8080",
    path: "/",
    host: "h",
    url: "http://other:8080/",
  },
  {
    lines: ["GET http://other/p?q HTTP/1.1", "Host: h"],
    target: "http://other/p?q",
    path: "/p",
    host: "h",
    url: "http://other/p?q",
  },
  {
    lines: ["OPTIONS * HTTP/1.1", "Host: h"],
    target: "*",
    path: "*",
    host: "h",
    url: "http://h/*",
  },
  {
    lines: ["CONNECT h:443 HTTP/1.1", "Host: h:443"],
    target: "h:443",
    path: "h:443",
    host: "h:443",
    url: "http://h:443",
  },
  {
    lines: ["GET /old HTTP/1.0", "A: 1"],
    target: "/old",
    path: "/old",
    host: null,
    url: "http://default:8000/old",
    fields: { a: "1" },
  },
  {
    lines: ["GET /c HTTP/1.1", "Host: h", "Cookie: a=1", "Cookie: b=2", "X: \u00e4\u00ff"],
    target: "/c",
    path: "/c",
    host: "h",
    url: "http://h/c",
    fields: { cookie: "a=1; b=2", x: "\u00e4\u00ff" },
  },
];

for (const { lines, target, path, host, url, fields = {} } of ROWS) {
  Deno.test(`a head of "${lines[0]}" says the same, read or remembered`, () => {
    const memory = new HeadMemory();
    const text = [...lines, "", ""].join("\r\n");
    const remembered = { fields: 0, target: 0 };
    for (let turn = 0; turn < 40; turn++) {
      const start = turn % 5;
      const bytes = latin1("!".repeat(start) + text + "GET");
      const parser = new HeadParser(LIMITS, memory);
      assertEquals(parser.parse(bytes, start, bytes.length), start + text.length);
      if (parser.head.known !== null) remembered.fields++;
      if (parser.head.knownTarget !== null) remembered.target++;
      const head = new ReadHead(parser.head, { bytes, start, codec: CODEC });
      bytes.fill(0x21);
      // The parser's own record is used again, too.
      const other = latin1("PUT /else HTTP/1.1\r\nHost: else\r\n\r\n");
      parser.parse(other, 0, other.length);
      assertEquals([head.method, head.target, head.path], [lines[0]!.split(" ")[0], target, path]);
      assertEquals([head.host, head.url("http://", "default:8000")], [host, url]);
      for (const [name, value] of Object.entries(fields)) assertEquals(head.header(name), value);
      assertEquals(head.fields.text, text.slice(text.indexOf("\r\n") + 2));
    }
    // Only fields with a Host are remembered, and only targets in origin form.
    assertEquals(remembered.fields > 0, host !== null);
    assert(remembered.target === 0 || target.startsWith("/"), "A target of another form");
    assertEquals(remembered.target > 0, host !== null && target.startsWith("/"));
  });
}
