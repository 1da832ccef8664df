/**
 * Answers whose bodies are the runtime's own streams, over files and bodies of `fetch`: they are read into
 * buffers that serve other answers, so they have to arrive as they are, whoever is served beside them and
 * whoever leaves.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { type Running, start, WEIR } from "../support/servers.ts";
import { until } from "../support/time.ts";
import { Folder, openFilesUnder, pattern } from "../files/site.ts";

const SIZES = [0, 1, 65_536, 65_537, 1_234_567] as const;

/** A server of files by `Deno.open`, and one that fetches from it; `?length` announces it. */
function servers(folder: Folder): { readonly origin: Running; readonly proxy: Running } {
  const origin = start(WEIR, async ({ url }) => {
    const { pathname, search } = new URL(url);
    const file = await Deno.open(folder.root + pathname);
    const headers: HeadersInit = search === "?length"
      ? { "content-length": String((await file.stat()).size) }
      : {};
    return new Response(file.readable, { headers });
  });
  const proxy = start(WEIR, async ({ url }) => {
    const { pathname, search } = new URL(url);
    return await fetch(origin.url(pathname + search));
  });
  return { origin, proxy };
}

for (const version of ["1.1", "1.0"] as const) {
  for (const search of ["", "?length"]) {
    const how = `HTTP/${version}, ${search === "" ? "no length" : "a length"}`;
    Deno.test(`files and fetched bodies arrive as they are, many at a time: ${how}`, async () => {
      using folder = new Folder(
        Object.fromEntries(SIZES.map((size) => [`${size}`, pattern(size)])),
      );
      const { origin, proxy } = servers(folder);
      await using _origin = origin;
      await using _proxy = proxy;
      const get = async (running: Running, size: number) => {
        using client = await running.connect();
        const answer = await client.ask(request({ target: `/${size}${search}`, version }));
        assertEquals(answer.status, 200);
        assertEquals(answer.body, pattern(size));
      };
      const all = [origin, proxy].flatMap((running) => SIZES.map((size) => get(running, size)));
      await Promise.all([...all, ...SIZES.map((size) => get(origin, size))]);
      await until(() => openFilesUnder(folder.root) === 0, "all files to be closed");
    });
  }
}

Deno.test("a client that leaves a file, and one that asks for its HEAD, close it", async () => {
  using folder = new Folder({ large: pattern(16_000_000) });
  const { origin, proxy } = servers(folder);
  await using _origin = origin;
  await using _proxy = proxy;
  {
    using leaving = await origin.connect();
    await leaving.send(request({ target: "/large?length" }));
    await leaving.readOnce();
    assert(openFilesUnder(folder.root) > 0);
  }
  await until(() => openFilesUnder(folder.root) === 0, "the file to be closed");
  using client = await origin.connect();
  const head = await client.ask(request({ method: "HEAD", target: "/large?length" }));
  assertEquals([head.status, head.header("content-length")], [200, "16000000"]);
  await until(() => openFilesUnder(folder.root) === 0, "the file to be closed");
});
