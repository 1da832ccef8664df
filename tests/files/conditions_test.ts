/**
 * Conditional requests and ranges (RFC 9110 §13, §14), as rows: what is asked, and what has to come. The
 * file is small in one run and large in another: one is sent out of memory, the other as a stream.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import type { WireResponse } from "../support/response.ts";
import { fromLatin1 } from "../support/wire.ts";
import { LAST_MODIFIED, pattern, Site, tagOf } from "./site.ts";

/** What one file's rows are made with. */
interface Facts {
  readonly size: number;
  readonly tag: string;
  readonly content: Uint8Array;
}

type Outcome =
  | "whole"
  | 304
  | 412
  | 416
  | readonly [first: number, last: number]
  | readonly (readonly [first: number, last: number])[];

interface Row {
  readonly fields: readonly string[];
  readonly then: Outcome;
  readonly method?: "HEAD";
}

const EARLIER = "Tue, 02 Jan 2024 03:04:04 GMT";
const LATER = "Tue, 02 Jan 2024 03:04:06 GMT";
const EXACT_RFC850 = "Tuesday, 02-Jan-24 03:04:05 GMT";
const EXACT_ASCTIME = "Tue Jan  2 03:04:05 2024";

/** Conditions on tags and dates, in the order of §13.2.2. */
function conditionRows({ tag }: Facts): Row[] {
  const weak = `W/${tag}`;
  const row = (then: Outcome, ...fields: string[]): Row => ({ fields, then });
  return [
    // If-None-Match compares weakly.
    row(304, `If-None-Match: ${tag}`),
    row(304, `If-None-Match: ${weak}`),
    row(304, `If-None-Match: "a", ${tag}`),
    row(304, `If-None-Match: ${tag} ,"b"`),
    row(304, `If-None-Match: "a",${weak},"c"`),
    row(304, "If-None-Match: *"),
    row(304, `If-None-Match: "a,b", ${tag}`),
    row(304, `If-None-Match: "${"a,".repeat(200)}",${tag}`),
    row("whole", `If-None-Match: "a,${tag.slice(1, -1)},b"`),
    row("whole", `If-None-Match: w/${tag}`),
    row("whole", `If-None-Match: x${tag}`),
    row("whole", `If-None-Match: ${tag}x`),
    row(304, `If-None-Match: junk, ${tag}`),
    row(304, `If-None-Match: "a"`, `If-None-Match: ${tag}`),
    row("whole", `If-None-Match: "a"`),
    row("whole", `If-None-Match: W/"a"`),
    row("whole", `If-None-Match: ${tag.slice(1, -1)}`),
    row("whole", "If-None-Match:"),
    row("whole", `If-None-Match: ${tag.toUpperCase().replace(/"0X/, '"0x')}x`),
    // If-Modified-Since.
    row(304, `If-Modified-Since: ${LAST_MODIFIED}`),
    row(304, `If-Modified-Since: ${LATER}`),
    row("whole", `If-Modified-Since: ${EARLIER}`),
    row(304, `If-Modified-Since: ${EXACT_RFC850}`),
    row(304, `If-Modified-Since: ${EXACT_ASCTIME}`),
    row("whole", "If-Modified-Since: Tuesday, 02-Jan-24 03:04:04 GMT"),
    row("whole", "If-Modified-Since: Tue Jan  2 03:04:04 2024"),
    row("whole", "If-Modified-Since: 2024-01-02T03:04:05Z"),
    row("whole", "If-Modified-Since: tomorrow"),
    row("whole", "If-Modified-Since: 4102444800"),
    row("whole", "If-Modified-Since:"),
    row("whole", "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 CET"),
    row("whole", "If-Modified-Since: Tue, 32 Jan 2024 03:04:05 GMT"),
    row("whole", "If-Modified-Since: Fri, 31 Feb 2025 03:04:05 GMT"),
    row("whole", "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT, x"),
    row(304, "If-Modified-Since: Fri, 02 Jan 2099 03:04:05 GMT"),
    // If-None-Match is there, so If-Modified-Since is not looked at.
    row("whole", `If-None-Match: "a"`, `If-Modified-Since: ${LATER}`),
    row(304, `If-None-Match: ${tag}`, `If-Modified-Since: ${EARLIER}`),
    row(304, `If-None-Match: ${weak}`, `If-Modified-Since: ${EARLIER}`),
    // If-Match compares strongly.
    row("whole", `If-Match: ${tag}`),
    row("whole", "If-Match: *"),
    row("whole", `If-Match: "a", ${tag}`),
    row(412, `If-Match: "a"`),
    row(412, `If-Match: ${weak}`),
    row(412, `If-Match: w/${tag}`),
    row("whole", `If-Match: "a,b", ${tag}`),
    row(412, `If-Match: "a", W/"b"`),
    row(412, "If-Match:"),
    // If-Unmodified-Since.
    row("whole", `If-Unmodified-Since: ${LAST_MODIFIED}`),
    row("whole", `If-Unmodified-Since: ${LATER}`),
    row(412, `If-Unmodified-Since: ${EARLIER}`),
    row("whole", "If-Unmodified-Since: yesterday"),
    row("whole", `If-Unmodified-Since: ${EXACT_RFC850}`),
    row(412, "If-Unmodified-Since: Tue Jan  2 03:04:04 2024"),
    // If-Match is there, so If-Unmodified-Since is not looked at.
    row("whole", `If-Match: ${tag}`, `If-Unmodified-Since: ${EARLIER}`),
    row(412, `If-Match: "a"`, `If-Unmodified-Since: ${LATER}`),
    // First If-Match, then If-None-Match.
    row(304, `If-Match: ${tag}`, `If-None-Match: ${tag}`),
    row(304, "If-Match: *", "If-None-Match: *"),
    row(412, `If-Match: "a"`, `If-None-Match: ${tag}`),
    row("whole", `If-Match: ${tag}`, `If-None-Match: "a"`),
    row(304, `If-Match: ${tag}`, `If-Modified-Since: ${LAST_MODIFIED}`),
    row(412, `If-Unmodified-Since: ${EARLIER}`, `If-None-Match: ${tag}`),
    row(304, `If-Unmodified-Since: ${LATER}`, `If-None-Match: ${tag}`),
    row(304, `If-Unmodified-Since: ${LATER}`, `If-Modified-Since: ${LATER}`),
    row(412, `If-Unmodified-Since: ${EARLIER}`, `If-Modified-Since: ${LATER}`),
    // A range changes nothing about the conditions.
    row(304, `If-None-Match: ${tag}`, "Range: bytes=0-1"),
    row(412, `If-Match: "a"`, "Range: bytes=0-1"),
    row(304, `If-Modified-Since: ${LAST_MODIFIED}`, "Range: bytes=0-1"),
    row([0, 1], `If-None-Match: "a"`, "Range: bytes=0-1"),
    row([0, 1], `If-Match: ${tag}`, "Range: bytes=0-1"),
    row([0, 1], `If-Unmodified-Since: ${LATER}`, "Range: bytes=0-1"),
  ];
}

