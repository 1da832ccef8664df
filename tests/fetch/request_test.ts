import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { FakeBody, received } from "./fake_exchange.ts";

interface UrlRow {
  readonly line: string;
  readonly fields?: readonly string[];
  readonly secure?: boolean;
  readonly url: string;
}

/** As Deno.serve builds them: nothing is normalized. */
const URLS: readonly UrlRow[] = [
  { line: "GET /a/../b//c?x=%41#f HTTP/1.1", url: "http://h:1/a/../b//c?x=%41#f" },
  { line: "GET http://other/x HTTP/1.1", url: "http://other/x" },
  { line: "GET http://other HTTP/1.1", url: "http://other/" },
  { line: "GET http://other?x=1 HTTP/1.1", url: "http://other?x=1" },
  { line: "GET HTTP://OTHER:80/x HTTP/1.1", url: "HTTP://OTHER:80/x" },
  { line: "OPTIONS * HTTP/1.1", url: "http://h:1/*" },
  { line: "CONNECT a:80 HTTP/1.1", url: "http://a:80" },
  { line: "GET /x HTTP/1.1", fields: ["Host: \tUPPER:80 "], url: "http://UPPER:80/x" },
  { line: "GET /x HTTP/1.1", fields: ["Host: [::1]:80"], url: "http://[::1]:80/x" },
  { line: "GET /x HTTP/1.0", fields: [], url: "http://default:8000/x" },
  { line: "OPTIONS * HTTP/1.0", fields: [], url: "http://default:8000/*" },
  { line: "GET /x HTTP/1.1", secure: true, url: "https://h:1/x" },
  { line: "GET http://other/x HTTP/1.1", secure: true, url: "http://other/x" },
];

for (const { line, fields = ["Host: h:1"], secure = false, url } of URLS) {
  Deno.test(`request.url of ${line}, ${fields}${secure ? ", TLS" : ""} is ${url}`, () => {
    const { request } = received([line, ...fields], { secure });
    assertEquals(request.url, url);
    assertEquals(request.clone().url, url);
  });
}

for (const method of ["GET", "get", "HEAD", "POST", "PaTCH", "CONNECT", "TRACE", "TRACK", "OWN"]) {
  Deno.test(`request.method keeps ${method} as sent, also in copies`, () => {
    const target = method === "CONNECT" ? "a:80" : "/";
    const { request } = received([`${method} ${target} HTTP/1.1`, "Host: h"]);
    assertEquals(request.method, method);
    assertEquals(request.clone().method, method);
    assertEquals(new Request(request).method, method);
  });
}

const GET = ["GET /x HTTP/1.1", "Host: h", "X-One: 1"] as const;

Deno.test("lazyRequest() passes every check for a Request", () => {
  const { request } = received(GET);
  assert(request instanceof Request);
  assertEquals(Object.prototype.toString.call(request), "[object Request]");
  assertEquals(request.constructor, Request);
  assertEquals(Object.keys(request), []);
  assertEquals(JSON.stringify(request), "{}");
});

Deno.test("lazyRequest() lets for-in see what it sees on a Request", () => {
  const names = (value: object) => {
    const seen = new Set<string>();
    for (const name in value) seen.add(name);
    return [...seen].sort();
  };
  const { request } = received(GET);
  assertEquals(names(request), names(new Request("http://h/")));
  assertEquals(names(request.headers), names(new Headers()));
});

Deno.test("lazyRequest() prints like a Request", () => {
  const { request } = received(GET);
  const real = new Request("http://h/x", { headers: { host: "h", "x-one": "1" } });
  assertEquals(Deno.inspect(request), Deno.inspect(real));
});

Deno.test("lazyRequest() has the defaults of fetch's fields", () => {
  const { request } = received(GET);
  const names = [
    "cache",
    "credentials",
    "integrity",
    "keepalive",
    "mode",
    "redirect",
    "referrer",
    "referrerPolicy",
  ] as const;
  assertEquals(names.map((name) => request[name]), [
    "default",
    "same-origin",
    "",
    false,
    "cors",
    "follow",
    "about:client",
    "",
  ]);
});

