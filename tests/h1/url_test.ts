/**
 * Every request that the parser takes has a URL, and what the parser refuses although a URL could be made of
 * it belongs to a listed class.
 *
 * @module
 */

import fc from "fast-check";
import { HeadMemory } from "../../reactor/h1/head_memory.ts";
import { HeadParser, NEED_MORE } from "../../reactor/h1/head_parser.ts";
import { ReadHead } from "../../reactor/h1/read_head.ts";
import { CODEC } from "../engine/fakes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { get, head, LIMITS } from "./heads.ts";
import { latin1 } from "./splits.ts";

const RUNS = 20_000;

/** The URL of the request with this head, or the code with which it is refused. */
function urlOf(raw: string): { readonly url: string } | { readonly code: string } {
  const parser = new HeadParser(LIMITS);
  const bytes = latin1(raw);
  try {
    assert(parser.parse(bytes, 0, bytes.length) !== NEED_MORE, JSON.stringify(raw));
  } catch (error) {
    return { code: (error as { code: string }).code };
  }
  const read = new ReadHead(parser.head, { bytes, start: 0, codec: CODEC });
  return { url: read.url("http://", "localhost") };
}

/** What an authority may be refused for although a URL can be made of it. */
const STRICTER: Readonly<Record<string, RegExp>> = {
  "userinfo (RFC 9110 §4.2.4)": /@/,
  "a byte that RFC 3986 has in no authority": /[^\w.~!$&'()*+,;=%:[\]-]/,
  "a percent sign that encodes nothing": /%(?![0-9a-f]{2})/i,
  "a port of more than five digits": /:\d{6,}$/,
};

/** CONNECT needs a port, and not port 0 (RFC 9110 §9.3.6). */
const STRICTER_CONNECT = { ...STRICTER, "no port": /^[^:[]*$|\]$|:0*$/ };

const piece = fc.oneof(
  fc.constantFrom(
    ..."a b.c xn-- xn--a xn--zca 1 0x 0 08 256 999 % %4 %41 %00 %2f %2e %31 %c3%a4".split(" "),
  ),
  fc.constantFrom(
    ...". .. - -- _ : :80 :0 :65535 :65536 :000080 [ ] [::1] [::1.2.3.4] :: ::1 1:2".split(" "),
  ),
  fc.constantFrom(
    ..."1.2.3.4 127.1 1.2.3.4.5 0x7f.1 4294967296 @ \\ / ? # < ^ | ~ ! $ & ' ( ) * + , ; =".split(
      " ",
    ),
  ),
  fc.string({ minLength: 1, maxLength: 2 }),
);
const hosts = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));
const words = fc.stringMatching(/^[\x21-\x7e]{0,12}$/);

/** Both directions, for an authority and the request that has it. */
function check(authority: string, raw: string, stricter: Readonly<Record<string, RegExp>>): void {
  const outcome = urlOf(raw);
  if ("url" in outcome) return assert(URL.canParse(outcome.url), `No URL: ${outcome.url}`);
  const why = Object.values(stricter).some((pattern) => pattern.test(authority));
  assert(
    why || !URL.canParse(`http://${authority}/`),
    `Refused with ${outcome.code}: ${JSON.stringify(authority)}`,
  );
}

Deno.test("HeadParser.parse() takes a Host just when a URL can be made with it", () => {
  fc.assert(
    fc.property(hosts, (host) => check(host, head("GET / HTTP/1.1", `Host: ${host}`), STRICTER)),
    {
      numRuns: RUNS,
    },
  );
});

Deno.test("HeadParser.parse() takes an absolute target just when it is a URL", () => {
  fc.assert(
    fc.property(
      hosts,
      words,
      (host, rest) => check(host, head(`GET http://${host}/${rest} HTTP/1.1`, "Host: a"), STRICTER),
    ),
    { numRuns: RUNS },
  );
});

Deno.test("HeadParser.parse() takes a CONNECT just when a URL can be made of its target", () => {
  fc.assert(
    fc.property(
      hosts,
      (host) => check(host, head(`CONNECT ${host} HTTP/1.1`, "Host: a"), STRICTER_CONNECT),
    ),
    { numRuns: RUNS },
  );
});

Deno.test("HeadParser.parse() takes no path or query of which no URL can be made", () => {
  fc.assert(
    fc.property(words, (rest) => {
      const outcome = urlOf(head(`GET /${rest} HTTP/1.1`, "Host: a"));
      assert("url" in outcome && URL.canParse(outcome.url), `GET /${rest}`);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("HeadParser.parse() asks the URL parser for unusual hosts only, and once for fields it knows", () => {
  const asked: string[] = [];
  const isUrl = (text: string) => asked.push(text) > 0;
  const memory = new HeadMemory();
  const times = (count: number, raw: string) => {
    const bytes = latin1(raw);
    asked.length = 0;
    for (let i = 0; i < count; i++) {
      new HeadParser({ ...LIMITS, isUrl }, memory).parse(bytes, 0, bytes.length);
    }
    return asked.length;
  };
  for (const usual of ["a.example:80", "127.0.0.1:8000", "[::1]", "10.a", "a-b.c1", "localhost."]) {
    assertEquals(times(1, head("GET / HTTP/1.1", `Host: ${usual}`)), 0, usual);
  }
  assertEquals(times(1, get().replace("GET /", "GET http://a/x%")), 0);
  assertEquals(times(1, get().replace("GET /", "GET http://a%62/")), 1);
  const once = new HeadMemory();
  const bytes = latin1(head("GET / HTTP/1.1", "Host: xn--zca.a"));
  asked.length = 0;
  for (let i = 0; i < 100; i++) {
    new HeadParser({ ...LIMITS, isUrl }, once).parse(bytes, 0, bytes.length);
  }
  assertEquals(asked, ["http://xn--zca.a"]);
});
