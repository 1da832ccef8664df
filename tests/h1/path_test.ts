import { resolvedPath } from "../../reactor/h1/path.ts";
import { assertEquals } from "../support/assert.ts";

const PATHS = [
  ...["/", "/a", "/a/b", "/a/", "//", "//a//b/"],
  ...["/.", "/..", "/./", "/../", "/a/.", "/a/..", "/a/./b", "/a/../b", "/a/b/../../c"],
  ...["/../a", "/../../a", "/a/../..", "/a/../../b", "/a//../b", "/a/b/..", "/a/b/.", "/a/b/./"],
  ...["/%2e", "/%2E%2e/a", "/a/%2e%2e/b", "/a/.%2e/b", "/a/%2E./b", "/a/%2e/b"],
  ...["/...", "/a/.../b", "/.a", "/..a", "/a..", "/a./b", "/%2ea", "/%2f..", "/a%2e/b"],
  ...["/#", "/#a", "/a#b", "/a/#/../b", "/a/..#b", "/a#b#c", "/a/.#", "/#/.."],
  ...["/\\", "/a\\b", "/a\\..\\b", "/a/b\\../c", "/\\..", "/a\\#\\b"],
  ...[
    "/a//b",
    "//a",
    "/a/./",
    "/a/../",
    "/../..",
    "/./a",
    "/a/b/../../../c",
    "/a/%2e",
    "/a/%2E%2e/b",
    "/a/.%2e",
    "/a/...",
    "/a/..b",
    "/a/.b/c",
    "/a/b..",
    "/a\\",
    "/a#/../b",
    "/a/%2f../b",
    "/a/..;/b",
    "/a/.%2",
    "/.a%2e/",
    "/%2e%2e/%2e%2e/x",
    "/a/././b/./..",
    "/a/b/..//c",
  ],
];

for (const path of PATHS) {
  Deno.test(`resolvedPath() of ${path} is that of a URL`, () => {
    assertEquals(resolvedPath(path), new URL(`http://h${path}`).pathname);
  });
}