Deno.test("lazyRequest() cannot be cloned structurally or written to", () => {
  const { request } = received(GET);
  assertEquals(assertThrows(() => structuredClone(request), DOMException).name, "DataCloneError");
  assertThrows(() => Object.assign(request, { url: "http://other/" }), TypeError);
});

Deno.test("lazyRequest() works inside a Proxy and below Object.create, as with Deno.serve", async () => {
  const { request } = received(["POST /x HTTP/1.1", "Host: h"], {
    body: new FakeBody({ pieces: ["abc"] }),
  });
  const proxy = new Proxy(request, {});
  assertEquals([proxy.url, proxy.method, proxy.headers.get("host")], ["http://h/x", "POST", "h"]);
  const heir = Object.create(request) as Request;
  assertEquals([heir.url, await heir.text(), request.bodyUsed], ["http://h/x", "abc", true]);
});

Deno.test("lazyRequest() serves the platform's own getters", () => {
  const { request } = received(["PUT /x HTTP/1.1", "Host: h", "X-One: 1"]);
  const native = (name: keyof Request) =>
    Object.getOwnPropertyDescriptor(Request.prototype, name)!.get!.call(request);
  assertEquals(native("url"), "http://h/x");
  assertEquals(native("method"), "PUT");
  assertEquals(native("headers"), request.headers);
  assertEquals(native("signal"), request.signal);
  assertEquals(native("mode"), "cors");
  assertEquals(native("bodyUsed"), false);
});

Deno.test("new Request(request) copies method, URL and fields", () => {
  const { request } = received(["PUT /a/../b HTTP/1.1", "Host: h", "X-One: 1", "x-one: 2"]);
  const copy = new Request(request);
  assertEquals([copy.url, copy.method], ["http://h/a/../b", "PUT"]);
  assertEquals([...copy.headers], [["host", "h"], ["x-one", "1, 2"]]);
  copy.headers.set("x-one", "3");
  assertEquals(request.headers.get("x-one"), "1, 2");
});

Deno.test("new Request(request, init) and new Request(url, request) take the rest over", async () => {
  const { request } = received(GET);
  const changed = new Request(request, { method: "PUT", headers: { q: "1" }, body: "b" });
  assertEquals([changed.url, changed.method, [...changed.headers], await changed.text()], [
    "http://h/x",
    "PUT",
    [["content-type", "text/plain;charset=UTF-8"], ["q", "1"]],
    "b",
  ]);
  const moved = new Request("http://other/", request);
  assertEquals([moved.url, moved.method, moved.headers.get("x-one")], [
    "http://other/",
    "GET",
    "1",
  ]);
});

Deno.test("a subclass of Request can be made from one", () => {
  class Own extends Request {
    readonly own = true;
  }
  const made = new Own(received(GET).request);
  assertEquals([made.url, made.own, made.headers.get("x-one")], ["http://h/x", true, "1"]);
});

Deno.test("clone() has the same, immutable fields", () => {
  const copy = received(GET).request.clone();
  assertEquals([...copy.headers], [["host", "h"], ["x-one", "1"]]);
  assertMatch(assertThrows(() => copy.headers.set("a", "b"), TypeError).message, /immutable/);
});

Deno.test("a URL that the platform refuses is still given, and copied", () => {
  const { request } = received(["GET /x HTTP/1.1", "Host: h:99999"]);
  assertEquals(request.url, "http://h:99999/x");
  assertEquals(request.clone().url, "http://h:99999/x");
});

Deno.test("fetch(request) sends it on", async () => {
  const seen: string[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      seen.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
      return new Response("answer");
    },
  );
  const host = `Host: 127.0.0.1:${server.addr.port}`;
  const { request } = received(["POST /x HTTP/1.1", host], {
    body: new FakeBody({ pieces: ["a", "b"] }),
  });
  assertEquals(await (await fetch(request)).text(), "answer");
  assertEquals(seen, ["POST /x ab"]);
});
