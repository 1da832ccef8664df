/**
 * Which file answers for a URL, and with which fields: index, redirects, clean URLs, fall-back, listing,
 * what is not there, content types, Cache-Control.
 *
 * @module
 */

import { unescape } from "@std/html/entities";
import { staticFiles } from "../../mod.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { start, WEIR } from "../support/servers.ts";
import { SECRET, Site, tagOf } from "./site.ts";

Deno.test("a folder has its index, and without the slash a redirect that keeps the query", async () => {
  await using site = new Site({
    "index.html": "home",
    "docs/index.html": "docs",
    "a b/index.html": "blank",
    "x+&'\"<>/index.html": "odd",
    "evil.example/index.html": "evil",
    "empty/file.txt": "",
  });
  const redirects: readonly (readonly [target: string, location: string])[] = [
    ["/docs", "./docs/"],
    ["/docs?a=b&c", "./docs/?a=b&c"],
    ["/docs?//evil.example", "./docs/?//evil.example"],
    ["/docs?", "./docs/?"],
    ["/%64ocs", "./docs/"],
    ["/a%20b?q", "./a%20b/?q"],
    ["/x+&'%22%3C%3E", "./x%2B%26'%22%3C%3E/"],
    ["/evil.example", "./evil.example/"],
    ["/empty", "./empty/"],
  ];
  for (const [target, location] of redirects) {
    const answer = await site.ask(target);
    assertEquals([answer.status, answer.header("location")], [301, location], target);
    const there = new URL(location, `http://h${target}`);
    assertEquals([there.host, there.pathname.at(-1)], ["h", "/"]);
  }
  for (const [target, text] of [["/", "home"], ["/docs/", "docs"], ["/a%20b/", "blank"]] as const) {
    const answer = await site.ask(target);
    assertEquals([answer.status, answer.text], [200, text]);
    assertEquals(answer.header("content-type"), "text/html; charset=UTF-8");
  }
  assertEquals((await site.ask("/empty/")).status, 404);
  assertEquals((await site.ask("/index.html/")).status, 404);
});

Deno.test("an index has another name by option, or none", async () => {
  const files = { "index.html": "home", "default.htm": "default" };
  await using named = new Site(files, { index: "default.htm" });
  assertEquals((await named.ask("/")).text, "default");
  await using none = new Site(files, { index: false });
  assertEquals((await none.ask("/")).status, 404);
});

Deno.test("a mount point is taken off the path, and is a folder itself", async () => {
  await using site = new Site({ "index.html": "home", "a.txt": "a" }, { prefix: "/static/v%201/" });
  const statuses = {
    "/static/v%201/": 200,
    "/static/v%201/a.txt": 200,
    "/static/v%201": 301,
    "/static/v%201a.txt": 404,
    "/static/": 404,
    "/a.txt": 404,
    "/": 404,
  };
  for (const [target, status] of Object.entries(statuses)) {
    assertEquals((await site.ask(target)).status, status, target);
  }
  assertEquals((await site.ask("/static/v%201")).header("location"), "./v%201/");
});

Deno.test("clean URLs by option: the file, then the one with .html, then the folder", async () => {
  const files = {
    "about.html": "about",
    "both.html": "page",
    "both/index.html": "folder",
    "same": "bare",
    "same.html": "html",
    "a/b.html": "nested",
  };
  await using site = new Site(files, { cleanUrls: true });
  const cases: readonly (readonly [string, number, string])[] = [
    ["/about", 200, "about"],
    ["/about?x", 200, "about"],
    ["/about.html", 200, "about"],
    ["/about/", 404, "Not found\n"],
    ["/both", 200, "page"],
    ["/both/", 200, "folder"],
    ["/same", 200, "bare"],
    ["/a/b", 200, "nested"],
    ["/a", 301, ""],
    ["/none", 404, "Not found\n"],
    ["/", 404, "Not found\n"],
  ];
  for (const [target, status, text] of cases) {
    const answer = await site.ask(target);
    assertEquals([answer.status, answer.text], [status, text], target);
  }
  assertEquals((await site.ask("/about")).header("content-type"), "text/html; charset=UTF-8");
  await using plain = new Site(files);
  assertEquals((await plain.ask("/about")).status, 404);
});

