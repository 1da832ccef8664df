/**
 * What is remembered of files: changes are noticed, memory is bounded, and one question to the file system
 * serves all who wait for its answer.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { FileStore } from "../../handlers/files/file_store.ts";
import { type FileState, isSettled } from "../../handlers/files/file_state.ts";
import { FreshStats, orMissing } from "../../handlers/files/fresh_stats.ts";
import { parseHttpDate } from "../../handlers/files/http_date.ts";
import { resolveFileOptions } from "../../handlers/files/options.ts";
import { represent } from "../../handlers/files/representation.ts";
import { request } from "../support/requests.ts";
import { pause } from "../support/time.ts";
import { Folder, pattern, Site, tagOf } from "./site.ts";

/** After that long, what the file system says of a change can be told from a further one. */
const SETTLING_MS = 3_100;

function remembered(length: number | null) {
  const state: FileState = { device: 1, inode: 1, size: length ?? 0, modified: 0, changed: 0 };
  const bytes = length === null ? null : new Uint8Array(length);
  const init = { path: "/a", coding: null, state, bytes, now: 10_000 };
  return { state, file: represent(init, resolveFileOptions()) };
}

Deno.test("FileStore holds so many bytes, and lets go of what was not used for longest", () => {
  const store = new FileStore(100);
  store.set("a", remembered(40));
  store.set("b", remembered(40));
  assert(store.get("a") !== undefined);
  store.set("c", remembered(40));
  assertEquals(["a", "b", "c"].map((path) => store.get(path) !== undefined), [true, false, true]);
  store.set("a", remembered(10));
  store.set("d", remembered(50));
  assertEquals(["a", "c", "d"].map((path) => store.get(path) !== undefined), [true, true, true]);
  store.delete("c");
  store.delete("c");
  store.set("e", remembered(40));
  assertEquals(["a", "d", "e"].map((path) => store.get(path) !== undefined), [true, true, true]);
  store.set("big", remembered(101));
  assertEquals(["a", "big"].map((path) => store.get(path) !== undefined), [false, false]);
});

Deno.test("FileStore holds 10,000 files, bytes or not", () => {
  const store = new FileStore(1_000);
  for (let at = 0; at < 10_100; at++) store.set(`${at}`, remembered(null));
  const held = Array.from({ length: 10_100 }, (_, at) => store.get(`${at}`) !== undefined);
  assertEquals(held.filter(Boolean).length, 10_000);
  assertEquals([held[99], held[100]], [false, true]);
});

Deno.test("isSettled() is false for as long as a further change could look the same", () => {
  const state = { device: 1, inode: 1, size: 1 };
  const cases: readonly (readonly [number | null, number | null, boolean])[] = [
    [8_000, 8_000, true],
    [8_001, 8_000, false],
    [0, 8_001, false],
    [0, null, true],
    [null, null, false],
    [20_000, 0, false],
  ];
  for (const [modified, changed, settled] of cases) {
    assertEquals(isSettled({ ...state, modified, changed }, 10_000), settled);
  }
});

Deno.test("FreshStats: who comes while an answer is under way shares the next one", async () => {
  using folder = new Folder({ "a": "1" });
  const stats = new FreshStats();
  const size = async (asked: ReturnType<FreshStats["look"]>) => {
    const info = await asked;
    return typeof info === "string" ? info : info.size;
  };
  const path = folder.at("a");
  const first = stats.look(path);
  const second = stats.look(path);
  const third = stats.look(path);
  assert(first !== second && second === third);
  assert(stats.look(folder.at("b")) !== second);
  assertEquals([await size(first), await size(second)], [1, 1]);
  for (let length = 2; length < 50; length++) {
    const before = stats.look(path);
    folder.write("a", "x".repeat(length));
    const after = stats.look(path);
    assertEquals(await size(after), length);
    await before;
  }
  Deno.removeSync(path);
  assertEquals(await size(stats.look(path)), "absent");
  folder.write("a", "333");
  assertEquals(await size(stats.look(path)), 3);
});

