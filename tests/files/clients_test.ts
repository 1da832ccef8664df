/**
 * Real clients: downloads that are cut and resumed, conditional gets, and a browser that plays a sound from
 * its middle.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { type Running, start, WEIR } from "../support/servers.ts";
import { within } from "../support/time.ts";
import { staticFiles } from "../../mod.ts";
import { Chromium } from "../status/browser.ts";
import { Folder, LAST_MODIFIED, pattern } from "./site.ts";

const SIZE = 3_000_000;

/** What came of a request, as the server saw it. */
interface Seen {
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly status: number;
}

/** A server that cuts its first answers after some bytes, and notes what was asked. */
function cutting(folder: Folder, cuts: number): { running: Running; seen: Seen[] } {
  const files = staticFiles(folder.root);
  const seen: Seen[] = [];
  const running = start(WEIR, async (request, info) => {
    const response = await files(request, info);
    const { status, headers } = response;
    const of = (name: string) => request.headers.get(name);
    seen.push({ range: of("range"), ifRange: of("if-range"), status });
    if (seen.length > cuts) return response;
    return new Response(cutAfter(response.body!, SIZE / 10), { status, headers });
  });
  return { running, seen };
}

function cutAfter(body: ReadableStream<Uint8Array<ArrayBuffer>>, bytes: number) {
  let left = bytes;
  return body.pipeThrough(
    new TransformStream({
      transform(piece: Uint8Array<ArrayBuffer>, controller) {
        controller.enqueue(piece);
        left -= piece.length;
        if (left < 0) controller.error(new Error("Cut on purpose"));
      },
    }),
  );
}

withProgram("curl", "curl -C - goes on where it was cut", async () => {
  using folder = new Folder({ "a.bin": pattern(SIZE) });
  const { running, seen } = cutting(folder, 1);
  await using _ = running;
  const out = `${folder.path}/out.bin`;
  const args = ["-sS", "-o", out, "-C", "-", running.url("/a.bin")];
  assertEquals((await run("curl", args)).code, 18, "A cut download has to be noticed");
  const had = Deno.statSync(out).size;
  assert(had > 0 && had < SIZE, `${had} bytes`);
  assertEquals((await run("curl", args)).code, 0);
  assertEquals(seen.map(({ range, status }) => [range, status]), [
    [null, 200],
    [`bytes=${had}-`, 206],
  ]);
  assertEquals(Deno.readFileSync(out), pattern(SIZE));
  // Of a file that is complete nothing is left to be had: 416, and curl is content or says so.
  await run("curl", args);
  assertEquals(seen.at(-1)?.status, 416);
  assertEquals(Deno.readFileSync(out), pattern(SIZE));
});

withProgram("wget", "wget -c goes on by itself, as often as it is cut", async () => {
  using folder = new Folder({ "a.bin": pattern(SIZE) });
  const { running, seen } = cutting(folder, 3);
  await using _ = running;
  const out = `${folder.path}/out.bin`;
  const args = ["-q", "-c", "--tries=10", "--waitretry=0", "-O", out, running.url("/a.bin")];
  assertEquals((await run("wget", args)).code, 0);
  assertEquals(seen.map(({ status }) => status), [200, 206, 206, 206]);
  assertEquals(Deno.readFileSync(out), pattern(SIZE));
  assertEquals(Deno.statSync(out).mtime?.getTime(), Date.parse(LAST_MODIFIED));
});

withProgram("curl", "curl asks again by tag and by time, as package managers do", async () => {
  using folder = new Folder({ "list.txt": "one" });
  await using running = start(WEIR, staticFiles(folder.root));
  const [out, tag, url] = [`${folder.path}/out`, `${folder.path}/tag`, running.url("/list.txt")];
  const status = async (...args: string[]) => {
    const outcome = await run("curl", ["-sS", "-R", "-o", out, "-w", "%{http_code}", ...args, url]);
    assertEquals(outcome.code, 0, outcome.stderr);
    return outcome.stdout;
  };
  const byTag = ["--etag-compare", tag, "--etag-save", tag];
  assertEquals([await status(...byTag), await status(...byTag)], ["200", "304"]);
  assertEquals(await status("-z", out), "304");
  folder.write("list.txt", "two", new Date("2024-01-02T03:04:07Z"));
  assertEquals(await status("-z", out), "200");
  assertEquals([await status(...byTag), await status(...byTag)], ["200", "304"]);
  assertEquals(Deno.readTextFileSync(out), "two");
});

