/**
 * The fields of answers as REDbot and other checkers of HTTP look at them: what one resource says in answer to
 * a GET, a HEAD, both kinds of conditional requests, ranges and failures has to fit together (RFC 9110,
 * RFC 9111).
 *
 * @module
 */

import type { StaticFilesOptions } from "../../mod.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import type { WireResponse } from "../support/response.ts";
import { LAST_MODIFIED, pattern, Site } from "./site.ts";

/** A resource, and what its request needs besides the target. */
interface Resource {
  readonly title: string;
  readonly target: string;
  readonly fields?: readonly string[];
  readonly options?: StaticFilesOptions;
  /** The whole of Vary; `null` for none. */
  readonly vary: string | null;
  readonly coding?: string;
}

const CODED = ["Accept-Encoding: gzip, br"];
const RESOURCES: readonly Resource[] = [
  { title: "a small file", target: "/a.txt", vary: null },
  { title: "a large file", target: "/large.bin", vary: null },
  { title: "an index", target: "/", vary: null },
  {
    title: "a file without a cache",
    target: "/a.txt",
    options: { cacheBytes: 0, cacheControl: "public, max-age=31536000, immutable" },
    vary: null,
  },
  {
    title: "a file with no Cache-Control",
    target: "/a.txt",
    options: { cacheControl: false },
    vary: null,
  },
  {
    title: "a coded form",
    target: "/a.txt",
    fields: CODED,
    options: { precompressed: true },
    vary: "Accept-Encoding",
    coding: "gzip",
  },
  {
    title: "a file beside its coded form",
    target: "/a.txt",
    options: { precompressed: true },
    vary: "Accept-Encoding",
  },
  {
    title: "a file that has no coded form, where others have",
    target: "/large.bin",
    fields: CODED,
    options: { precompressed: true },
    vary: "Accept-Encoding",
  },
  {
    title: "a page that stands in for another",
    target: "/users/7",
    fields: ["Accept: text/html", ...CODED],
    options: { fallback: "index.html", precompressed: true },
    vary: "Accept-Encoding, Accept",
  },
];

const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const ENTITY_TAG = /^"[\x21\x23-\x7e]+"$/;
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+=(?:[\w.+-]+|"[^"]*"))*$/;
const DIRECTIVES = /^[a-z-]+(?:=\d+)?(?:, [a-z-]+(?:=\d+)?)*$/;

/** What speaks of content, and has no place where there is none (RFC 9110 §15.4.5). */
const CONTENT_FIELDS = ["content-type", "content-length", "content-encoding", "content-range"];

/** What a 304 has to say if the 200 does (RFC 9110 §15.4.5). */
const OF_304 = ["cache-control", "content-location", "etag", "expires", "vary"];

/** What no answer of a file server has a reason to say. */
const NEVER = ["age", "content-location", "expires", "pragma", "server", "set-cookie", "warning"];

function namesOf(answer: WireResponse): string[] {
  return answer.fields.map(([name]) => name.toLowerCase()).sort();
}

/** All fields but the time of the answer. */
function fieldsOf(answer: WireResponse): Record<string, string> {
  const entries = answer.fields.map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name]) => name !== "date").sort());
}

/** What holds for each answer, whatever it is. */
function checkAlone(answer: WireResponse, what: string): void {
  const names = namesOf(answer);
  assertEquals(names, [...new Set(names)], `${what}: each field once`);
  assertEquals(names.filter((name) => NEVER.includes(name)), [], what);
  const date = answer.header("date");
  assertMatch(date ?? "", DATE, what);
  assert(Math.abs(Date.parse(date!) - Date.now()) < 5_000, `${what}: ${date}`);
  const modified = answer.header("last-modified");
  if (modified !== null) {
    assertMatch(modified, DATE, what);
    assert(Date.parse(modified) <= Date.parse(date!), `${what}: modified after it was sent`);
  }
  const forms = [
    ["etag", ENTITY_TAG],
    ["content-type", MEDIA_TYPE],
    ["cache-control", DIRECTIVES],
    ["accept-ranges", /^bytes$/],
  ] as const;
  for (const [name, form] of forms) {
    const value = answer.header(name);
    if (value !== null) assertMatch(value, form, `${what}: ${name}`);
  }
}

