/**
 * `automaticCompression`: which answers are compressed, with what, and what it does to their fields.
 *
 * @module
 */

import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { assert, assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import type { WireResponse } from "../support/response.ts";
import { onBoth, type Peer, start } from "../support/servers.ts";

const TEXT = "hello world ".repeat(200);

interface Asked {
  readonly accept?: string;
  readonly method?: string;
  readonly fields?: readonly string[];
  readonly automaticCompression?: boolean;
}

async function answer(peer: Peer, make: () => Response, asked: Asked = {}): Promise<WireResponse> {
  const { accept = "gzip", method = "GET", automaticCompression = true } = asked;
  const options = { automaticCompression } as Partial<Deno.ServeTcpOptions>;
  await using running = start(peer, make, options);
  using client = await running.connect();
  const fields = [
    ...(accept === "" ? [] : [`Accept-Encoding: ${accept}`]),
    ...(asked.fields ?? []),
  ];
  return await client.ask(request({ method, fields }));
}

function decoded({ header, body }: { header: string | null; body: Uint8Array }): string {
  if (header === null) return new TextDecoder().decode(body);
  return (header === "br" ? brotliDecompressSync(body) : gunzipSync(body)).toString();
}

function withFields(headers: Record<string, string>, body: BodyInit = TEXT): () => Response {
  return () => new Response(body, { headers });
}

function stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([TEXT]).stream();
}

const ACCEPTS: readonly (readonly [accept: string, coding: string | null])[] = [
  ["br, gzip", "br"],
  ["gzip, br", "br"],
  ["gzip", "gzip"],
  ["gzip;q=0.5, br;q=0.1", "gzip"],
  ["gzip;q=0", null],
  ["deflate", null],
  ["*", null],
  ["identity", null],
  ["", null],
];

for (const [accept, coding] of ACCEPTS) {
  onBoth(
    `Accept-Encoding "${accept}" is answered with ${coding ?? "the plain body"}`,
    async (peer) => {
      const got = await answer(peer, () => new Response(TEXT), { accept });
      const header = got.header("content-encoding");
      assertEquals(
        [header, got.header("vary")],
        coding ? [coding, "Accept-Encoding"] : [null, null],
      );
      assertEquals(decoded({ header, body: got.body }), TEXT);
    },
  );
}

const COMPRESSED: Readonly<Record<string, () => Response>> = {
  "a JSON answer": () => Response.json({ TEXT }),
  "SVG": withFields({ "content-type": "image/svg+xml" }),
  "HTML in capitals with a charset": withFields({ "content-type": "Text/HTML; charset=x" }),
  "WebAssembly": withFields({ "content-type": "application/wasm" }),
  "64 bytes": () => new Response("x".repeat(64)),
  "a text stream": () => new Response(stream(), { headers: { "content-type": "text/plain" } }),
  "a text stream with a length": () => {
    const headers = { "content-type": "text/plain", "content-length": String(TEXT.length) };
    return new Response(stream(), { headers });
  },
  "an error page": () => new Response(TEXT, { status: 404 }),
};

for (const [name, make] of Object.entries(COMPRESSED)) {
  onBoth(`${name} is compressed`, async (peer) => {
    const got = await answer(peer, make);
    assertEquals(got.header("content-encoding"), "gzip");
    assertEquals(decoded({ header: "gzip", body: got.body }), await make().text());
  });
}

const PLAIN: Readonly<Record<string, () => Response>> = {
  "an image": withFields({ "content-type": "image/png" }),
  "an octet stream": withFields({ "content-type": "application/octet-stream" }),
  "an event stream": withFields({ "content-type": "text/event-stream" }),
  "an unknown type": withFields({ "content-type": "x/foo" }),
  "bytes without a type": () => new Response(new TextEncoder().encode(TEXT)),
  "a stream without a type": () => new Response(stream()),
  "an answer that is encoded": withFields({ "content-encoding": "identity" }),
  "an answer with Content-Range": withFields({ "content-range": "bytes 0-1/2" }),
  "an answer with no-transform": withFields({ "cache-control": "public, no-transform" }),
  "63 bytes": () => new Response("x".repeat(63)),
};

for (const [name, make] of Object.entries(PLAIN)) {
  onBoth(`${name} is not compressed`, async (peer) => {
    const got = await answer(peer, make);
    const given = make();
    assertEquals(got.header("content-encoding"), given.headers.get("content-encoding"));
    assertEquals([got.header("vary"), got.text], [null, await given.text()]);
  });
}

onBoth("a Range in the request does not matter", async (peer) => {
  const got = await answer(peer, () => new Response(TEXT), { fields: ["Range: bytes=0-1"] });
  assertEquals([got.status, got.header("content-encoding")], [200, "gzip"]);
});

onBoth("HEAD has the fields of the compressed answer", async (peer) => {
  const got = await answer(peer, () => new Response(TEXT), { method: "HEAD" });
  assertEquals([got.header("content-encoding"), got.header("vary")], ["gzip", "Accept-Encoding"]);
  assert(got.header("content-length") !== String(TEXT.length), "Not the length of the plain body");
});

const ETAGS: readonly (readonly [given: string, sent: string])[] = [['"x"', 'W/"x"'], [
  'W/"x"',
  'W/"x"',
]];

for (const [given, sent] of ETAGS) {
  onBoth(`etag ${given} goes out as ${sent}`, async (peer) => {
    const got = await answer(peer, withFields({ "etag": given }));
    assertEquals([got.header("etag"), got.header("content-encoding")], [sent, "gzip"]);
  });
}

const VARIES: readonly (readonly [given: string, members: string[]])[] = [
  ["Cookie", ["accept-encoding", "cookie"]],
  ["accept-encoding", ["accept-encoding"]],
];

for (const [given, members] of VARIES) {
  onBoth(`vary: ${given} gets Accept-Encoding added once`, async (peer) => {
    const got = await answer(peer, withFields({ "vary": given }));
    const sent = got.headers("vary").join(", ").toLowerCase().split(/\s*,\s*/).sort();
    assertEquals(sent, members);
  });
}

onBoth("a null body stays empty", async (peer) => {
  const got = await answer(
    peer,
    () => new Response(null, { headers: { "content-type": "text/plain" } }),
  );
  assertEquals([got.header("content-encoding"), got.header("content-length")], [null, "0"]);
});

onBoth("compression is off by default", async (peer) => {
  const got = await answer(peer, () => new Response(TEXT), { automaticCompression: false });
  assertEquals([got.header("content-encoding"), got.text], [null, TEXT]);
});
