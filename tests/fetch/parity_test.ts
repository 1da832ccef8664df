/**
 * The same checks of the same request, once in Deno.serve and once lazily filled: the results must
 * be equal. This is how the rules in the other files of this folder were found.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { FakeBody, latin1, received } from "./fake_exchange.ts";

interface Row {
  readonly name: string;
  readonly lines: readonly string[];
  /** Sent with a Content-Length, one character a byte. */
  readonly body?: string;
  readonly look: (request: Request) => unknown;
}

const POST = ["POST /a/../b HTTP/1.1", "Host: h"] as const;

async function said(call: () => unknown): Promise<string> {
  try {
    return String(await call());
  } catch (error) {
    return String(error);
  }
}

function readings(request: Request): Promise<string[]> {
  return Promise.all([
    said(() => request.text()),
    said(() => request.json()),
    said(() => request.bytes()),
    said(() => request.arrayBuffer()),
    said(() => request.blob()),
    said(() => request.formData()),
    said(() => request.clone().url),
    said(() => new Request(request).url),
    said(() => request.bodyUsed),
  ]);
}

const ROWS: readonly Row[] = [
  ...[
    "GET /a/../b//c?x=%41#f HTTP/1.1",
    "GET http://other HTTP/1.1",
    "GET http://other?x HTTP/1.1",
    "GET http://other?x=http://y HTTP/1.1",
    "GET HTTP://OTHER:80/x HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "CONNECT a:80 HTTP/1.1",
    "TRACE / HTTP/1.1",
    "get / HTTP/1.1",
    "pAtCh / HTTP/1.1",
  ].map((line): Row => ({
    name: `head of ${line}`,
    lines: [line, "Host: H:1"],
    look: (request) => [
      request.method,
      request.url,
      request.body === null,
      request.clone().method,
      new Request(request).method,
    ],
  })),
  ...[
    ["X-A: 1", "x-a:2", "X-A: \t"],
    ["Cookie: a", "COOKIE: b"],
    ["Set-Cookie: a", "set-cookie: b"],
    ["X: \xe9\xa0", "Y: a\tb \t"],
  ].map((fields): Row => ({
    name: `fields ${JSON.stringify(fields)}`,
    lines: ["GET / HTTP/1.1", "Host: h", ...fields],
    look: ({ headers }) => [
      [...headers],
      ["X-A", "cookie", "set-cookie", "X", "Y", "none"].map((name) => headers.get(name)),
      headers.getSetCookie(),
      Deno.inspect(headers),
    ],
  })),
  {
    name: "changes of headers",
    lines: ["GET / HTTP/1.1", "Host: h"],
    look: ({ headers }) =>
      Promise.all([
        said(() => headers.set("a", "b")),
        said(() => headers.append("a", "b")),
        said(() => headers.delete("a")),
        said(() => headers.set("bad name", "b")),
        said(() => Reflect.apply(headers.get, headers, [])),
        said(() => headers.get("bad name")),
        said(() => headers.has("bad name")),
      ]),
  },
  { name: "readers of GET", lines: ["GET / HTTP/1.1", "Host: h"], look: readings },
  { name: "readers of an empty POST", lines: POST, body: "", look: readings },
  { name: "readers of a POST", lines: POST, body: "abc", look: readings },
  {
    name: "body before, during and after text()",
    lines: POST,
    body: "abc",
    look: async (request) => {
      const states = [request.bodyUsed, request.body?.locked];
      const text = request.text();
      states.push(request.bodyUsed, request.body?.locked);
      return [await text, states, request.bodyUsed, request.body?.locked];
    },
  },
  {
    name: "text() of bad UTF-8 after a byte order mark",
    lines: POST,
    body: "\xef\xbb\xbfa\xff",
    look: async (request) => Array.from(await request.text(), (each) => each.charCodeAt(0)),
  },
  {
    name: "json() of a body that is not JSON",
    lines: POST,
    body: "abc",
    look: (request) => said(() => request.json()),
  },
  {
    name: "blob()'s type",
    lines: [...POST, "Content-Type: Text/Plain; Charset=UTF-8"],
    body: "abc",
    look: async (request) => (await request.blob()).type,
  },
  {
    name: "a locked body",
    lines: POST,
    body: "abc",
    look: async (request) => {
      const reader = request.body!.getReader();
      const locked = await readings(request);
      reader.releaseLock();
      return [locked, request.bodyUsed];
    },
  },
  {
    name: "a cancelled body",
    lines: POST,
    body: "abc",
    look: async (request) => {
      await request.body!.cancel();
      return readings(request);
    },
  },
  {
    name: "clone()",
    lines: POST,
    body: "abc",
    look: async (request) => {
      const copy = request.clone();
      const change = await said(() => copy.headers.set("a", "b"));
      const used = [request.bodyUsed, copy.bodyUsed];
      return [used, await copy.text(), request.bodyUsed, await request.text(), change, copy.url];
    },
  },
  {
    name: "new Request(request)",
    lines: POST,
    body: "abc",
    look: async (request) => {
      const taker = new Request(request);
      const used = [request.bodyUsed, taker.bodyUsed];
      return [used, await taker.text(), await readings(request), taker.url];
    },
  },
];

for (const { name, lines, body, look } of ROWS) {
  Deno.test(`as in Deno.serve: ${name}`, async () => {
    const all = body === undefined ? lines : [...lines, `Content-Length: ${body.length}`];
    const pieces = body === undefined ? [] : [latin1(body)];
    const { request } = received(all, body ? { body: new FakeBody({ pieces }) } : {});
    assertEquals(await look(request), await inDenoServe([...all, "", body ?? ""], look));
  });
}

async function inDenoServe(lines: readonly string[], look: Row["look"]): Promise<unknown> {
  let seen: unknown;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    seen = await look(request);
    return new Response(null, { headers: { connection: "close" } });
  });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await conn.write(latin1(lines.join("\r\n")));
  await conn.read(new Uint8Array(4096));
  await server.shutdown();
  return seen;
}