/** One range, several, and none that can be sent. */
function rangeRows({ size, tag }: Facts): Row[] {
  const end = size - 1;
  const row = (then: Outcome, ...fields: string[]): Row => ({ fields, then });
  const range = (then: Outcome, ranges: string) => row(then, `Range: bytes=${ranges}`);
  const nines = "9".repeat(40);
  return [
    range([0, 0], "0-0"),
    range([0, 99], "0-99"),
    range([5, 5], "5-5"),
    range([1, end], "1-"),
    range([0, end], "0-"),
    range([end, end], `${end}-`),
    range([end, end], `${end}-${end}`),
    range([end, end], "-1"),
    range([size - 10, end], "-10"),
    range([0, end], `-${size}`),
    range([0, end], `-${size + 1}`),
    range([0, end], `-${nines}`),
    range([3, end], `3-${size}`),
    range([3, end], `3-${nines}`),
    range([0, end], `0-${end}`),
    range([7, 9], "0007-0009"),
    range([2, 3], " 2-3 "),
    range([2, 3], "2-3,"),
    range([2, 3], ",, 2-3 ,"),
    row([2, 3], "Range: Bytes=2-3"),
    row([2, 3], "range: BYTES=2-3"),
    // Nothing to be had.
    range(416, `${size}-`),
    range(416, `${size}-${size + 5}`),
    range(416, `${nines}-`),
    range(416, "-0"),
    range(416, `${size}-, -0`),
    range(416, `${size + 1}-, ${size + 2}-`),
    // As if it were not there.
    range("whole", ""),
    range("whole", "-"),
    range("whole", ","),
    range("whole", "5-2"),
    range("whole", "a-b"),
    range("whole", "0-1x"),
    range("whole", "x0-1"),
    range("whole", "0 - 1"),
    range("whole", "0-1;2-3"),
    range("whole", "0--1"),
    range("whole", "--1"),
    range("whole", "+0-1"),
    range("whole", "1"),
    range("whole", "0x0-0x1"),
    range("whole", "0-1, 5-2"),
    range("whole", "0-1, x"),
    row("whole", "Range: 0-1"),
    row("whole", "Range: bytes 0-1"),
    row("whole", "Range: bytes=0-1=2-3"),
    row("whole", "Range: items=0-1"),
    row("whole", "Range: xbytes=0-1"),
    row("whole", "Range:"),
    // Several.
    range([[0, 0], [2, 2]], "0-0,2-2"),
    range([[0, 9], [size - 10, end]], "0-9,-10"),
    range([[20, 29], [0, 9]], "20-29, 0-9"),
    range([[5, 6], [1, 2], [9, 9]], "5-6,1-2,9-9"),
    range([[0, 0], [end, end]], `0-0,${end}-`),
    range([0, 0], `0-0,${size}-`),
    range([[0, 0], [2, 2]], `0-0,2-2,${size}-`),
    row([[0, 1], [4, 5]], "Range: bytes=0-1", "Range: 4-5"),
    // What overlaps or touches becomes one.
    range([0, 20], "0-10,5-20"),
    range([0, 20], "5-20,0-10"),
    range([0, 9], "0-4,5-9"),
    range([0, 9], "0-9,0-9,0-9"),
    range([0, end], "0-,0-,0-"),
    range([[0, 9], [30, 39]], "30-39,5-9,0-6"),
    range([0, end], "0-,-1"),
    // Up to sixteen.
    range(
      Array.from({ length: 16 }, (_, at) => [at * 3, at * 3] as const),
      Array.from({ length: 16 }, (_, at) => `${at * 3}-${at * 3}`).join(","),
    ),
    range("whole", Array.from({ length: 17 }, (_, at) => `${at * 3}-${at * 3}`).join(",")),
    range("whole", "0-,".repeat(1_000)),
    range("whole", "0-0,".repeat(17)),
    // If-Range: only the file's own strong validator will do.
    row([0, 1], "Range: bytes=0-1", `If-Range: ${tag}`),
    row("whole", "Range: bytes=0-1", `If-Range: W/${tag}`),
    row("whole", "Range: bytes=0-1", 'If-Range: "a"'),
    row("whole", "Range: bytes=0-1", `If-Range: ${tag}, "a"`),
    row("whole", "Range: bytes=0-1", "If-Range: *"),
    row("whole", "Range: bytes=0-1", "If-Range:"),
    row([0, 1], "Range: bytes=0-1", `If-Range: ${LAST_MODIFIED}`),
    row([0, 1], "Range: bytes=0-1", `If-Range: ${EXACT_RFC850}`),
    row("whole", "Range: bytes=0-1", `If-Range: ${LATER}`),
    row("whole", "Range: bytes=0-1", `If-Range: ${EARLIER}`),
    row("whole", "Range: bytes=0-1", "If-Range: soon"),
    row("whole", `If-Range: ${tag}`),
    row(416, `Range: bytes=${size}-`, `If-Range: ${tag}`),
    row("whole", `Range: bytes=${size}-`, 'If-Range: "a"'),
    row([[0, 0], [2, 2]], "Range: bytes=0-0,2-2", `If-Range: ${tag}`),
    row("whole", "Range: bytes=0-0,2-2", 'If-Range: "a"'),
    // If-Range comes last.
    row(304, "Range: bytes=0-1", `If-Range: ${tag}`, `If-None-Match: ${tag}`),
    row(412, "Range: bytes=0-1", `If-Range: ${tag}`, 'If-Match: "a"'),
    row("whole", "Range: bytes=0-1", 'If-Range: "a"', `If-Match: ${tag}`),
    // HEAD has no ranges.
    { method: "HEAD", fields: ["Range: bytes=0-1"], then: "whole" },
    { method: "HEAD", fields: [`Range: bytes=${size}-`], then: "whole" },
    { method: "HEAD", fields: ["Range: bytes=0-1,4-5"], then: "whole" },
    { method: "HEAD", fields: [], then: "whole" },
  ];
}

