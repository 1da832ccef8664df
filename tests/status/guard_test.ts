/**
 * Who gets in: every visit is a request without a socket, with the peer beside it.
 *
 * @module
 */

import { Guard, isSameOrigin } from "../../handlers/status/guard.ts";
import type { Address } from "../../reactor/ports.ts";
import { assertEquals } from "../support/assert.ts";

const TOKEN = "a token of enough characters";

function tcp(hostname: string): Address {
  return { transport: "tcp", hostname, port: 5_000 };
}

interface Visit {
  readonly name: string;
  readonly url?: string;
  readonly peer?: Address | undefined;
  readonly headers?: Record<string, string>;
  readonly kind: "welcome" | "unknown" | "forbidden";
}

const WITHOUT_TOKEN: readonly Visit[] = [
  { name: "a client on this machine", kind: "welcome" },
  { name: "another address of this machine", peer: tcp("127.8.8.8"), kind: "welcome" },
  { name: "this machine by IPv6", peer: tcp("::1"), url: "http://[::1]:80/", kind: "welcome" },
  { name: "an IPv4 client of an IPv6 socket", peer: tcp("::ffff:127.0.0.1"), kind: "welcome" },
  { name: "a unix socket", peer: { transport: "unix", path: "/s" }, kind: "welcome" },
  { name: "the name localhost", url: "http://localhost:8082/", kind: "welcome" },
  { name: "a client of the network", peer: tcp("192.0.2.1"), kind: "forbidden" },
  { name: "an address that begins alike", peer: tcp("127.0.0.1.example"), kind: "forbidden" },
  { name: "an unknown client", peer: undefined, kind: "forbidden" },
  { name: "a name made to resolve here", url: "http://evil.example:8082/", kind: "forbidden" },
  { name: "a name that begins alike", url: "http://localhost.evil.example/", kind: "forbidden" },
  { name: "a proxy's client", headers: { "x-forwarded-for": "192.0.2.1" }, kind: "forbidden" },
  { name: "a proxy's client, RFC 7239", headers: { forwarded: "for=a" }, kind: "forbidden" },
  { name: "a token that nobody set", headers: { authorization: "Bearer x" }, kind: "welcome" },
];

const WITH_TOKEN: readonly Visit[] = [
  { name: "a stranger on this machine", kind: "unknown" },
  { name: "a stranger", peer: tcp("192.0.2.1"), kind: "unknown" },
  { name: "the token", headers: { authorization: `Bearer ${TOKEN}` }, kind: "welcome" },
  {
    name: "the scheme in lower case",
    headers: { authorization: `bearer ${TOKEN}` },
    kind: "welcome",
  },
  {
    name: "the token from afar",
    peer: tcp("192.0.2.1"),
    url: "https://a.example/",
    headers: { authorization: `Bearer ${TOKEN}` },
    kind: "welcome",
  },
  { name: "a wrong token", headers: { authorization: `Bearer ${TOKEN}x` }, kind: "forbidden" },
  { name: "an empty token", headers: { authorization: "Bearer  " }, kind: "unknown" },
  { name: "another scheme", headers: { authorization: `Basic ${TOKEN}` }, kind: "unknown" },
  { name: "a cookie of its own making", headers: { cookie: "weir_status=x" }, kind: "unknown" },
  { name: "the token as a cookie", headers: { cookie: `weir_status=${TOKEN}` }, kind: "unknown" },
];

for (const [token, visits] of [[null, WITHOUT_TOKEN], [TOKEN, WITH_TOKEN]] as const) {
  for (const visit of visits) {
    const { name, url = "http://127.0.0.1:8082/", headers = {}, kind } = visit;
    const peer = "peer" in visit ? visit.peer : tcp("127.0.0.1");
    Deno.test(`${token === null ? "without" : "with"} a token, ${name}: ${kind}`, async () => {
      const verdict = await new Guard(token).admit(new Request(url, { headers }), peer);
      assertEquals(verdict.kind, kind);
    });
  }
}

Deno.test("the cookie of a login is accepted, by no other guard, and does not hold the token", async () => {
  const [guard, other] = [new Guard(TOKEN), new Guard(TOKEN)];
  const headers = new Headers();
  guard.remember(headers, { path: "/_weir/", secure: true });
  const set = headers.get("set-cookie")!;
  for (const part of ["HttpOnly", "SameSite=Strict", "Secure", "Path=/_weir/"]) {
    assertEquals(set.includes(part), true, set);
  }
  assertEquals(set.includes(TOKEN), false);
  const visit = new Request("http://a/", { headers: { cookie: set.split(";")[0]! } });
  assertEquals((await guard.admit(visit, undefined)).kind, "welcome");
  assertEquals((await other.admit(visit, undefined)).kind, "unknown");
});

const ORIGINS: readonly (readonly [headers: Record<string, string>, same: boolean])[] = [
  [{ "sec-fetch-site": "same-origin" }, true],
  [{ "sec-fetch-site": "same-origin", origin: "http://a:80" }, true],
  [{ origin: "http://a" }, true],
  [{ origin: "https://a" }, true],
  [{ "sec-fetch-site": "same-site", origin: "http://a" }, false],
  [{ "sec-fetch-site": "cross-site" }, false],
  [{ "sec-fetch-site": "none" }, false],
  [{ origin: "http://b" }, false],
  [{ origin: "http://a:81" }, false],
  [{ origin: "null" }, false],
  [{}, false],
];

for (const [headers, same] of ORIGINS) {
  Deno.test(`isSameOrigin() of ${JSON.stringify(headers)} is ${same}`, () => {
    assertEquals(isSameOrigin(new Request("http://a/", { method: "POST", headers })), same);
  });
}

Deno.test("isOwn() wants the page's secret as well", async () => {
  const guard = new Guard(null);
  const ask = (secret: string, site: string) =>
    guard.isOwn(
      new Request("http://a/", {
        method: "POST",
        headers: { "sec-fetch-site": site, "x-weir-secret": secret },
      }),
    );
  assertEquals(await ask(guard.secret, "same-origin"), true);
  assertEquals(await ask(guard.secret, "cross-site"), false);
  assertEquals(await ask("", "same-origin"), false);
  assertEquals(await ask(new Guard(null).secret, "same-origin"), false);
});
