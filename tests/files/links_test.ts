/**
 * Symbolic links: which are followed, and that swapping one in at the right moment gets nobody anything.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { pause } from "../support/time.ts";
import { Folder, openFilesUnder, SECRET, Site } from "./site.ts";

Deno.test("links within the root are followed, also through other names of the root", async () => {
  await using site = new Site({ "data/v1/a.txt": "one", "data/v2/a.txt": "two!" });
  Deno.symlinkSync("data/v1", site.folder.at("current"));
  Deno.symlinkSync(site.folder.at("current/a.txt"), site.folder.at("a.txt"));
  assertEquals((await site.ask("/current/a.txt")).text, "one");
  assertEquals((await site.ask("/a.txt")).text, "one");
  Deno.removeSync(site.folder.at("current"));
  Deno.symlinkSync("data/v2", site.folder.at("current"));
  assertEquals((await site.ask("/current/a.txt")).text, "two!");
  assertEquals((await site.ask("/a.txt")).text, "two!");
});

Deno.test("a root that is a link may be changed for another while the server runs", async () => {
  await using site = new Site({});
  using folder = new Folder();
  for (const version of ["v1", "v2"]) {
    Deno.mkdirSync(`${folder.path}/${version}`);
    Deno.writeTextFileSync(`${folder.path}/${version}/a.txt`, version);
  }
  Deno.removeSync(site.folder.root);
  Deno.symlinkSync(`${folder.path}/v1`, site.folder.root);
  assertEquals((await site.ask("/a.txt")).text, "v1");
  Deno.removeSync(site.folder.root);
  assertEquals((await site.ask("/a.txt")).status, 404);
  Deno.symlinkSync(`${folder.path}/v2`, site.folder.root);
  assertEquals((await site.ask("/a.txt")).text, "v2");
});

Deno.test("a folder whose name begins like the root's is outside of it", async () => {
  await using site = new Site({});
  Deno.mkdirSync(`${site.folder.root}-other`);
  Deno.writeTextFileSync(`${site.folder.root}-other/a.txt`, SECRET);
  Deno.symlinkSync(`${site.folder.root}-other`, site.folder.at("other"));
  for (const target of ["/other", "/other/", "/other/a.txt"]) {
    assertEquals((await site.ask(target)).status, 404, target);
  }
});

Deno.test('symlinks: "anywhere" follows them all, but to files alone', async () => {
  await using site = new Site({}, { symlinks: "anywhere" });
  Deno.symlinkSync(`${site.folder.path}/secret.txt`, site.folder.at("out.txt"));
  Deno.symlinkSync("/dev/zero", site.folder.at("device"));
  assertEquals((await site.ask("/out.txt")).text, SECRET);
  assertEquals((await site.ask("/device")).status, 404);
});

Deno.test("a file that becomes a link is one for the next request, though it was just served", async () => {
  await using site = new Site({ "a.txt": "public" });
  using client = await site.running.connect();
  const get = request({ target: "/a.txt" });
  for (let round = 0; round < 20; round++) {
    assertEquals((await client.ask(get)).text, "public");
    Deno.removeSync(site.folder.at("a.txt"));
    Deno.symlinkSync(`${site.folder.path}/secret.txt`, site.folder.at("a.txt"));
    assertEquals((await client.ask(get)).status, 404);
    Deno.removeSync(site.folder.at("a.txt"));
    site.folder.write("a.txt", "public");
  }
});

/**
 * Swaps two entries of one folder without a pause, by rename alone, so that the name always leads
 * somewhere; ends with its stdin.
 */
const SWAPPER = `
import ctypes, os, select, sys
libc = ctypes.CDLL(None, use_errno=True)
a, b = (path.encode() for path in sys.argv[1:3])
print("ready", flush=True)
count = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(500):
        if libc.renameat2(-100, a, -100, b, 2) != 0: sys.exit(os.strerror(ctypes.get_errno()))
        count += 1
print(count)
`;

/** Runs `body` while two paths are being exchanged; returns how often they were. */
async function whileSwapping(
  [a, b]: readonly [string, string],
  body: () => Promise<void>,
): Promise<number> {
  const child = new Deno.Command("python3", {
    args: ["-c", SWAPPER, a, b],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) said += (await lines.read()).value;
  assertEquals(said, "ready\n");
  try {
    await body();
  } finally {
    await child.stdin.close();
  }
  said = "";
  for (let { value } = await lines.read(); value; { value } = await lines.read()) said += value;
  assert((await child.status).success);
  return Number(said);
}

/** What is swapped, and which URL leads through it. */
const SWAPS: readonly { readonly what: string; readonly link: string; readonly file: string }[] = [
  { what: "a file", link: "secret.txt", file: "" },
  { what: "a folder", link: "outside", file: "/a.txt" },
];

for (const { what, link, file } of SWAPS) {
  for (const size of [0, 300_000]) {
    const padding = "x".repeat(size);
    const name = `${what} swapped for a link without a pause, ${size === 0 ? "small" : "large"}`;
    Deno.test(`${name}: never what is outside`, async () => {
      using folder = new Folder();
      await using site = new Site({});
      const { root } = site.folder;
      Deno.mkdirSync(`${folder.path}/outside`);
      for (const path of ["secret.txt", "outside/a.txt"]) {
        Deno.writeTextFileSync(`${folder.path}/${path}`, SECRET + padding);
      }
      if (file === "") Deno.writeTextFileSync(`${root}/x`, "public" + padding);
      else {
        Deno.mkdirSync(`${root}/x`);
        Deno.writeTextFileSync(`${root}/x${file}`, "public" + padding);
      }
      Deno.symlinkSync(`${folder.path}/${link}`, `${root}/y`);
      const counts = { served: 0, refused: 0 };
      const ask = async () => {
        using client = await site.running.connect();
        for (let at = 0; at < 250; at++) {
          const answer = await client.ask(request({ target: `/x${file}` }));
          assert(!answer.text.includes(SECRET), "The secret got out");
          if (answer.status === 200) {
            assertEquals(answer.text, "public" + padding);
            counts.served++;
          } else {
            assertEquals(answer.status, 404);
            counts.refused++;
          }
        }
      };
      const swaps = await whileSwapping([`${root}/x`, `${root}/y`], async () => {
        await Promise.all(Array.from({ length: 8 }, ask));
      });
      assertEquals(counts.served + counts.refused, 2_000);
      assert(swaps > 2_000, `Only ${swaps} swaps`);
      assert(counts.refused > 100, JSON.stringify(counts));
      await pause(20);
      assertEquals([openFilesUnder(root), openFilesUnder(folder.path)], [0, 0]);
    });
  }
}