/** The same conditions with HEAD. */
function onHead(rows: readonly Row[]): Row[] {
  return rows.filter(({ then }) => !Array.isArray(then))
    .map((row) => ({ ...row, method: "HEAD" as const }));
}

function check(row: Row, answer: WireResponse, facts: Facts): void {
  const { size, tag, content } = facts;
  const { then } = row;
  const isHead = row.method === "HEAD";
  assertEquals(answer.header("etag"), tag);
  assertEquals(answer.header("last-modified"), then === 304 ? null : LAST_MODIFIED);
  assertEquals(answer.header("accept-ranges"), "bytes");
  assertEquals(answer.header("cache-control"), "no-cache");
  if (typeof then === "number") {
    assertEquals(answer.status, then);
    assertEquals(answer.body.length, 0);
    assertEquals(answer.header("content-range"), then === 416 ? `bytes */${size}` : null);
    assertEquals(answer.header("content-length"), then === 304 ? null : "0");
    assertEquals(answer.header("content-type"), null);
    return;
  }
  if (then === "whole") {
    assertEquals(answer.status, 200);
    assertEquals(answer.header("content-range"), null);
    assertEquals(answer.header("content-type"), "text/plain; charset=UTF-8");
    assertEquals(answer.header("content-length"), String(size));
    assertEquals(answer.body, isHead ? new Uint8Array(0) : content as typeof answer.body);
    return;
  }
  assertEquals(answer.status, 206);
  assertEquals(answer.header("content-length"), String(answer.body.length));
  if (typeof then[0] === "number") {
    const [first, last] = then as readonly [number, number];
    assertEquals(answer.header("content-range"), `bytes ${first}-${last}/${size}`);
    assertEquals(answer.header("content-type"), "text/plain; charset=UTF-8");
    assertEquals(answer.body, content.slice(first, last + 1) as typeof answer.body);
    return;
  }
  assertEquals(answer.header("content-range"), null);
  assertEquals(
    partsOf(answer),
    (then as readonly (readonly [number, number])[]).map((part) => ({
      type: "text/plain; charset=UTF-8",
      range: `bytes ${part[0]}-${part[1]}/${size}`,
      text: fromLatin1(content.slice(part[0], part[1] + 1)),
    })),
  );
}