withProgram(
  "curl",
  "curl undoes the precompressed forms, and asks for several ranges",
  async () => {
    using folder = new Folder({ "a.txt": "0123456789".repeat(100) });
    for (
      const [program, args] of [["gzip", ["-k"]], ["zstd", ["-q", "-k"]], ["brotli", [
        "-k",
      ]]] as const
    ) {
      // Which programs there are decides which forms there are.
      await new Deno.Command("sh", {
        args: [
          "-c",
          'command -v "$0" >/dev/null && exec "$0" "$@"',
          program,
          ...args,
          folder.at("a.txt"),
        ],
      }).output();
    }
    assert(Deno.statSync(folder.at("a.txt.gz")).isFile);
    await using running = start(WEIR, staticFiles(folder.root, { precompressed: true }));
    const url = running.url("/a.txt");
    const { stdout } = await run("curl", ["-sS", "-i", "--compressed", url]);
    assertMatch(stdout, /^content-encoding: (?:gzip|br|zstd)\r$/im);
    assert(stdout.endsWith("\r\n\r\n" + "0123456789".repeat(100)), stdout.slice(0, 600));
    const parts = await run("curl", ["-sS", "-r", "0-1,5-6", url]);
    assertMatch(parts.stdout, /bytes 0-1\/1000\r\n\r\n01\r\n--[^]*bytes 5-6\/1000\r\n\r\n56\r\n--/);
  },
);

/** A minute of a tone, as a WAV file: 8,000 samples a second, of one byte each. */
function tone(seconds: number): Uint8Array {
  const samples = 8_000 * seconds;
  const bytes = new Uint8Array(44 + samples);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("RIFF....WAVEfmt "));
  view.setUint32(4, 36 + samples, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8_000, true);
  view.setUint32(28, 8_000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  bytes.set(new TextEncoder().encode("data"), 36);
  view.setUint32(40, samples, true);
  for (let at = 0; at < samples; at++) bytes[44 + at] = 128 + 40 * Math.sin(at / 3);
  return bytes;
}

withProgram("chromium", "Chromium plays a sound from its middle, by ranges", async () => {
  const seconds = 1_800;
  using folder = new Folder({
    "tone.wav": tone(seconds),
    "index.html":
      '<!DOCTYPE html><link rel="icon" href="data:,"><audio src="tone.wav" preload="metadata">',
  });
  const seen: { readonly range: string | null; readonly status: number }[] = [];
  const files = staticFiles(folder.root);
  await using running = start(WEIR, async (request, info) => {
    const response = await files(request, info);
    if (request.url.endsWith(".wav")) {
      seen.push({ range: request.headers.get("range"), status: response.status });
    }
    return response;
  });
  await using browser = await Chromium.start();
  const page = await browser.open(running.url("/"));
  // A string, because what runs in the page knows its types, and this project does not.
  const script = `(async () => {
    const audio = document.querySelector("audio");
    const once = (name) => new Promise((resolve, reject) => {
      audio.addEventListener(name, resolve, { once: true });
      audio.addEventListener("error", () => reject(new Error(audio.error.message)));
    });
    if (audio.readyState < 1) await once("loadedmetadata");
    const { duration } = audio;
    audio.currentTime = duration - 100;
    await once("seeked");
    return { duration, at: audio.currentTime, seekable: audio.seekable.end(0) };
  })()`;
  const found = await within(page.evaluate(script), "the sound to be found", 20_000);
  assertEquals(found, { duration: seconds, at: seconds - 100, seekable: seconds });
  assertEquals([...new Set(seen.map(({ status }) => status))], [206]);
  const last = Number(/^bytes=(\d+)-/.exec(seen.at(-1)?.range ?? "")?.[1]);
  assert(last > 8_000 * (seconds - 200), JSON.stringify(seen));
  assertEquals(browser.complaints, []);
});