for (const resource of RESOURCES) {
  Deno.test(`${resource.title}: the fields of all its answers fit together`, async () => {
    const { target, fields: own = [], options = {}, vary, coding = null } = resource;
    await using site = new Site({
      "a.txt": "0123456789".repeat(20),
      "a.txt.gz": "not really packed, but shorter",
      "large.bin": pattern(700_000),
      "index.html": "<!DOCTYPE html><title>x</title>",
    }, options);
    const ask = async (method: "GET" | "HEAD", ...fields: string[]) => {
      const answer = await site.ask(target, { method, fields: [...own, ...fields] });
      checkAlone(answer, `${method} ${fields}: ${answer.status}`);
      return answer;
    };

    const whole = await ask("GET");
    const tag = whole.header("etag")!;
    assertEquals([whole.status, whole.header("last-modified")], [200, LAST_MODIFIED]);
    assertEquals([whole.header("vary"), whole.header("content-encoding")], [vary, coding]);
    assertEquals(whole.header("content-length"), String(whole.body.length));
    assertEquals([whole.header("accept-ranges"), whole.framing], ["bytes", "length"]);
    assert(whole.header("content-type") !== null);

    // A HEAD says what a GET would (§9.3.2), whatever the condition.
    const conditions = [
      [],
      [`If-None-Match: ${tag}`],
      [`If-Modified-Since: ${LAST_MODIFIED}`],
      ['If-Match: "other"'],
      ['If-None-Match: "other"'],
    ];
    for (const condition of conditions) {
      const [get, head] = [await ask("GET", ...condition), await ask("HEAD", ...condition)];
      assertEquals([head.status, head.body.length], [get.status, 0]);
      assertEquals(fieldsOf(head), fieldsOf(get), `HEAD ${condition}`);
    }

    // Both validators give the same 304, which repeats what a cache needs and nothing of the content.
    for (
      const condition of [
        `If-None-Match: ${tag}`,
        `If-None-Match: W/${tag}`,
        `If-None-Match: "other", ${tag}`,
        `If-Modified-Since: ${LAST_MODIFIED}`,
      ]
    ) {
      const fresh = await ask("GET", condition);
      assertEquals(fresh.status, 304, condition);
      for (const name of OF_304) assertEquals(fresh.header(name), whole.header(name), name);
      const names = namesOf(fresh);
      assertEquals(names.filter((name) => CONTENT_FIELDS.includes(name)), [], condition);
      // The tag says it better (§15.4.5: no other metadata).
      assert(!names.includes("last-modified"), condition);
    }

    // A part has all that the whole has but its length, and says where it is.
    const { length } = whole.body;
    const part = await ask("GET", "Range: bytes=3-9");
    assertEquals(part.status, 206);
    assertEquals(part.body, whole.body.subarray(3, 10));
    assertEquals(fieldsOf(part), {
      ...fieldsOf(whole),
      "content-length": "7",
      "content-range": `bytes 3-9/${length}`,
    });

    // A download is resumed if the validator holds, else begun anew (§13.1.5).
    const resumed = [[tag, 206], [LAST_MODIFIED, 206], [`W/${tag}`, 200], ['"other"', 200], [
      "Tue, 02 Jan 2024 03:04:04 GMT",
      200,
    ]] as const;
    for (const [validator, status] of resumed) {
      const rest = await ask("GET", `Range: bytes=${length - 4}-`, `If-Range: ${validator}`);
      assertEquals(rest.status, status, validator);
      assertEquals(rest.body, status === 200 ? whole.body : whole.body.subarray(length - 4));
      for (const name of ["vary", "etag", "last-modified", "cache-control", "content-encoding"]) {
        assertEquals(rest.header(name), whole.header(name), `${validator}: ${name}`);
      }
    }

    // What fails has no content, and says for which requests it was chosen.
    const outside = await ask("GET", `Range: bytes=${length}-`);
    assertEquals([outside.status, outside.header("content-range")], [416, `bytes */${length}`]);
    const changed = await ask("GET", 'If-Match: "other"');
    assertEquals(changed.status, 412);
    for (const failed of [outside, changed]) {
      assertEquals([failed.header("content-length"), failed.header("vary")], ["0", vary]);
      assertEquals([failed.header("content-type"), failed.header("content-encoding")], [
        null,
        null,
      ]);
    }
  });
}

Deno.test("coded forms of a file have tags of their own, and the same Vary", async () => {
  const files = {
    "a.txt": "0123456789",
    "a.txt.gz": "gzip",
    "a.txt.br": "br",
    "a.txt.zst": "zstd",
  };
  await using site = new Site(files, { precompressed: true });
  const tags = new Set<string | null>();
  for (const coding of ["identity", "gzip", "br", "zstd"]) {
    const answer = await site.ask("/a.txt", { fields: [`Accept-Encoding: ${coding}`] });
    assertEquals(answer.header("content-encoding"), coding === "identity" ? null : coding);
    assertEquals(answer.header("vary"), "Accept-Encoding");
    assertEquals(answer.header("content-type"), "text/plain; charset=UTF-8");
    tags.add(answer.header("etag"));
  }
  assertEquals(tags.size, 4);
});

Deno.test("answers without a file are complete, and no cache may keep them unasked", async () => {
  await using site = new Site({ "docs/a.txt": "a" }, { listing: true });
  const rows = [
    ["GET", "/docs", 301, "no-cache"],
    ["GET", "/docs/", 200, "no-cache"],
    ["GET", "/missing", 404, "no-store"],
    ["POST", "/docs/a.txt", 405, "no-store"],
  ] as const;
  for (const [method, target, status, cacheControl] of rows) {
    const answer = await site.ask(target, { method });
    checkAlone(answer, `${method} ${target}`);
    assertEquals([answer.status, answer.header("cache-control")], [status, cacheControl]);
    assertEquals(answer.header("content-length"), String(answer.body.length));
    assertEquals([answer.header("etag"), answer.header("accept-ranges")], [null, null]);
    if (status === 405) assertEquals(answer.header("allow"), "GET, HEAD");
    if (method !== "GET") continue;
    const head = await site.ask(target, { method: "HEAD" });
    assertEquals([head.status, fieldsOf(head)], [status, fieldsOf(answer)]);
  }
});
