/**
 * What `serveDir` of the standard library does, as docs/internals/decisions/static-files.md lists it. A row
 * that fails here tells that the library has got better, and that the decision is to be looked at again.
 *
 * @module
 */

import { installServeDir, serveDirModule } from "../../bench/peers/serve_dir.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { settles } from "../support/time.ts";
import { Folder, SECRET } from "./site.ts";

type ServeDir = (request: Request, options: Record<string, unknown>) => Promise<Response>;

const TEXT = "0123456789";
const OLD = "Tue, 02 Jan 2001 03:04:05 GMT";

/** What is asked, and what comes: status, and some of the fields or the text. */
interface Row {
  readonly lack: string;
  readonly target?: string;
  readonly method?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly text?: string;
}

const ROWS: readonly Row[] = [
  { lack: "If-Match is not looked at", fields: { "if-match": '"other"' }, status: 200 },
  {
    lack: "If-Unmodified-Since is not looked at",
    fields: { "if-unmodified-since": OLD },
    status: 200,
  },
  {
    lack: "If-Range is not looked at",
    fields: { range: "bytes=0-1", "if-range": '"other"' },
    status: 206,
    text: "01",
  },
  { lack: "any unit that ends like bytes is taken", fields: { range: "xbytes=0-1" }, status: 206 },
  {
    lack: "two ranges get the whole",
    fields: { range: "bytes=0-1,4-5" },
    status: 200,
    text: TEXT,
  },
  { lack: "a link leads out of the root", target: "/out.txt", status: 200, text: SECRET },
  { lack: "405 has no Allow", method: "POST", status: 405, headers: { allow: null } },
  { lack: "broken percent-encoding is an error of the server", target: "/%ff", status: 500 },
  {
    lack: "a name that is too long is an error of the server",
    target: `/${"x".repeat(300)}`,
    status: 500,
  },
  { lack: "double slashes are redirected", target: "//a.txt", status: 301 },
  { lack: "an encoded slash is a slash", target: "/d%2Fb.txt", status: 200, text: "b" },
  {
    lack: "no precompressed form, no Vary, no Cache-Control; and a field about the software",
    fields: { "accept-encoding": "gzip" },
    status: 200,
    headers: { "content-encoding": null, vary: null, "cache-control": null, server: "deno" },
  },
  { lack: "/.well-known/ is hidden", target: "/.well-known/x", status: 404 },
];

Deno.test("serveDir lacks what docs/internals/decisions/static-files.md says", async () => {
  using folder = new Folder({
    "a.txt": TEXT,
    "a.txt.gz": "gz",
    "d/b.txt": "b",
    ".well-known/x": "known",
  });
  Deno.symlinkSync(`${folder.path}/secret.txt`, folder.at("out.txt"));
  assertEquals(await installServeDir(folder.path), null);
  const { serveDir } = await import(serveDirModule(folder.path)) as { serveDir: ServeDir };
  const ask = (target: string, init: RequestInit = {}) =>
    serveDir(new Request(`http://h${target}`, init), { fsRoot: folder.root, quiet: true });

  for (const { lack, target = "/a.txt", method = "GET", fields = {}, ...expected } of ROWS) {
    const answer = await ask(target, { method, headers: fields });
    const { status, headers } = answer;
    const text = await answer.text();
    assertEquals(status, expected.status, lack);
    for (const [name, value] of Object.entries(expected.headers ?? {})) {
      assertEquals(headers.get(name), value, `${lack}: ${name}`);
    }
    if (expected.text !== undefined) assertEquals(text, expected.text, lack);
  }

  // Its tag is weak, so that nobody may resume by it (RFC 9110 §13.1.5), and a HEAD pays no regard to it.
  const tag = (await ask("/a.txt", { method: "HEAD" })).headers.get("etag")!;
  assert(tag.startsWith("W/"), tag);
  const condition = { method: "HEAD", headers: { "if-none-match": tag } };
  assertEquals((await ask("/a.txt", condition)).status, 200);

  // A FIFO is opened, which waits until somebody writes into it.
  const fifo = folder.at("fifo");
  new Deno.Command("mkfifo", { args: [fifo] }).outputSync();
  const waiting = ask("/fifo");
  assertEquals(await settles(waiting, 300), false);
  Deno.writeTextFileSync(fifo, "x");
  await (await waiting).body?.cancel();
});