Deno.test("a fall-back answers for pages, not for what is missing", async () => {
  const files = { "app.html": "app", "a/index.html": "a", "a.txt": "text" };
  await using site = new Site(files, { fallback: "app.html" });
  const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";
  const cases: readonly (readonly [string, string[], number, string, string?])[] = [
    ["/users/7", [html], 200, "app"],
    ["/users/7", [], 200, "app"],
    ["/users/7", ["Accept: */*"], 200, "app"],
    ["/users/", [html], 200, "app"],
    ["/", [html], 200, "app"],
    ["/a/", [html], 200, "a"],
    ["/a.txt", [html], 200, "text"],
    ["/users/7", ["Accept: application/json"], 404, "Not found\n"],
    ["/users/7", ["Accept: text/html;q=0, */*"], 404, "Not found\n"],
    ["/app.js", [html], 404, "Not found\n"],
    ["/users/a.b", [html], 404, "Not found\n"],
    ["/.env", [html], 404, "Not found\n"],
    ["/users/%2e%2e/x", [html], 404, "Not found\n"],
    ["/users/7", [html], 405, "Method not allowed\n", "POST"],
  ];
  for (const [target, fields, status, text, method = "GET"] of cases) {
    const answer = await site.ask(target, { fields, method });
    assertEquals([answer.status, answer.text], [status, text], `${target} ${fields}`);
  }
  const answer = await site.ask("/users/7", { fields: [html] });
  assertEquals(answer.header("vary"), "Accept");
  const again = [html, `If-None-Match: ${answer.header("etag")}`];
  assertEquals((await site.ask("/users/8", { fields: again })).status, 304);
});

Deno.test("methods other than GET and HEAD get 405 with Allow, whether there is a file or not", async () => {
  await using site = new Site({ "a.txt": "a" });
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"]) {
    for (const target of ["/a.txt", "/none"]) {
      const answer = await site.ask(target, { method });
      assertEquals([answer.status, answer.header("allow")], [405, "GET, HEAD"], method);
    }
  }
});

Deno.test("what is not there gets a page of one's own with 404, of which no validator speaks", async () => {
  await using site = new Site({ "404.html": "<p>Gone fishing" }, { notFound: "404.html" });
  const fields = ["Range: bytes=0-1", `If-None-Match: ${tagOf(15)}`];
  for (const method of ["GET", "HEAD"]) {
    const answer = await site.ask("/none", { method, fields });
    assertEquals(answer.status, 404);
    assertEquals(answer.text, method === "GET" ? "<p>Gone fishing" : "");
    assertEquals(answer.header("content-length"), "15");
    assertEquals(answer.header("content-type"), "text/html; charset=UTF-8");
    assertEquals(answer.header("cache-control"), "no-store");
    assertEquals([answer.header("etag"), answer.header("accept-ranges")], [null, null]);
  }
  assertEquals((await site.ask("/404.html")).status, 200);
  Deno.removeSync(site.folder.at("404.html"));
  assertEquals((await site.ask("/none")).text, "Not found\n");
});

Deno.test("what is no file goes to another handler, with its methods and its info", async () => {
  await using site = new Site({ "a.txt": "a" }, {
    notFound: async (request, info) => {
      const { hostname } = info.remoteAddr as Deno.NetAddr;
      const { pathname } = new URL(request.url);
      return new Response(`${request.method} ${pathname} ${hostname} ${await request.text()}`);
    },
  });
  assertEquals((await site.ask("/api/a%2Fb")).text, "GET /api/a%2Fb 127.0.0.1 ");
  assertEquals((await site.ask("/api", { method: "POST" })).text, "POST /api 127.0.0.1 ");
  assertEquals((await site.ask("/a.txt")).text, "a");
  assertEquals((await site.ask("/a.txt", { method: "POST" })).status, 405);
  assertEquals((await site.ask("/.env")).text, "GET /.env 127.0.0.1 ");
});

Deno.test("content types have their charset, and may be set by extension", async () => {
  const types: Readonly<Record<string, string>> = {
    "a.html": "text/html; charset=UTF-8",
    "a.HTML": "text/html; charset=UTF-8",
    "a.css": "text/css; charset=UTF-8",
    "a.js": "text/javascript; charset=UTF-8",
    "a.mjs": "text/javascript; charset=UTF-8",
    "a.min.js": "text/javascript; charset=UTF-8",
    "a.json": "application/json; charset=UTF-8",
    "a.txt": "text/plain; charset=UTF-8",
    "a.svg": "image/svg+xml",
    "a.png": "image/png",
    "a.wasm": "application/wasm",
    "a.woff2": "font/woff2",
    "a.mp4": "video/mp4",
    "a.tar.gz": "application/gzip",
    "a.unheard-of": "application/octet-stream",
    "a": "application/octet-stream",
    "a.ts": "text/typescript; charset=utf-8",
    "a.d.TS": "text/typescript; charset=utf-8",
    ".well-known/a": "application/octet-stream",
  };
  const files = Object.fromEntries(Object.keys(types).map((name) => [name, name]));
  await using site = new Site(files, { types: { ".ts": "text/typescript; charset=utf-8" } });
  for (const [name, type] of Object.entries(types)) {
    assertEquals((await site.ask(`/${name}`)).header("content-type"), type, name);
  }
});

