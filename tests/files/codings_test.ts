/**
 * Precompressed files: which one a client gets, and that each is a representation of its own.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { acceptedCodings } from "../../handlers/files/codings.ts";
import { type FileCoding, staticFiles } from "../../mod.ts";
import { request } from "../support/requests.ts";
import { start, WEIR } from "../support/servers.ts";
import { Folder, SECRET, Site, tagOf } from "./site.ts";

const ALL: readonly FileCoding[] = ["br", "zstd", "gzip"];

/** Accept-Encoding, and what is looked for, the best first. */
const FIELDS: readonly (readonly [field: string | null, wanted: string])[] = [
  [null, ""],
  ["", ""],
  ["gzip", "gzip"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["br", "br"],
  ["zstd", "zstd"],
  ["gzip, deflate, br, zstd", "br zstd gzip"],
  ["gzip, deflate, br", "br gzip"],
  ["gzip;q=1.0, br;q=0.9", "gzip br"],
  ["gzip;q=0.5,br;q=0.5,zstd;q=0.6", "zstd br gzip"],
  ["br;q=0, gzip", "gzip"],
  ["br;q=0.000, gzip;q=0.001", "gzip"],
  ["*", "br zstd gzip"],
  ["*;q=0.5, gzip", "gzip br zstd"],
  ["*, br;q=0", "zstd gzip"],
  ["*;q=0", ""],
  ["identity", ""],
  ["identity, gzip", "gzip"],
  ["identity, gzip;q=0.9", ""],
  ["identity;q=1, *;q=0", ""],
  ["identity;q=0.5, br;q=0.4, gzip;q=0.6", "gzip"],
  ["identity;q=0, gzip;q=0.1", "gzip"],
  ["deflate, compress", ""],
  ["br ; q = 0.5, gzip", "gzip br"],
  ["br;Q=0.5, gzip", "gzip br"],
  ["br;q=2, gzip", "gzip"],
  ["br;q=0.1234, gzip", "gzip"],
  ["br;q=-1, gzip", "gzip"],
  ["br;q=, gzip", "gzip"],
  ["brotli, gzipped", ""],
  [",,gzip,,", "gzip"],
];

Deno.test(`acceptedCodings(): ${FIELDS.length} fields`, () => {
  for (const [field, wanted] of FIELDS) {
    assertEquals(acceptedCodings(field, ALL).join(" "), wanted, String(field));
  }
});

const FILES = {
  "app.js": "plain text",
  "app.js.br": "brotli",
  "app.js.zst": "zstandard",
  "app.js.gz": "gzip!",
  "one.css": "plain",
  "one.css.gz": "gz",
  "alone.txt.gz": "only coded",
  "index.html": "home",
  "index.html.br": "br home",
};

Deno.test("each coded form has its own tag, length and conditions", async () => {
  await using site = new Site(FILES, { precompressed: true });
  const forms = [
    ["br", "brotli", "br"],
    ["zstd", "zstandard", "zstd"],
    ["gzip", "gzip!", "gzip"],
    ["identity", "plain text", null],
  ] as const;
  for (const [accept, text, coding] of forms) {
    const fields = [`Accept-Encoding: ${accept}`];
    const tag = tagOf(text.length, coding ?? "");
    const answer = await site.ask("/app.js", { fields });
    assertEquals([answer.status, answer.text], [200, text]);
    assertEquals(answer.header("content-encoding"), coding);
    assertEquals(answer.header("content-type"), "text/javascript; charset=UTF-8");
    assertEquals(answer.header("content-length"), String(text.length));
    assertEquals(answer.header("vary"), "Accept-Encoding");
    assertEquals(answer.header("etag"), tag);
    const same = await site.ask("/app.js", { fields: [...fields, `If-None-Match: ${tag}`] });
    assertEquals([same.status, same.header("vary")], [304, "Accept-Encoding"]);
    const other = [...fields, `If-None-Match: ${tagOf(99)}`];
    assertEquals((await site.ask("/app.js", { fields: other })).status, 200);
    const part = await site.ask("/app.js", { fields: [...fields, "Range: bytes=1-3"] });
    assertEquals([part.status, part.text], [206, text.slice(1, 4)]);
    assertEquals(part.header("content-encoding"), coding);
    const parts = await site.ask("/app.js", { fields: [...fields, "Range: bytes=0-0,2-2"] });
    assertEquals(parts.status, coding === null ? 206 : 200);
    const past = await site.ask("/app.js", { fields: [...fields, "Range: bytes=99-"] });
    assertEquals([past.status, past.header("content-encoding")], [416, null]);
    assertEquals(past.header("content-range"), `bytes */${text.length}`);
  }
});

Deno.test("the next best form is taken where one is missing", async () => {
  await using site = new Site(FILES, { precompressed: true });
  const fields = ["Accept-Encoding: br, zstd;q=0.9, gzip;q=0.1"];
  const coding = async (target: string) =>
    (await site.ask(target, { fields })).header("content-encoding");
  assertEquals(await coding("/one.css"), "gzip");
  assertEquals(await coding("/"), "br");
  assertEquals(await coding("/alone.txt.gz"), null);
  assertEquals((await site.ask("/alone.txt", { fields })).status, 404);
  assertEquals((await site.ask("/app.js.gz")).header("content-type"), "application/gzip");
  site.folder.write("one.css.br", "now there");
  assertEquals(await coding("/one.css"), "br");
  Deno.removeSync(site.folder.at("one.css.br"));
  assertEquals(await coding("/one.css"), "gzip");
});

Deno.test("a coded form asked for by its own name is one more file", async () => {
  await using site = new Site(FILES, { precompressed: true });
  for (let round = 0; round < 3; round++) {
    const coded = await site.ask("/app.js", { fields: ["Accept-Encoding: gzip"] });
    const named = await site.ask("/app.js.gz", { fields: ["Accept-Encoding: gzip"] });
    assertEquals([coded.header("content-encoding"), named.header("content-encoding")], [
      "gzip",
      null,
    ]);
    assertEquals([coded.header("etag"), named.header("etag")], [tagOf(5, "gzip"), tagOf(5)]);
  }
});

Deno.test("only the codings named are looked for, and none by default", async () => {
  const fields = ["Accept-Encoding: br, zstd, gzip"];
  await using some = new Site(FILES, { precompressed: ["gzip", "zstd"] });
  assertEquals((await some.ask("/app.js", { fields })).header("content-encoding"), "zstd");
  await using none = new Site(FILES);
  const answer = await none.ask("/app.js", { fields });
  assertEquals([answer.header("content-encoding"), answer.header("vary")], [null, null]);
});

Deno.test("a coded form that leads out of the root is as if it were not there", async () => {
  await using site = new Site({ "a.txt": "plain" }, { precompressed: true });
  Deno.symlinkSync(`${site.folder.path}/secret.txt`, site.folder.at("a.txt.br"));
  const answer = await site.ask("/a.txt", { fields: ["Accept-Encoding: br"] });
  assertEquals(answer.text.includes(SECRET), false);
  assertEquals([answer.text, answer.header("content-encoding")], ["plain", null]);
});

Deno.test("compression on the fly leaves ranges and coded forms as they are", async () => {
  const text = "compressible ".repeat(1_000);
  using folder = new Folder({ "a.txt": text, "b.txt": text, "b.txt.gz": "as it is" });
  const files = staticFiles(folder.root, { precompressed: true });
  await using running = start(WEIR, files, { automaticCompression: true });
  using client = await running.connect();
  const ask = (target: string, ...fields: string[]) =>
    client.ask(request({ target, fields: ["Accept-Encoding: gzip", ...fields] }));
  const whole = await ask("/a.txt");
  assertEquals(whole.header("content-encoding"), "gzip");
  assertEquals(whole.header("etag"), `W/${tagOf(text.length)}`);
  assertEquals((await ask("/a.txt", `If-None-Match: ${whole.header("etag")}`)).status, 304);
  const part = await ask("/a.txt", "Range: bytes=0-199");
  assertEquals([part.status, part.text], [206, text.slice(0, 200)]);
  assertEquals([part.header("content-encoding"), part.header("etag")], [null, tagOf(text.length)]);
  // The tag of what was compressed on the fly is weak, so that no range of the file is added to it.
  const mixed = await ask("/a.txt", "Range: bytes=0-199", `If-Range: ${whole.header("etag")}`);
  assertEquals(mixed.status, 200);
  const coded = await ask("/b.txt");
  assertEquals([coded.text, coded.header("etag")], ["as it is", tagOf(8, "gzip")]);
});
