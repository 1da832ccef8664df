/**
 * The answer on the wire for each kind of Response: framing, lengths and fields.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { GET, request } from "../support/requests.ts";
import type { Framing, WireResponse } from "../support/response.ts";
import { onBoth, type Peer, start } from "../support/servers.ts";
import { within } from "../support/time.ts";

/** The answer to `raw`, and proof that the connection still works after it. */
async function answer(peer: Peer, make: () => Response, raw = GET): Promise<WireResponse> {
  let turn = 0;
  await using running = start(peer, () => turn++ === 0 ? make() : new Response("next"));
  using client = await running.connect();
  const response = await client.ask(raw);
  assertEquals((await client.ask(GET)).text, "next");
  assertEquals(running.errors, []);
  return response;
}

const encoder = new TextEncoder();

function streamOf(...chunks: readonly string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk)));
}

function formData(): FormData {
  const form = new FormData();
  form.set("a", "b");
  return form;
}

interface Row {
  readonly name: string;
  readonly make: () => Response;
  readonly status?: number;
  readonly framing: Framing;
  /** The Content-Length; `null` for none. */
  readonly length: string | null;
  readonly text: string | RegExp;
  readonly type?: string | RegExp | null;
}

const TEXT = /^text\/plain;charset=utf-8$/i;
const withLength = (length: string) => ({ headers: { "Content-Length": length } });

const ROWS: readonly Row[] = [
  {
    name: "a string",
    make: () => new Response("hé"),
    framing: "length",
    length: "3",
    text: "hé",
    type: TEXT,
  },
  {
    name: "an empty string",
    make: () => new Response(""),
    framing: "length",
    length: "0",
    text: "",
  },
  {
    name: "bytes",
    make: () => new Response(encoder.encode("abc")),
    framing: "length",
    length: "3",
    text: "abc",
    type: null,
  },
  {
    name: "an ArrayBuffer",
    make: () => new Response(encoder.encode("abc").buffer),
    framing: "length",
    length: "3",
    text: "abc",
  },
  {
    name: "URLSearchParams",
    make: () => new Response(new URLSearchParams("a=b")),
    framing: "length",
    length: "3",
    text: "a=b",
    type: /^application\/x-www-form-urlencoded;charset=utf-8$/i,
  },
  {
    name: "null",
    make: () => new Response(null),
    framing: "length",
    length: "0",
    text: "",
    type: null,
  },
  {
    name: "Response.json()",
    make: () => Response.json({ a: 1 }),
    framing: "length",
    length: "7",
    text: '{"a":1}',
    type: "application/json",
  },
  {
    name: "Response.redirect()",
    make: () => Response.redirect("http://other/", 307),
    status: 307,
    framing: "length",
    length: "0",
    text: "",
  },
  {
    name: "a stream",
    make: () => new Response(streamOf("ab", "c")),
    framing: "chunked",
    length: null,
    text: "abc",
  },
  {
    name: "an empty stream",
    make: () => new Response(streamOf()),
    framing: "chunked",
    length: null,
    text: "",
  },
  {
    name: "a Blob",
    make: () => new Response(new Blob(["abc"], { type: "a/b" })),
    framing: "chunked",
    length: null,
    text: "abc",
    type: "a/b",
  },
  {
    name: "FormData",
    make: () => new Response(formData()),
    framing: "chunked",
    length: null,
    text: /name="a"\r\n\r\nb\r\n/,
    type: /^multipart\/form-data; boundary=/,
  },
  {
    name: "a string and a wrong length",
    make: () => new Response("hello", withLength("3")),
    framing: "length",
    length: "5",
    text: "hello",
  },
  {
    name: "null and a wrong length",
    make: () => new Response(null, withLength("3")),
    framing: "length",
    length: "0",
    text: "",
  },
  {
    name: "the body of a string Response",
    make: () => new Response(new Response("abc").body),
    framing: "length",
    length: "3",
    text: "abc",
  },
  {
    name: "the body of a string Response and a wrong length",
    make: () => new Response(new Response("abc").body, withLength("2")),
    framing: "length",
    length: "3",
    text: "abc",
  },
  {
    name: "a stream and its length",
    make: () => new Response(streamOf("he", "llo"), withLength("5")),
    framing: "length",
    length: "5",
    text: "hello",
  },
  {
    name: "a stream that is longer than its length",
    make: () => new Response(streamOf("he", "llo"), withLength("3")),
    framing: "length",
    length: "3",
    text: "hel",
  },
  {
    name: "a stream and a foreign Transfer-Encoding",
    make: () => new Response(streamOf("hello"), { headers: { "Transfer-Encoding": "gzip" } }),
    framing: "chunked",
    length: null,
    text: "hello",
  },
];

