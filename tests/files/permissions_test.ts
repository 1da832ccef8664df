/**
 * What serving files needs, and what a server without files pays for it: nothing.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ChildServer, run } from "../support/programs.ts";
import { Folder, SECRET } from "./site.ts";

const FIXTURE = decodeURIComponent(new URL("./fixture.ts", import.meta.url).pathname);
const LIBRARY = decodeURIComponent(new URL("../../mod.ts", import.meta.url).pathname);

Deno.test("--allow-read of the root and --allow-net are enough; of a root that is a link, both ends", async () => {
  using folder = new Folder({ "a.txt": "a", "big.bin": new Uint8Array(300_000), "x/b.txt": "b" });
  const link = `${folder.path}/link`;
  Deno.symlinkSync(folder.root, link);
  Deno.symlinkSync("a.txt", folder.at("c.txt"));
  Deno.symlinkSync(`${folder.path}/secret.txt`, folder.at("out.txt"));
  for (const root of [folder.root, link]) {
    const read = root === link ? `${link},${folder.root}` : root;
    const flags = ["--no-prompt", "--quiet", "--allow-net=127.0.0.1", `--allow-read=${read}`];
    await using child = ChildServer.spawn(Deno.execPath(), ["run", ...flags, FIXTURE, root]);
    const url = `http://127.0.0.1:${await child.port()}`;
    const get = async (path: string) => {
      const response = await fetch(url + path);
      return `${response.status} ${(await response.text()).length}`;
    };
    const answers = [];
    for (const path of ["/a.txt", "/big.bin", "/c.txt", "/none"]) answers.push(await get(path));
    assertEquals(answers, ["200 1", "200 300000", "200 1", "404 10"], root);
    const out = await fetch(`${url}/out.txt`);
    assertEquals([out.status, (await out.text()).includes(SECRET)], [404, false]);
    assertEquals(await get("/x"), "200 " + (await (await fetch(`${url}/x/`)).text()).length);
  }
});

Deno.test("of a root that is a link, the permission for the link alone says what is missing", async () => {
  using folder = new Folder({ "a.txt": "a" });
  const link = `${folder.path}/link`;
  Deno.symlinkSync(folder.root, link);
  const flags = ["--no-prompt", "--quiet", "--allow-net=127.0.0.1", `--allow-read=${link}`];
  const child = ChildServer.spawn(Deno.execPath(), ["run", ...flags, FIXTURE, link]);
  const response = await fetch(`http://127.0.0.1:${await child.port()}/a.txt`);
  assertEquals(response.status, 500);
  await response.body?.cancel();
  assert((await child.end()).includes(`read access to "${folder.root}/a.txt"`));
});

Deno.test("without the permission to read, the answer is 500 and the reason on stderr", async () => {
  using folder = new Folder({ "a.txt": "a" });
  const flags = ["--no-prompt", "--quiet", "--allow-net=127.0.0.1"];
  const child = ChildServer.spawn(Deno.execPath(), ["run", ...flags, FIXTURE, folder.root]);
  const response = await fetch(`http://127.0.0.1:${await child.port()}/a.txt`);
  assertEquals(response.status, 500);
  await response.body?.cancel();
  assert((await child.end()).includes("--allow-read"));
});

Deno.test("a server without files loads nothing of what serves them", async () => {
  const { stdout } = await run(Deno.execPath(), ["info", "--json", LIBRARY]);
  const graph: {
    modules: {
      specifier: string;
      dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[];
    }[];
  } = JSON.parse(stdout);
  const byName = new Map(graph.modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const load = (name: string) => {
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) load(code.specifier);
    }
  };
  load(new URL(`file://${LIBRARY}`).href);
  const own = [...loaded].filter((name) => name.includes("/handlers/files/"))
    .map((name) => name.slice(name.lastIndexOf("/") + 1)).sort();
  assert(loaded.size > 50, `${loaded.size} modules`);
  assertEquals(own, ["options.ts", "static_files.ts"]);
  const others = [...loaded].filter((name) => /media_types|negotiation|html\/|path\//.test(name));
  assertEquals(others, []);
});
