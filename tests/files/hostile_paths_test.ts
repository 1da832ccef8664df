/**
 * Request targets that try to leave the root, or to reach what is hidden in it, sent as they are: nothing
 * between the row and the server makes them harmless.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { latin1 } from "../support/wire.ts";
import { LAST_GET } from "../support/requests.ts";
import { SECRET, Site } from "./site.ts";
import { urlPath } from "../../handlers/files/url_path.ts";

/** Each has to get 404, or 400 where it is no request target at all. */
const HOSTILE: readonly string[] = [
  // Dot segments, plain and encoded.
  "/..",
  "/../",
  "/../secret.txt",
  "/./../secret.txt",
  "/a/../../secret.txt",
  "/a/b/../../../secret.txt",
  "/../site/public.txt",
  "/a/../public.txt",
  "/a/.",
  "/a/./",
  "/.//public.txt",
  "/a/..",
  "/a/.",
  "/%2e%2e/secret.txt",
  "/%2E%2E/secret.txt",
  "/.%2e/secret.txt",
  "/%2e./secret.txt",
  "/a/%2e%2e/%2e%2e/secret.txt",
  "/a/%2e%2e/public.txt",
  "/%2e/public.txt",
  "/%2e%2e",
  "/...",
  "/.../secret.txt",
  "/..../secret.txt",
  // Encoded slashes.
  "/..%2fsecret.txt",
  "/..%2Fsecret.txt",
  "/%2e%2e%2fsecret.txt",
  "/a%2f..%2f..%2fsecret.txt",
  "/a%2fb.txt",
  "/%2fetc%2fpasswd",
  "/a%2f%2e%2e%2fpublic.txt",
  "/%2f",
  // Backslashes.
  "/..\\secret.txt",
  "\\..\\secret.txt",
  "/a\\b.txt",
  "/..%5csecret.txt",
  "/..%5Csecret.txt",
  "/%5c..%5csecret.txt",
  "/a%5cb.txt",
  "/a\\..\\..\\secret.txt",
  // Encoded twice, or longer than allowed.
  "/%252e%252e/secret.txt",
  "/%252e%252e%252fsecret.txt",
  "/..%252fsecret.txt",
  "/..%255csecret.txt",
  "/%25%32%65%25%32%65/secret.txt",
  "/%c0%ae%c0%ae/secret.txt",
  "/%c0%af..%c0%afsecret.txt",
  "/..%c0%afsecret.txt",
  "/%e0%80%ae%e0%80%ae/secret.txt",
  "/%uff0e%uff0e/secret.txt",
  "/%u002e%u002e/secret.txt",
  "/．．/secret.txt",
  "/%ef%bc%8e%ef%bc%8e/secret.txt",
  "/..%ef%bc%8fsecret.txt",
  // NUL and other controls, broken encoding.
  "/public.txt%00",
  "/public.txt%00.html",
  "/%00",
  "/../secret.txt%00.txt",
  "/public.txt%0a",
  "/public.txt%0d%0aX-Injected:%20yes",
  "/%7f",
  "/public.txt%",
  "/public.txt%2",
  "/%zz/public.txt",
  "/%ff",
  // Empty segments, and what looks like an authority.
  "//",
  "//public.txt",
  "//etc/passwd",
  "//evil.example/",
  "//evil.example/%2e%2e",
  "///evil.example/a",
  "/a//b.txt",
  "/a//",
  "/public.txt/",
  "/public.txt/x",
  "/\\evil.example/a",
  "/%2f%2fevil.example/a",
  "/%5c%5cevil.example/a",
  // Absolute paths and drives.
  "//etc//passwd",
  "/C:/secret.txt",
  "/C:%5csecret.txt",
  "/c:",
  "/a/C:",
  "/file:///etc/passwd",
  // Names that mean something else on Windows.
  "/CON",
  "/con.txt",
  "/aux",
  "/a/NUL",
  "/nul.html",
  "/PRN.tar.gz",
  "/COM1",
  "/com9.txt",
  "/LPT1.log",
  "/COM%C2%B9",
  "/CONIN$",
  "/con%20.txt",
  "/public.txt.",
  "/public.txt...",
  "/public.txt%20",
  "/a./b.txt",
  "/a%20/b.txt",
  "/public.txt:stream",
  "/public.txt::$DATA",
  "/public.txt%3a%3a$DATA",
  "/a:$I30:$INDEX_ALLOCATION/b.txt",
  // Hidden.
  "/.env",
  "/%2eenv",
  "/.git/config",
  "/.git",
  "/.git/",
  "/a/.hidden",
  "/a/.well-known/x.txt",
  "/.well-known/.hidden",
  "/.well-known/../.env",
  "/.htaccess",
  "/.ENV.",
  // Links that lead out, and what is no file.
  "/out.txt",
  "/out",
  "/out/",
  "/out/secret.txt",
  "/out/site/public.txt/",
  "/a/chain.txt",
  "/loop",
  "/fifo",
  "/device",
  "/a/fifo",
  // Long.
  `/${"a".repeat(300)}`,
  `/${"a/".repeat(2_500)}x`,
  `/${"../".repeat(1_000)}secret.txt`,
  `/${"%2e%2e%2f".repeat(500)}secret.txt`,
];