for (const row of ROWS) {
  onBoth(`the answer for ${row.name}`, async (peer) => {
    const got = await answer(peer, row.make);
    assertEquals([got.version, got.status, got.framing], [
      "HTTP/1.1",
      row.status ?? 200,
      row.framing,
    ]);
    assertEquals(got.header("content-length"), row.length);
    if (typeof row.text === "string") assertEquals(got.text, row.text);
    else assertMatch(got.text, row.text);
    if (row.type instanceof RegExp) assertMatch(got.header("content-type") ?? "", row.type);
    else if (row.type !== undefined) assertEquals(got.header("content-type"), row.type);
  });
}

for (const status of [204, 304]) {
  for (const fields of [{}, { "Content-Length": "5" }]) {
    onBoth(`${status} carries no framing fields, given ${JSON.stringify(fields)}`, async (peer) => {
      await using running = start(peer, () => new Response(null, { status, headers: fields }));
      using client = await running.connect();
      await client.send(GET);
      const text = await client.readOnce();
      assertMatch(text, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n$`));
      assert(!/content-length|transfer-encoding/i.test(text), text);
      await client.send(GET);
      assertMatch(await client.readOnce(), new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }
}

onBoth("a Transfer-Encoding of the handler's own does not break a string body", async (peer) => {
  const headers = { "Transfer-Encoding": "chunked" };
  assertEquals((await answer(peer, () => new Response("hello", { headers }))).text, "hello");
});

onBoth("304 carries no Transfer-Encoding", async (peer) => {
  const headers = { "Transfer-Encoding": "chunked" };
  const got = await answer(peer, () => new Response(null, { status: 304, headers }));
  assertEquals([got.header("transfer-encoding"), got.header("content-length")], [null, null]);
});

const HEADS: readonly (readonly [name: string, make: () => Response, length: string | null])[] = [
  ["a string", () => new Response("hello"), "5"],
  ["null", () => new Response(null), "0"],
  ["null and a length", () => new Response(null, withLength("5")), "5"],
  ["a stream", () => new Response(streamOf("hello")), null],
  ["a stream and a length", () => new Response(streamOf("hello"), withLength("5")), "5"],
];

for (const [name, make, length] of HEADS) {
  onBoth(`HEAD sends no body for ${name}, Content-Length ${length}`, async (peer) => {
    const got = await answer(peer, make, request({ method: "HEAD" }));
    assertEquals([got.status, got.header("content-length"), got.text], [200, length, ""]);
    assertEquals(got.header("transfer-encoding"), null);
  });
}

onBoth("HEAD cancels the stream that nobody will read", async (peer) => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream({ cancel: () => cancelled.resolve() });
  await answer(peer, () => new Response(body), request({ method: "HEAD" }));
  await within(cancelled.promise, "the stream to be cancelled");
});

const REASONS: readonly (readonly [number, string])[] = [
  [200, "OK"],
  [201, "Created"],
  [301, "Moved Permanently"],
  [404, "Not Found"],
  [418, "I'm a teapot"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
  [599, ""],
];

for (const [status, reason] of REASONS) {
  onBoth(`the status line of ${status}, whatever statusText says`, async (peer) => {
    const got = await answer(peer, () => new Response("x", { status, statusText: "Mine" }));
    assertEquals([got.status, got.reason], [status, reason]);
  });
}

onBoth("date is added, server and vary are not", async (peer) => {
  const got = await answer(peer, () => new Response("x"));
  const date = got.header("date") ?? "";
  assertMatch(date, /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/);
  assert(Math.abs(Date.parse(date) - Date.now()) < 2_000, date);
  assertEquals([got.header("server"), got.header("vary"), got.header("connection")], [
    null,
    null,
    null,
  ]);
});

onBoth("date and server of the handler's own are kept", async (peer) => {
  const headers = { "Date": "yesterday", "Server": "mine" };
  const got = await answer(peer, () => new Response("x", { headers }));
  assertEquals([got.headers("date"), got.headers("server")], [["yesterday"], ["mine"]]);
});

onBoth("fields go out in the case given, latin-1, set-cookie in lines of its own", async (peer) => {
  const headers: [string, string][] = [
    ["X-MiXed", "\xe9"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["x-lower", "1"],
  ];
  const got = await answer(peer, () => new Response("x", { headers }));
  assertEquals(
    got.fields.filter(([name]) => /^(x-|set-cookie)/i.test(name)).map(([...pair]) => pair),
    headers,
  );
});

onBoth("fields set later go out as well", async (peer) => {
  const got = await answer(peer, () => {
    const response = new Response("x");
    response.headers.set("x-later", "1");
    response.headers.append("x-later", "2");
    return response;
  });
  assertEquals(got.headers("x-later").join(", "), "1, 2");
});

onBoth("a subclass of Response is accepted", async (peer) => {
  class Own extends Response {}
  assertEquals((await answer(peer, () => new Own("own", { status: 201 }))).text, "own");
});

onBoth("the Response of a fetch is passed on", async (peer) => {
  await using origin = start(peer, () => new Response("from afar", { headers: { "x-a": "1" } }));
  await using running = start(peer, () => fetch(origin.url()));
  using client = await running.connect();
  const got = await client.ask(GET);
  assertEquals([got.text, got.header("x-a")], ["from afar", "1"]);
});

onBoth("a large string and large bytes arrive whole", async (peer) => {
  const text = "0123456789abcdef".repeat(65_536);
  const got = await answer(peer, () => new Response(text));
  assert(got.text === text);
  const same = await answer(peer, () => new Response(encoder.encode(text)));
  assert(same.text === text);
});

onBoth("each chunk is sent before the next one is pulled", async (peer) => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let pulls = 0;
  const body = new ReadableStream({
    async pull(controller) {
      const turn = pulls++;
      if (turn > 0) await gates[turn - 1]?.promise;
      if (turn < 2) controller.enqueue(encoder.encode(`chunk ${turn}`));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  await using running = start(peer, () => new Response(body));
  using client = await running.connect();
  await client.send(GET);
  let text = "";
  for (const [turn, gate] of gates.entries()) {
    while (!text.includes(`chunk ${turn}\r\n`)) text += await client.readOnce();
    assertEquals(pulls <= turn + 2, true, "No look-ahead");
    gate.resolve();
  }
  while (!text.endsWith("\r\n0\r\n\r\n")) text += await client.readOnce();
});

onBoth("empty chunks of a stream do not end the answer", async (peer) => {
  const got = await answer(peer, () => new Response(streamOf("", "a", "", "", "b", "")));
  assertEquals([got.framing, got.text], ["chunked", "ab"]);
});

onBoth("a stream that is shorter than its length closes the connection", async (peer) => {
  await using running = start(peer, () => new Response(streamOf("hello"), withLength("9")));
  using client = await running.connect();
  await client.send(GET);
  const { text } = await client.remains();
  assertMatch(text, /content-length: 9\r\n[^]*\r\n\r\nhello$/i);
});