Deno.test("orMissing() tells what is not there from what failed", async () => {
  const failing = (code: string) =>
    orMissing(Promise.reject(Object.assign(new Error(code), { code })));
  for (const code of ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EINVAL"]) {
    assertEquals(await failing(code), "absent");
  }
  for (const code of ["EACCES", "EPERM"]) assertEquals(await failing(code), "forbidden");
  for (const code of ["EMFILE", "EIO", "undefined"]) await assertRejects(() => failing(code));
});

Deno.test("parseHttpDate() takes the three forms of a date, and nothing else", () => {
  const now = Date.UTC(2026, 0, 1);
  const ms = Date.UTC(1994, 10, 6, 8, 49, 37);
  const cases: readonly (readonly [string, number | null])[] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", ms],
    ["Sunday, 06-Nov-94 08:49:37 GMT", ms],
    ["Sun Nov  6 08:49:37 1994", ms],
    ["Sunday, 06-Nov-75 08:49:37 GMT", Date.UTC(2075, 10, 6, 8, 49, 37)],
    ["Sunday, 06-Nov-77 08:49:37 GMT", Date.UTC(1977, 10, 6, 8, 49, 37)],
    ["Sun, 6 Nov 1994 08:49:37 GMT", null],
    ["Sun, 06 nov 1994 08:49:37 GMT", null],
    ["Sun, 06 Nov 1994 08:49:37 UTC", null],
    ["Sun, 06 Nov 1994 08:49:37", null],
    ["Sun, 06 Nov 94 08:49:37 GMT", null],
    ["Sun, 06 Nov 1994 25:49:37 GMT", null],
    ["Sun, 31 Apr 1994 08:49:37 GMT", null],
    ["06 Nov 1994", null],
    ["1994-11-06T08:49:37Z", null],
    ["784111777", null],
    ["", null],
  ];
  for (const [text, time] of cases) assertEquals(parseHttpDate(text, now), time, text);
});

for (const cacheBytes of [16 * 1024 * 1024, 0]) {
  Deno.test(`changes are seen by the next request, with ${cacheBytes} bytes of cache`, async () => {
    await using site = new Site({ "a.txt": "one", "b.txt": "bbb" }, { cacheBytes });
    await pause(SETTLING_MS);
    using client = await site.running.connect();
    const get = async (target: string) => {
      const { status, text } = await client.ask(request({ target }));
      return `${status} ${text}`;
    };
    for (let round = 0; round < 3; round++) assertEquals(await get("/a.txt"), "200 one");
    // As long as before, and with the same time: only the change time tells.
    site.folder.write("a.txt", "two");
    assertEquals(await get("/a.txt"), "200 two");
    Deno.removeSync(site.folder.at("a.txt"));
    assertEquals(await get("/a.txt"), "404 Not found\n");
    Deno.renameSync(site.folder.at("b.txt"), site.folder.at("a.txt"));
    assertEquals(await get("/a.txt"), "200 bbb");
    assertEquals(await get("/b.txt"), "404 Not found\n");
    site.folder.write("a.txt", pattern(100_000));
    const large = await client.ask(request({ target: "/a.txt" }));
    assertEquals([large.body, large.header("etag")], [pattern(100_000), tagOf(100_000)]);
    Deno.mkdirSync(site.folder.at("b.txt"));
    assertEquals(await get("/b.txt"), "301 ");
  });
}

Deno.test("hundreds of requests at once for a file that just changed get what is there", async () => {
  await using site = new Site({ "a.txt": "old" });
  await pause(SETTLING_MS);
  assertEquals((await site.ask("/a.txt")).text, "old");
  for (const text of ["new", "newer", "newest"]) {
    site.folder.write("a.txt", text);
    const answers = await Promise.all(Array.from({ length: 200 }, () => site.ask("/a.txt")));
    assertEquals(answers.map((answer) => answer.text), answers.map(() => text));
  }
});
