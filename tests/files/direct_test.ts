/**
 * Files are sent past the streams of their Responses. What a program does with such a Response has to come
 * out as with any other.
 *
 * @module
 */

import { staticFiles, workers } from "../../mod.ts";
import { takeApart } from "../../handlers/fetch/response.ts";
import { PIECE_BYTES } from "../../handlers/files/file_body.ts";
import { assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { start, WEIR } from "../support/servers.ts";
import { until } from "../support/time.ts";
import { Folder, openFilesUnder, pattern } from "./site.ts";

const LARGE = 3 * PIECE_BYTES + 12_345;
const SIZES = [1, 1_024, PIECE_BYTES, LARGE] as const;

/** Bytes that differ from those of any other seed at every place. */
function seeded(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return pattern(length).map((byte) => byte ^ seed);
}

/** What a program may do with the answer before it returns it. */
const USES: Readonly<Record<string, (response: Response) => Response | Promise<Response>>> = {
  "handed on": (response) => response,
  "in a Response of its own": ({ body, status, headers }) =>
    new Response(body, { status, headers }),
  "cloned": (response) => response.clone(),
  "cloned, and the clone read": async (response) => {
    await response.clone().bytes();
    return response;
  },
  "read and made anew": async (response) =>
    new Response(await response.bytes(), { headers: response.headers }),
  "through a transform": ({ body, headers }) =>
    new Response(body!.pipeThrough(new TransformStream()), { headers }),
};

for (const mode of ["auto", "public"] as const) {
  Deno.test(`answers arrive as they are, whatever a program does with them; ${mode}`, async () => {
    using folder = new Folder(Object.fromEntries(SIZES.map((size) => [`${size}`, pattern(size)])));
    for (const cacheBytes of [0, 2 ** 24]) {
      const files = staticFiles(folder.root, { cacheBytes });
      for (const [name, use] of Object.entries(USES)) {
        takeApart(mode);
        try {
          await using running = start(WEIR, async (request) => use(await files(request)));
          using client = await running.connect();
          // Once from the file system, once from memory.
          for (const size of [...SIZES, ...SIZES]) {
            const answer = await client.ask(request({ target: `/${size}` }));
            assertEquals(answer.header("content-length"), String(size), name);
            assertEquals(answer.body, pattern(size), name);
          }
        } finally {
          takeApart("auto");
        }
      }
    }
    await until(() => openFilesUnder(folder.root) === 0, "all files to be closed");
  });
}

Deno.test("a program that changes what it has read of a file changes nobody else's", async () => {
  using folder = new Folder({ "a.txt": "as it is" });
  const files = staticFiles(folder.root);
  const get = () => files(new Request("http://h/a.txt"));
  for (let round = 0; round < 3; round++) {
    const [bytes] = await Array.fromAsync((await get()).body!);
    assertEquals(new TextDecoder().decode(bytes), "as it is");
    bytes!.fill(0x78);
  }
});

Deno.test("downloads beside others that are cut hold the bytes of their own file alone", async () => {
  const count = 8;
  const names = Array.from({ length: count }, (_, seed) => `${seed}.bin`);
  using folder = new Folder(
    Object.fromEntries(names.map((name, seed) => [name, seeded(LARGE, seed)])),
  );
  const files = staticFiles(folder.root);
  // A HEAD is answered with what a GET gets, so that its body is dropped while it is being read.
  await using running = start(WEIR, ({ url }) => files(new Request(url)));
  const download = async (seed: number, round: number) => {
    using client = await running.connect();
    const target = `/${names[seed]}`;
    if ((seed + round) % 4 === 1) {
      await client.send(request({ target }));
      await client.readOnce();
    } else if ((seed + round) % 4 === 2) {
      const answer = await client.ask(request({ method: "HEAD", target }));
      assertEquals(answer.header("content-length"), String(LARGE));
    } else {
      const { body } = await client.ask(request({ target }));
      assertEquals(body, seeded(LARGE, seed), target);
    }
  };
  const rounds = 6;
  for (let round = 0; round < rounds; round++) {
    await Promise.all(names.map((_, seed) => download(seed, round)));
  }
  await until(() => openFilesUnder(folder.root) === 0, "all files to be closed");
});

Deno.test("files that a worker holds in memory can be sent again", async () => {
  using folder = new Folder(Object.fromEntries(SIZES.map((size) => [`${size}`, pattern(size)])));
  await using pool = workers(new URL("./worker.ts", import.meta.url), { max: 1 });
  await using running = start(WEIR, pool);
  using client = await running.connect();
  for (const size of [...SIZES, ...SIZES, ...SIZES]) {
    const answer = await client.ask(
      request({ target: `/${size}`, fields: [`X-Root: ${folder.root}`] }),
    );
    assertEquals(answer.body, pattern(size));
  }
});
