/**
 * Bodies on their way: files that change while they are sent, clients that are slow or leave, and that no
 * descriptor stays open whatever happens.
 *
 * @module
 */

import { staticFiles } from "../../mod.ts";
import { PIECE_BYTES } from "../../handlers/files/file_body.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { ChildServer } from "../support/programs.ts";
import { request } from "../support/requests.ts";
import { pause, until } from "../support/time.ts";
import { fromLatin1, WireClient } from "../support/wire.ts";
import { Folder, openFilesUnder, pattern, Site, tagOf } from "./site.ts";

const LARGE = 3 * PIECE_BYTES + 12_345;
/** More than the buffers of a connection hold. */
const HUGE = 16 * 1024 * 1024;

async function allClosed(site: Site): Promise<void> {
  await until(() => openFilesUnder(site.folder.root) === 0, "all files to be closed");
}

Deno.test("a large file arrives as it is, whole and in ranges that cross its pieces", async () => {
  const content = pattern(LARGE);
  await using site = new Site({ "a.bin": content });
  assertEquals((await site.ask("/a.bin")).body, content);
  const first = PIECE_BYTES - 3, last = 2 * PIECE_BYTES + 7;
  const part = await site.ask("/a.bin", { fields: [`Range: bytes=${first}-${last}`] });
  assertEquals(part.body, content.slice(first, last + 1));
  const parts = await site.ask("/a.bin", {
    fields: [`Range: bytes=${LARGE - 5}-, ${first}-${last}, 0-0`],
  });
  const text = fromLatin1(parts.body);
  assertEquals(parts.header("content-length"), String(text.length));
  for (const [from, to] of [[LARGE - 5, LARGE - 1], [first, last], [0, 0]] as const) {
    const range = `Content-Range: bytes ${from}-${to}/${LARGE}\r\n\r\n`;
    assert(text.includes(range + fromLatin1(content.slice(from, to + 1)) + "\r\n--"), range);
  }
  await allClosed(site);
});

Deno.test("no descriptor stays open: 304, 412, 416, HEAD, 404, ranges, and whole bodies", async () => {
  await using site = new Site({ "a.bin": pattern(LARGE), "b.txt": "small" });
  using client = await site.running.connect();
  const asked: readonly (readonly [method: string, fields: readonly string[], status: number])[] = [
    ["GET", [], 200],
    ["HEAD", [], 200],
    ["GET", [`If-None-Match: ${tagOf(LARGE)}`], 304],
    ["GET", ['If-Match: "x"'], 412],
    ["GET", [`Range: bytes=${LARGE}-`], 416],
    ["GET", ["Range: bytes=5-9"], 206],
    ["GET", ["Range: bytes=5-9,100-200"], 206],
    ["POST", [], 405],
  ];
  for (let round = 0; round < 5; round++) {
    for (const [method, fields, status] of asked) {
      const answer = await client.ask(request({ method, target: "/a.bin", fields }));
      assertEquals(answer.status, status);
    }
    assertEquals((await client.ask(request({ target: "/b.txt" }))).text, "small");
    assertEquals((await client.ask(request({ target: "/none" }))).status, 404);
  }
  await allClosed(site);
});

Deno.test("a client that leaves in the middle closes the file", async () => {
  await using site = new Site({ "a.bin": pattern(HUGE) });
  for (let round = 0; round < 10; round++) {
    using client = await site.running.connect();
    await client.send(request({ target: "/a.bin" }));
    await client.readOnce();
    await until(() => openFilesUnder(site.folder.root) === 1, "one file to stay open");
    client.close();
    await allClosed(site);
  }
});

Deno.test("a client that leaves before the answer begins leaves nothing open", async () => {
  await using site = new Site({ "a.bin": pattern(LARGE) });
  for (let round = 0; round < 30; round++) {
    using client = await site.running.connect();
    await client.send(request({ target: "/a.bin" }));
    client.close();
  }
  await pause(50);
  await allClosed(site);
});

Deno.test("a program that does not want the body closes the file by cancelling it", async () => {
  await using site = new Site({ "a.bin": pattern(LARGE) });
  const files = staticFiles(site.folder.root);
  const get = () => files(new Request("http://h/a.bin"));
  await (await get()).body!.cancel();
  assertEquals(openFilesUnder(site.folder.root), 0);
  const reader = (await get()).body!.getReader();
  const reading = reader.read();
  await reader.cancel();
  await reading;
  await allClosed(site);
});

/** Reads slowly until `change` has been made, and then all that still comes. */
async function changedWhileSent(site: Site, change: () => void): Promise<{
  readonly head: string;
  readonly body: string;
  readonly end: string;
}> {
  using client = await site.running.connect();
  await client.send(request({ target: "/a.bin", fields: ["Connection: close"] }));
  const begun = await client.readOnce();
  change();
  const { text, end } = await client.remains();
  const all = begun + text;
  const split = all.indexOf("\r\n\r\n") + 4;
  return { head: all.slice(0, split), body: all.slice(split), end };
}