function fill(site: Site): void {
  const { folder } = site;
  for (const name of [".env", ".git/config", "a/.hidden", ".well-known/.hidden", ".htaccess"]) {
    folder.write(name, SECRET);
  }
  folder.write("a/.well-known/x.txt", SECRET);
  Deno.symlinkSync(`${folder.path}/secret.txt`, folder.at("out.txt"));
  Deno.symlinkSync(folder.path, folder.at("out"));
  Deno.symlinkSync("../out.txt", folder.at("a/chain.txt"));
  Deno.symlinkSync("loop", folder.at("loop"));
  Deno.symlinkSync("/dev/zero", folder.at("device"));
  for (const name of ["fifo", "a/fifo"]) {
    new Deno.Command("mkfifo", { args: [folder.at(name)] }).outputSync();
    assert(Deno.lstatSync(folder.at(name)).isFifo);
  }
}

const FILES = {
  "public.txt": "public",
  "index.html": "home",
  "a/b.txt": "b",
  "a/index.html": "a",
  ".well-known/security.txt": "security",
};

for (const prefix of ["", "/mounted/here"]) {
  Deno.test(`${HOSTILE.length} hostile targets get nothing, under "${prefix}/"`, async () => {
    assert(HOSTILE.length >= 125);
    const options = { prefix: prefix || "/", cleanUrls: true, precompressed: true, listing: true };
    await using site = new Site(FILES, options);
    fill(site);
    for (const target of HOSTILE) {
      using client = await site.running.connect();
      const utf8 = String.fromCharCode(...new TextEncoder().encode(prefix + target));
      await client.send(latin1(request({ target: utf8, fields: ["Connection: close"] })));
      const answer = await client.response();
      const allowed = answer.status === 404 || answer.status === 400;
      assert(allowed, `${target.slice(0, 80)} gets ${answer.status}`);
      assert(!answer.text.includes(SECRET), target);
      assert(!answer.text.includes("root:"), target);
      assertEquals([answer.header("location"), answer.header("x-injected")], [null, null], target);
    }
    assertEquals(site.running.errors, []);
  });
}

Deno.test("what is next to them is served", async () => {
  await using site = new Site({
    ...FILES,
    "100% sure.txt": "percent",
    "a b+c&d.txt": "odd",
    "größe.txt": "umlaut",
    "..two.txt": "hidden",
    "con-tent.txt": "no device",
    "comb.txt": "no device",
    "a..b.txt": "dots",
    "x~1.txt": "tilde",
    "%2e%2e": "literal",
  });
  const served: readonly (readonly [target: string, text: string])[] = [
    ["/public.txt", "public"],
    ["/public.txt?../../secret.txt", "public"],
    ["/public.txt?a=%00", "public"],
    ["/%70ublic.txt", "public"],
    ["/", "home"],
    ["/?x", "home"],
    ["/a/", "a"],
    ["/a/b.txt", "b"],
    ["/./public.txt", "public"],
    ["/a/././b.txt", "b"],
    ["/./a/", "a"],
    ["/.well-known/security.txt", "security"],
    ["/%2ewell-known/security.txt", "security"],
    ["/100%25%20sure.txt", "percent"],
    ["/a%20b+c&d.txt", "odd"],
    ["/gr%C3%B6%C3%9Fe.txt", "umlaut"],
    ["/con-tent.txt", "no device"],
    ["/comb.txt", "no device"],
    ["/a..b.txt", "dots"],
    ["/x~1.txt", "tilde"],
    ["/%252e%252e", "literal"],
    ["http://other.example/public.txt", "public"],
  ];
  for (const [target, text] of served) {
    const answer = await site.ask(target);
    assertEquals([answer.status, answer.text], [200, text], target);
  }
  assertEquals((await site.ask("/..two.txt")).status, 404);
});

Deno.test("an option serves dotfiles, and still nothing outside of the root", async () => {
  await using site = new Site(FILES, { dotfiles: true });
  fill(site);
  for (const target of ["/.env", "/.git/config", "/a/.hidden", "/%2eenv"]) {
    assertEquals((await site.ask(target)).text, SECRET, target);
  }
  for (const target of ["/..", "/../secret.txt", "/%2e%2e/secret.txt", "/out.txt", "/.", "/..."]) {
    assertEquals((await site.ask(target)).status, 404, target);
  }
});

Deno.test("urlPath() takes short names of Windows only where there are none", () => {
  const rules = { prefix: [], dotfiles: false };
  const url = "http://h/GIT~1/config";
  assertEquals(urlPath(url, { ...rules, shortNames: true }), null);
  assertEquals(urlPath(url, { ...rules, shortNames: false })?.names, ["GIT~1", "config"]);
});

Deno.test("urlPath() takes apart whatever stands around the path", () => {
  const rules = { prefix: ["p q"], dotfiles: false, shortNames: false };
  const cases: readonly (readonly [string, readonly string[] | null, string])[] = [
    ["http://h/p%20q/a/b?c=/d#/e", ["a", "b"], "?c=/d"],
    ["http://h/p%20q?x#y?z", [], "?x"],
    ["http://h/p%20q/#a?b", [], ""],
    ["https://user@[::1]:8/p%20q/a", ["a"], ""],
    ["http://h", null, ""],
    ["http://h?/p%20q/a", null, ""],
    ["http://h#/p%20q/a", null, ""],
    ["http://h/p%20qq/a", null, ""],
    ["http://h/p", null, ""],
  ];
  for (const [url, names, query] of cases) {
    const path = urlPath(url, rules);
    assertEquals([path?.names ?? null, path?.query ?? ""], [names, query], url);
  }
});

Deno.test("a FIFO is not opened: its request is answered at once, and the others with it", async () => {
  await using site = new Site(FILES);
  fill(site);
  const asked = Array.from({ length: 20 }, (_, at) => site.ask(at % 2 ? "/fifo" : "/public.txt"));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assertEquals(statuses, statuses.map((_, at) => at % 2 ? 404 : 200));
  using client = await site.running.connect();
  assertEquals((await client.ask(LAST_GET)).status, 200);
});