/** Reads multipart/byteranges as a client that takes nothing but what the RFC allows. */
function partsOf(answer: WireResponse): { type: string; range: string; text: string }[] {
  const boundary = /^multipart\/byteranges; boundary=([\w-]{1,70})$/.exec(
    answer.header("content-type") ?? "",
  )?.[1];
  assert(boundary !== undefined, answer.header("content-type") ?? "no type");
  const text = fromLatin1(answer.body);
  const [before, ...parts] = `\r\n${text}`.split(`\r\n--${boundary}`);
  assertEquals(before, "");
  assertEquals(parts.pop(), "--\r\n");
  return parts.map((part) => {
    const match = /^\r\nContent-Type: (.*)\r\nContent-Range: (.*)\r\n\r\n([^]*)$/.exec(part);
    assert(match !== null, JSON.stringify(part));
    return { type: match[1]!, range: match[2]!, text: match[3]! };
  });
}

for (const size of [1_000, 300_000]) {
  const content = pattern(size);
  const facts = { size, tag: tagOf(size), content };
  const conditions = conditionRows(facts);
  const rows = [...conditions, ...onHead(conditions), ...rangeRows(facts)];
  Deno.test(`conditions and ranges: ${rows.length} rows for a file of ${size} bytes`, async () => {
    assert(rows.length >= 180);
    await using site = new Site({ "file.txt": content });
    using client = await site.running.connect();
    for (const row of rows) {
      const { method = "GET", fields } = row;
      const answer = await client.ask(request({ method, target: "/file.txt", fields }));
      try {
        check(row, answer, facts);
      } catch (error) {
        throw new Error(`${method} ${fields.join(" | ").slice(0, 300)}`, { cause: error });
      }
    }
    assertEquals(site.running.errors, []);
  });
}