Deno.test("Cache-Control goes by the file that is sent", async () => {
  const files = {
    "index.html": "",
    "assets/app-3f9c.js": "",
    "assets/app.js": "",
    "img/a.png": "",
    "img/b.png": "",
  };
  const immutable = "public, max-age=31536000, immutable";
  await using site = new Site(files, {
    fallback: "index.html",
    cacheControl: [
      { files: /^\/assets\/.*-[0-9a-f]{4,}\.js$/, value: immutable },
      { files: /\.png$/g, value: "public, max-age=60" },
      { files: /./y, value: "private" },
    ],
  });
  const values = {
    "/": "private",
    "/some/page": "private",
    "/assets/app-3f9c.js": immutable,
    "/assets/app.js": "private",
    "/img/a.png": "public, max-age=60",
    "/img/b.png": "public, max-age=60",
  };
  for (const [target, value] of Object.entries(values)) {
    assertEquals((await site.ask(target)).header("cache-control"), value, target);
  }
  await using all = new Site(files, { cacheControl: "max-age=5" });
  assertEquals((await all.ask("/assets/app.js")).header("cache-control"), "max-age=5");
  await using none = new Site(files, { cacheControl: false });
  assertEquals((await none.ask("/assets/app.js")).header("cache-control"), null);
  await using some = new Site(files, { cacheControl: [{ files: /none/, value: "private" }] });
  assertEquals((await some.ask("/assets/app.js")).header("cache-control"), "no-cache");
});

Deno.test("a listing is off by default; on, it is sorted, escaped, and shows what would be served", async () => {
  const files = {
    "b.txt": "bb",
    "a.txt": "a",
    "Z.txt": "",
    "folder/x": "",
    "<img src=x onerror=alert(1)>.txt": "",
    'a"b&c.txt': "",
    "javascript:alert(1)": "",
    "100%.txt": "percent",
    "größe.txt": "",
    ".hidden": SECRET,
    "con.txt": "",
    "empty/.hidden": "",
    "indexed/index.html": "index",
    "indexed/x": "",
  };
  await using off = new Site(files);
  assertEquals((await off.ask("/")).status, 404);
  await using site = new Site(files, { listing: true });
  Deno.symlinkSync(site.folder.path, site.folder.at("out"));
  Deno.symlinkSync("a.txt", site.folder.at("link.txt"));
  new Deno.Command("mkfifo", { args: [site.folder.at("fifo")] }).outputSync();
  const answer = await site.ask("/");
  assertEquals(answer.header("content-type"), "text/html; charset=utf-8");
  assertMatch(answer.header("content-security-policy")!, /default-src 'none'/);
  assert(!answer.text.includes("<img"));
  const links = [...answer.text.matchAll(/<a href="([^"<>]*)">([^"<>]*)<\/a>/g)]
    .map(([, href = "", name = ""]) => ({ href: unescape(href), name: unescape(name) }));
  assertEquals(links.map(({ name }) => name), [
    "empty/",
    "folder/",
    "indexed/",
    "100%.txt",
    "<img src=x onerror=alert(1)>.txt",
    "Z.txt",
    'a"b&c.txt',
    "a.txt",
    "b.txt",
    "größe.txt",
    "link.txt",
  ]);
  for (const { href } of links) {
    const { pathname, host } = new URL(href, "http://h/");
    assertEquals(host, "h");
    assert((await site.ask(pathname)).status === 200, pathname);
  }
  assert(answer.text.includes("b.txt</a></td><td>2</td><td>2024-01-02 03:04:05</td></tr>"));
  assertEquals((await site.ask("/indexed/")).text, "index");
  assert((await site.ask("/folder/")).text.includes('href="../"'));
  assertEquals((await site.ask("/folder")).status, 301);
  assertEquals((await site.ask("/out/")).status, 404);
  const head = await site.ask("/", { method: "HEAD" });
  assertEquals(head.header("content-length"), String(answer.body.length));
});

Deno.test("a file that this process may not read is 403, and its folder's others are served", async () => {
  await using site = new Site({ "a.txt": "a", "b.txt": "b" });
  Deno.chmodSync(site.folder.at("a.txt"), 0);
  try {
    // A process that may read everything finds out nothing here.
    const allowed = await Deno.readTextFile(site.folder.at("a.txt")).then(() => true, () => false);
    assertEquals((await site.ask("/a.txt")).status, allowed ? 200 : 403);
    assertEquals((await site.ask("/b.txt")).status, 200);
  } finally {
    Deno.chmodSync(site.folder.at("a.txt"), 0o600);
  }
});

Deno.test("staticFiles() is a plain handler: for Deno.serve, and for a call", async () => {
  await using site = new Site({ "a.txt": "a" });
  const files = staticFiles(new URL(`file://${site.folder.root}/`));
  const direct = await files(new Request("http://h/a.txt"));
  assertEquals([direct.status, await direct.text()], [200, "a"]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, files);
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/a.txt`);
  assertEquals([response.status, await response.text()], [200, "a"]);
  await server.shutdown();
});

Deno.test("a root that is not there yet has no files, and has them once it is", async () => {
  await using site = new Site({});
  await using running = start(WEIR, staticFiles(`${site.folder.path}/later/`));
  const get = async () => (await fetch(running.url("/a.txt"))).text();
  assertEquals(await get(), "Not found\n");
  Deno.mkdirSync(`${site.folder.path}/later`);
  Deno.writeTextFileSync(`${site.folder.path}/later/a.txt`, "here");
  assertEquals(await get(), "here");
});
