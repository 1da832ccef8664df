/**
 * The request as a handler sees it: URL, method, fields and the object itself. Bodies have a file of
 * their own.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { GET, head, request } from "../support/requests.ts";
import { onBoth, type Peer, start } from "../support/servers.ts";
import { WireClient } from "../support/wire.ts";

/** Sends `raw` to a handler that answers with what `look` says about its request. */
async function seen(
  peer: Peer,
  raw: string,
  look: (request: Request) => unknown,
): Promise<unknown> {
  await using running = start(peer, (each) => Response.json(look(each) ?? null));
  using client = await running.connect();
  const answer = await client.ask(raw);
  assertEquals(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
}

interface UrlRow {
  readonly line: string;
  readonly host?: string;
  readonly url: string;
}

const URLS: readonly UrlRow[] = [
  { line: "GET / HTTP/1.1", url: "http://h/" },
  { line: "GET /a/../b/./c HTTP/1.1", url: "http://h/a/../b/./c" },
  { line: "GET //x//y HTTP/1.1", url: "http://h//x//y" },
  { line: "GET /a#b HTTP/1.1", url: "http://h/a#b" },
  { line: "GET /%zz%41 HTTP/1.1", url: "http://h/%zz%41" },
  { line: "GET /? HTTP/1.1", url: "http://h/?" },
  { line: "GET /?q=a?b&c HTTP/1.1", url: "http://h/?q=a?b&c" },
  { line: 'GET /a|b"<>\\^`{} HTTP/1.1', url: 'http://h/a|b"<>\\^`{}' },
  { line: "GET / HTTP/1.1", host: "H.Example:80", url: "http://H.Example:80/" },
  { line: "GET / HTTP/1.1", host: "[::1]:9", url: "http://[::1]:9/" },
  { line: "GET http://other/x HTTP/1.1", url: "http://other/x" },
  { line: "GET http://Other:80/x?y HTTP/1.1", url: "http://Other:80/x?y" },
  { line: "GET http://other HTTP/1.1", url: "http://other/" },
  { line: "GET https://other/x HTTP/1.1", url: "https://other/x" },
  { line: "OPTIONS * HTTP/1.1", url: "http://h/*" },
  { line: "OPTIONS http://other HTTP/1.1", url: "http://other/" },
  { line: "OPTIONS /x HTTP/1.1", url: "http://h/x" },
  { line: "GET /x HTTP/1.0", host: "h", url: "http://h/x" },
];

for (const { line, host = "h", url } of URLS) {
  onBoth(`url of "${line}", Host: ${host}`, async (peer) => {
    assertEquals(await seen(peer, head(line, `Host: ${host}`), (each) => each.url), url);
  });
}

for (const hostname of ["0.0.0.0", "127.0.0.1", "localhost"]) {
  onBoth(`url of an HTTP/1.0 request without Host on ${hostname}`, async (peer) => {
    await using running = start(peer, (each) => new Response(each.url), { hostname });
    using client = await WireClient.connect(running.port);
    const answer = await client.ask(head("GET /x?y HTTP/1.0"));
    assertEquals(answer.text, `http://localhost:${running.port}/x?y`);
  });
}

for (
  const line of ["GET * HTTP/1.1", "GET path HTTP/1.1", "GET ?q HTTP/1.1", "CONNECT /x HTTP/1.1"]
) {
  onBoth(`"${line}" is a bad request`, async (peer) => {
    await using running = start(peer, () => new Response("never"));
    using client = await running.connect();
    assertEquals((await client.ask(head(line, "Host: h"))).status, 400);
    assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
  });
}

for (const method of ["GET", "get", "PaTch", "FOO", "M-SEARCH", "TRACE"]) {
  onBoth(`method ${method} keeps its case`, async (peer) => {
    assertEquals(await seen(peer, request({ method }), (each) => each.method), method);
  });
}

const FIELDS: readonly (readonly [name: string, lines: string[], entries: [string, string][]])[] = [
  ["repeats join with a comma", ["A: 1", "a: 2", "A: 3"], [["a", "1, 2, 3"]]],
  ["cookies join with a semicolon", ["Cookie: x=1", "cookie: y=2"], [["cookie", "x=1; y=2"]]],
  ["set-cookie does not join", ["Set-Cookie: p", "set-cookie: q"], [["set-cookie", "p"], [
    "set-cookie",
    "q",
  ]]],
  ["values are latin-1", ["B: \xe9\xff"], [["b", "\xe9\xff"]]],
  ["a tab inside a value is kept", ["B: a\tb"], [["b", "a\tb"]]],
  ["white space around a value is not", ["B: \t a b \t "], [["b", "a b"]]],
  ["an empty value", ["B:", "C: "], [["b", ""], ["c", ""]]],
];

for (const [name, lines, entries] of FIELDS) {
  onBoth(`fields: ${name}`, async (peer) => {
    const raw = request({ fields: lines });
    const got = await seen(
      peer,
      raw,
      (each) => [...each.headers].filter(([key]) => key !== "host"),
    );
    assertEquals(got, entries);
  });
}

onBoth("fields: get, has and a missing one", async (peer) => {
  const raw = request({ fields: ["X-One: 1"] });
  const look = ({ headers }: Request) => [
    headers.get("x-oNe"),
    headers.has("X-ONE"),
    headers.get("x-two"),
    headers.has("x-two"),
    [...headers.keys()],
    [...headers.values()],
    headers instanceof Headers,
  ];
  assertEquals(await seen(peer, raw, look), [
    "1",
    true,
    null,
    false,
    ["host", "x-one"],
    ["h", "1"],
    true,
  ]);
});

onBoth("fields are immutable", async (peer) => {
  const look = ({ headers }: Request) => {
    for (
      const change of [
        () => headers.set("a", "b"),
        () => headers.append("a", "b"),
        () => headers.delete("host"),
      ]
    ) assertThrows(change, TypeError);
    return [...headers];
  };
  assertEquals(await seen(peer, GET, look), [["host", "h"]]);
});

onBoth("the object is a Request", async (peer) => {
  const look = (each: Request) => [
    each instanceof Request,
    Object.prototype.toString.call(each),
    each.constructor === Request,
    each.signal instanceof AbortSignal,
    each.signal.aborted,
    each.headers === each.headers,
  ];
  assertEquals(await seen(peer, GET, look), [true, "[object Request]", true, true, false, true]);
});

onBoth("fields of fetch have their defaults", async (peer) => {
  const look = (each: Request) => [
    each.cache,
    each.credentials,
    each.integrity,
    each.keepalive,
    each.mode,
    each.referrer,
    each.referrerPolicy,
  ];
  assertEquals(await seen(peer, GET, look), [
    "default",
    "same-origin",
    "",
    false,
    "cors",
    "about:client",
    "",
  ]);
});

onBoth("Deno.inspect() prints it like a Request", async (peer) => {
  const text = await seen(peer, request({ fields: ["X: y"] }), (each) => Deno.inspect(each));
  assertMatch(String(text), /^Request \{\n {2}bodyUsed: false,\n {2}headers: Headers \{/);
  assertMatch(String(text), /method: "GET",\n[^]*url: "http:\/\/h\/"\n\}$/);
});

onBoth("new Request(request, init) takes it over", async (peer) => {
  const look = (each: Request) => {
    const made = new Request(each, { headers: { q: "1" }, method: "PUT" });
    return [made.url, made.method, [...made.headers]];
  };
  assertEquals(await seen(peer, GET, look), ["http://h/", "PUT", [["q", "1"]]]);
});

onBoth("new Request(url, request) takes method and fields", async (peer) => {
  const look = (each: Request) => {
    const made = new Request("http://other/", each);
    return [made.url, made.method, made.headers.get("x")];
  };
  const raw = request({ method: "DELETE", fields: ["X: y"] });
  assertEquals(await seen(peer, raw, look), ["http://other/", "DELETE", "y"]);
});

onBoth("fetch(request) sends it on", async (peer) => {
  await using origin = start(
    peer,
    async (each) => new Response(`${each.method} ${await each.text()}`),
  );
  await using running = start(peer, (each) => fetch(new Request(origin.url(), each)));
  using client = await running.connect();
  assertEquals((await client.ask(request({ body: "abc" }))).text, "POST abc");
});

onBoth("clone() has the same head", async (peer) => {
  const look = (each: Request) => {
    const copy = each.clone();
    assert(copy instanceof Request && copy !== each);
    return [copy.url, copy.method, copy.headers.get("x")];
  };
  assertEquals(await seen(peer, request({ fields: ["X: y"] }), look), ["http://h/", "GET", "y"]);
});
