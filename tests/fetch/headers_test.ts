import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { received } from "./fake_exchange.ts";

const LINES = [
  "Host: h",
  "X-A: 1",
  "X-A:",
  "x-a:2",
  "Cookie: a=1",
  "Accept: a:b",
  "X-Tab: \t a\tb \t",
  "cookie: b=2",
  "X-Empty:",
  "X-Latin: \xe9\xa0",
  "X^Y: caret",
  "Set-Cookie: q=1",
  "set-cookie: z=2",
];

function headers(lines: readonly string[] = LINES): Headers {
  return received(["GET / HTTP/1.1", ...lines]).request.headers;
}

const ENTRIES: readonly (readonly [string, string])[] = [
  ["accept", "a:b"],
  ["cookie", "a=1; b=2"],
  ["host", "h"],
  ["set-cookie", "q=1"],
  ["set-cookie", "z=2"],
  ["x-a", "1, , 2"],
  ["x-empty", ""],
  ["x-latin", "\xe9\xa0"],
  ["x-tab", "a\tb"],
  ["x^y", "caret"],
];

const GETS: readonly (readonly [name: string, value: string | null])[] = [
  ["host", "h"],
  ["HOST", "h"],
  ["x-a", "1, , 2"],
  ["X-A", "1, , 2"],
  ["cookie", "a=1; b=2"],
  ["Cookie", "a=1; b=2"],
  ["set-cookie", "q=1, z=2"],
  ["x-empty", ""],
  ["x-latin", "\xe9\xa0"],
  ["x-tab", "a\tb"],
  ["accept", "a:b"],
  ["x^y", "caret"],
  ["x~y", null],
  ["x", null],
  ["x-a-longer", null],
  ["hos", null],
  ["a-name-that-is-longer-than-all-that-is-left-of-the-head-of-this-request", null],
];

for (const [name, value] of GETS) {
  Deno.test(`headers.get("${name}") gives ${JSON.stringify(value)}`, () => {
    const lazy = headers();
    assertEquals(lazy.get(name), value);
    assertEquals(lazy.has(name), value !== null);
    assertEquals(new Headers(lazy).get(name), value);
    assertEquals(Headers.prototype.get.call(lazy, name), value);
    assertEquals(Headers.prototype.has.call(lazy, name), value !== null);
  });
}

Deno.test("headers.get() and has() of no fields at all", () => {
  assertEquals(headers([]).get("host"), null);
  assertEquals(headers([]).has("host"), false);
  assertEquals([...headers([])], []);
});

/** What the arguments mean to the platform's own `Headers`, they mean here. */
const ODD: readonly (readonly [what: string, ...given: unknown[]])[] = [
  ["none"],
  ["undefined", undefined],
  ["null", null],
  ["a number", 5],
  ["an object", { toString: () => "host" }],
  ["a symbol", Symbol("host")],
  ["an empty name", ""],
  ["a space", "bad name"],
  ["a colon", "accept: a"],
  ["a line", "host: h\r\nx-a"],
  ["a character over 255", "h\u0151st"],
];

for (const [what, ...given] of ODD) {
  for (const method of ["get", "has"] as const) {
    Deno.test(`headers.${method}() of ${what} does what Headers does`, () => {
      const real = new Headers([["host", "h"], ["accept", "a:b"], ["x-a", "1"]]);
      assertEquals(outcome(headers(), method, given), outcome(real, method, given));
    });
  }
}

function outcome(target: Headers, method: "get" | "has", given: unknown[]): unknown {
  try {
    return Reflect.apply(target[method], target, given);
  } catch (error) {
    return String(error);
  }
}

Deno.test("headers iterates sorted, in lower case, in every way", () => {
  assertEquals([...headers()], ENTRIES);
  assertEquals([...headers().entries()], ENTRIES);
  assertEquals([...headers().keys()], ENTRIES.map(([name]) => name));
  assertEquals([...headers().values()], ENTRIES.map(([, value]) => value));
  const seen: [string, string][] = [];
  const lazy = headers();
  lazy.forEach((value, name, self) => {
    assert(self === lazy);
    seen.push([name, value]);
  });
  assertEquals(seen, ENTRIES);
  assertEquals(Object.fromEntries(headers()), Object.fromEntries(ENTRIES));
});

Deno.test("headers.getSetCookie() keeps the lines apart", () => {
  assertEquals(headers().getSetCookie(), ["q=1", "z=2"]);
});

Deno.test("headers can be copied into Headers, Request and Response", () => {
  assertEquals([...new Headers(headers())], ENTRIES);
  assertEquals([...new Request("http://h/", { headers: headers() }).headers], ENTRIES);
  assertEquals([...new Response(null, { headers: headers() }).headers], ENTRIES);
});

Deno.test("headers passes every check for a Headers", () => {
  const lazy = headers(["X-A: 1", "B: 2"]);
  assert(lazy instanceof Headers);
  assertEquals(Object.prototype.toString.call(lazy), "[object Headers]");
  assertEquals(lazy.constructor, Headers);
  assertEquals(Object.keys(lazy), []);
  assertEquals(Deno.inspect(lazy), Deno.inspect(new Headers({ "x-a": "1", b: "2" })));
  assertEquals(lazy.get.length, 1);
});

Deno.test("request.headers is one object", () => {
  const { request } = received(["GET / HTTP/1.1", "Host: h"]);
  assert(request.headers === request.headers);
});

const CHANGES: readonly (readonly [string, (headers: Headers) => void])[] = [
  ["set", (lazy) => lazy.set("a", "b")],
  ["append", (lazy) => lazy.append("a", "b")],
  ["delete", (lazy) => lazy.delete("host")],
  ["Headers.prototype.set", (lazy) => Headers.prototype.set.call(lazy, "a", "b")],
];

for (const [name, change] of CHANGES) {
  Deno.test(`headers: ${name}() throws Deno.serve's TypeError`, () => {
    const lazy = headers();
    const error = assertThrows(() => change(lazy), TypeError);
    assert(/^Cannot change headers?: headers are immutable$/.test(error.message), error.message);
    assertEquals([...lazy], ENTRIES);
  });
}