const ANY_RANGE = ["0-", "0-0", "-1", "5-9", "0-0,2-2"];

Deno.test("an empty file is sent whole, whatever range is asked for", async () => {
  await using site = new Site({ "empty.txt": "" });
  for (const range of ANY_RANGE) {
    const answer = await site.ask("/empty.txt", { fields: [`Range: bytes=${range}`] });
    assertEquals([answer.status, answer.header("content-length")], [200, "0"], range);
    assertEquals(answer.header("etag"), tagOf(0));
  }
});

Deno.test("a tag is weak for as long as its file could change unseen, and ranges go by no weak one", async () => {
  await using site = new Site({ "settled.txt": "0123456789" });
  site.folder.write("fresh.txt", "0123456789", new Date());
  const answer = await site.ask("/fresh.txt");
  const tag = answer.header("etag")!;
  assert(tag.startsWith('W/"'), tag);
  const asked: readonly (readonly [string[], number])[] = [
    [[`If-None-Match: ${tag}`], 304],
    [[`If-None-Match: ${tag.slice(2)}`], 304],
    [[`If-Match: ${tag}`], 412],
    [["If-Match: *"], 200],
    [["Range: bytes=0-1"], 206],
    [["Range: bytes=0-1", `If-Range: ${tag}`], 200],
    [["Range: bytes=0-1", `If-Range: ${answer.header("last-modified")}`], 200],
  ];
  for (const [fields, status] of asked) {
    assertEquals((await site.ask("/fresh.txt", { fields })).status, status, fields.join());
  }
});

Deno.test("a file from the future has a date that is not", async () => {
  await using site = new Site({});
  site.folder.write("future.txt", "x", new Date(Date.now() + 86_400_000));
  const answer = await site.ask("/future.txt");
  const modified = Date.parse(answer.header("last-modified")!);
  assert(modified <= Date.parse(answer.header("date")!) + 1_000);
  assert(answer.header("etag")!.startsWith("W/"));
});

Deno.test("no field costs more than its length", async () => {
  await using site = new Site({ "a.txt": "a" }, { precompressed: true, fallback: "a.txt" });
  const blanks = " ".repeat(30_000);
  const values = [
    `"a"${blanks}"b"`,
    '"'.repeat(30_000),
    ", ".repeat(15_000),
    `W/"${blanks}`,
    'W/"a'.repeat(7_000),
    `bytes=0${"-".repeat(30_000)}`,
    `bytes=${"0-0,".repeat(7_000)}`,
    `bytes=${"9".repeat(30_000)}-`,
    `gzip;q=${blanks}1`,
    "gzip;".repeat(6_000),
  ];
  const names = ["If-Match", "If-None-Match", "If-Range", "Range", "Accept-Encoding", "Accept"];
  names.push("If-Modified-Since", "If-Unmodified-Since");
  using client = await site.running.connect();
  for (const name of names) {
    for (const value of values) {
      for (const target of ["/a.txt", "/none"]) {
        const fields = name === "If-Range" ? ["Range: bytes=0-0"] : [];
        const begun = performance.now();
        const asked = request({ target, fields: [...fields, `${name}: ${value}`] });
        assert((await client.ask(asked)).status < 500);
        const took = performance.now() - begun;
        assert(took < 400, `${name}: ${value.slice(0, 20)} took ${Math.round(took)} ms`);
      }
    }
  }
});