Deno.test("a file that grows while it is sent is as long as was announced", async () => {
  const content = pattern(HUGE);
  await using site = new Site({ "a.bin": content });
  const grown = await changedWhileSent(site, () => {
    Deno.writeFileSync(site.folder.at("a.bin"), pattern(100_000), { append: true });
  });
  assert(grown.head.includes(`ontent-length: ${HUGE}\r\n`.slice(1)), grown.head);
  assertEquals(grown.body.length, HUGE);
  assert(grown.body === fromLatin1(content));
  await allClosed(site);
});

Deno.test("a file that shrinks while it is sent has its answer cut, so that the client can tell", async () => {
  await using site = new Site({ "a.bin": pattern(HUGE) });
  const cut = await changedWhileSent(site, () => Deno.truncateSync(site.folder.at("a.bin"), 1_000));
  assert(cut.head.includes(`ontent-length: ${HUGE}\r\n`.slice(1)), cut.head);
  assert(cut.body.length < HUGE, `${cut.body.length} bytes came`);
  await allClosed(site);
  assertEquals((await site.ask("/a.bin")).body.length, 1_000);
});

Deno.test("a file that is replaced while it is sent goes on as the one that it was", async () => {
  const content = pattern(HUGE);
  await using site = new Site({ "a.bin": content });
  const old = await changedWhileSent(site, () => {
    site.folder.write("new.bin", "replaced");
    Deno.renameSync(site.folder.at("new.bin"), site.folder.at("a.bin"));
  });
  assert(old.body === fromLatin1(content));
  assertEquals((await site.ask("/a.bin")).text, "replaced");
  await allClosed(site);
});

Deno.test("a file that is written to all the time has answers whose length is right", async () => {
  await using site = new Site({});
  for (const size of [100, 300_000]) {
    Deno.writeTextFileSync(site.folder.at("log"), "x".repeat(size));
    let writing = true;
    const write = async () => {
      const log = await Deno.open(site.folder.at("log"), { append: true });
      while (writing) await log.write(new TextEncoder().encode("a line of the log\n"));
      log.close();
    };
    const written = write();
    using client = await site.running.connect();
    for (let round = 0; round < 100; round++) {
      const answer = await client.ask(request({ target: "/log" }));
      assertEquals(answer.status, 200);
      assertEquals(answer.header("content-length"), String(answer.body.length));
      assert(answer.body.length >= size);
    }
    writing = false;
    await written;
    Deno.removeSync(site.folder.at("log"));
  }
  assertEquals(site.running.errors, []);
  await allClosed(site);
});

Deno.test("slow clients hold a descriptor and a piece each, and others are served beside them", async () => {
  using folder = new Folder({ "a.bin": pattern(HUGE), "b.txt": "b" });
  const fixture = decodeURIComponent(new URL("./fixture.ts", import.meta.url).pathname);
  const flags = ["--no-prompt", "--quiet", "--v8-flags=--expose-gc", "--allow-net=127.0.0.1"];
  flags.push(`--allow-read=${folder.root}`);
  await using child = ChildServer.spawn(Deno.execPath(), ["run", ...flags, fixture, folder.root]);
  const port = await child.port();
  const get = async (path: string) => {
    using client = await WireClient.connect(port);
    return (await client.ask(request({ target: path }))).text;
  };
  assertEquals(await get("/b.txt"), "b");
  const before = Number(await get("/_memory"));
  const slow: WireClient[] = [];
  try {
    const count = 40;
    while (slow.length < count) {
      const client = await WireClient.connect(port);
      slow.push(client);
      await client.send(request({ target: "/a.bin" }));
    }
    const open = () => openFilesUnder(folder.root, child.pid);
    await until(() => open() === count, "all answers to begin");
    await pause(300);
    const each = (Number(await get("/_memory")) - before) / count;
    assert(each > 0 && each < 1.25 * PIECE_BYTES, `${Math.round(each / 1024)} KiB for each client`);
    assertEquals([open(), await get("/b.txt")], [count, "b"]);
    slow.forEach((client) => client.close());
    await until(() => open() === 0, "all files to be closed");
    // What the engine's pool of buffers keeps for the next clients.
    const after = (Number(await get("/_memory")) - before) / count;
    assert(after < PIECE_BYTES / 6, `${Math.round(after / 1024)} KiB stay for each client`);
  } finally {
    slow.forEach((client) => client.close());
  }
});

Deno.test("a stream says why it ended when its file has become shorter", async () => {
  await using site = new Site({ "a.bin": pattern(LARGE) });
  const response = await staticFiles(site.folder.root)(new Request("http://h/a.bin"));
  Deno.truncateSync(site.folder.at("a.bin"), 5);
  const error = await assertRejects(() => response.bytes());
  assert(error.message.includes("shorter"), error.message);
  await allClosed(site);
});
