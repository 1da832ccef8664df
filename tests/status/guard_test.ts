/**
 * Who gets in: every visit is a request without a socket, with the peer beside it.
 *
 * @module
 */

import { Guard, type Verdict } from "../../handlers/status/guard.ts";
import { MOST_TRIES, TRIES_MS } from "../../handlers/status/tries.ts";
import { isSameOrigin, type VisitInfo } from "../../handlers/status/visitor.ts";
import type { Address } from "../../reactor/ports.ts";
import { FakeClock } from "../engine/fakes.ts";
import { assertEquals } from "../support/assert.ts";

const TOKEN = "a token of enough characters";

function tcp(hostname: string): Address {
  return { transport: "tcp", hostname, port: 5_000 };
}

const UNIX: Address = { transport: "unix", path: "/s" };

interface Visit {
  readonly name: string;
  readonly url?: string;
  readonly peer?: Address | undefined;
  /** Where the server listens that carries the page. */
  readonly server?: Address | undefined;
  readonly headers?: Record<string, string>;
  readonly kind: Verdict["kind"];
}

const WITHOUT_TOKEN: readonly Visit[] = [
  { name: "a client on this machine", kind: "reader" },
  { name: "another address of this machine", peer: tcp("127.8.8.8"), kind: "reader" },
  { name: "this machine by IPv6", peer: tcp("::1"), url: "http://[::1]:80/", kind: "reader" },
  { name: "an IPv4 client of an IPv6 socket", peer: tcp("::ffff:127.0.0.1"), kind: "reader" },
  { name: "a unix socket", peer: UNIX, server: UNIX, kind: "reader" },
  { name: "the name localhost", url: "http://localhost:8082/", kind: "reader" },
  { name: "a client of the network", peer: tcp("192.0.2.1"), kind: "forbidden" },
  { name: "an address that begins alike", peer: tcp("127.0.0.1.example"), kind: "forbidden" },
  { name: "an unknown client", peer: undefined, kind: "forbidden" },
  { name: "a name made to resolve here", url: "http://evil.example:8082/", kind: "forbidden" },
  { name: "a name that begins alike", url: "http://localhost.evil.example/", kind: "forbidden" },
  { name: "a proxy's client", headers: { "x-forwarded-for": "192.0.2.1" }, kind: "forbidden" },
  { name: "a proxy's client, RFC 7239", headers: { forwarded: "for=a" }, kind: "forbidden" },
  { name: "a proxy's client, by Via", headers: { via: "1.1 a" }, kind: "forbidden" },
  { name: "a proxy's scheme", headers: { "x-forwarded-proto": "https" }, kind: "forbidden" },
  { name: "a server of all addresses", server: tcp("0.0.0.0"), kind: "forbidden" },
  { name: "a server of all addresses, IPv6", server: tcp("::"), kind: "forbidden" },
  { name: "a server on the network", server: tcp("192.0.2.7"), kind: "forbidden" },
  { name: "a server of whose address nothing is known", server: undefined, kind: "forbidden" },
  { name: "a server on ::1", server: tcp("::1"), kind: "reader" },
  { name: "a token that nobody set", headers: { authorization: "Bearer x" }, kind: "reader" },
];

const WITH_TOKEN: readonly Visit[] = [
  { name: "a stranger on this machine", kind: "unknown" },
  { name: "a stranger", peer: tcp("192.0.2.1"), kind: "unknown" },
  { name: "the token", headers: { authorization: `Bearer ${TOKEN}` }, kind: "owner" },
  {
    name: "the scheme in lower case",
    headers: { authorization: `bearer ${TOKEN}` },
    kind: "owner",
  },
  {
    name: "the token from afar",
    peer: tcp("192.0.2.1"),
    url: "https://a.example/",
    headers: { authorization: `Bearer ${TOKEN}` },
    kind: "owner",
  },
  { name: "a wrong token", headers: { authorization: `Bearer ${TOKEN}x` }, kind: "forbidden" },
  { name: "an empty token", headers: { authorization: "Bearer  " }, kind: "unknown" },
  { name: "another scheme", headers: { authorization: `Basic ${TOKEN}` }, kind: "unknown" },
  {
    name: "a cookie of its own making",
    headers: { cookie: "weir_status_8082=x" },
    kind: "unknown",
  },
  {
    name: "the token as a cookie",
    headers: { cookie: `weir_status_8082=${TOKEN}` },
    kind: "unknown",
  },
];

for (const [token, visits] of [[null, WITHOUT_TOKEN], [TOKEN, WITH_TOKEN]] as const) {
  for (const visit of visits) {
    const { name, url = "http://127.0.0.1:8082/", headers = {}, kind } = visit;
    const remoteAddr = "peer" in visit ? visit.peer : tcp("127.0.0.1");
    const serverAddr = "server" in visit ? visit.server : tcp("127.0.0.1");
    Deno.test(`${token === null ? "without" : "with"} a token, ${name}: ${kind}`, async () => {
      const guard = new Guard({ token, clock: new FakeClock() });
      const info = { remoteAddr, serverAddr };
      assertEquals((await guard.admit(new Request(url, { headers }), info)).kind, kind);
    });
  }
}

/** What a browser gets when it logs in. */
async function logIn(guard: Guard, url: string, info: VisitInfo = {}): Promise<string> {
  const headers = new Headers();
  await guard.logIn(new Request(url), { headers, path: "/_weir/", info });
  return headers.get("set-cookie")!;
}

/** What a visitor may do who has the cookie. */
async function kindWith(guard: Guard, cookie: string): Promise<Verdict["kind"]> {
  const visit = new Request("http://a/", { headers: { cookie: cookie.split(";")[0]! } });
  return (await guard.admit(visit, {})).kind;
}

Deno.test("each login has a cookie of its own, which no other guard accepts and which does not hold the token", async () => {
  const init = { token: TOKEN, clock: new FakeClock() };
  const [guard, other] = [new Guard(init), new Guard(init)];
  const cookies = [await logIn(guard, "http://a/"), await logIn(guard, "http://a/")];
  for (const cookie of cookies) {
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/_weir/"]) {
      assertEquals(cookie.includes(part), true, cookie);
    }
    assertEquals(cookie.includes(TOKEN), false);
    assertEquals([await kindWith(guard, cookie), await kindWith(other, cookie)], [
      "owner",
      "unknown",
    ]);
  }
  assertEquals(new Set(cookies).size, 2);
});

Deno.test("two pages on ports of one host do not log each other out", async () => {
  const guard = new Guard({ token: TOKEN, clock: new FakeClock() });
  const names = ["http://127.0.0.1:8082/", "http://127.0.0.1:8083/", "http://127.0.0.1/"].map(
    async (url) => (await logIn(guard, url)).split("=")[0],
  );
  assertEquals(new Set(await Promise.all(names)).size, 3);
});

const SCHEMES: readonly (readonly [url: string, protocol: string | undefined, secure: boolean])[] =
  [
    ["http://a/", undefined, false],
    ["http://a/", "http", false],
    ["https://a/", undefined, true],
    ["https://a/", "http", true],
    // A trusted proxy has ended TLS.
    ["http://a/", "https", true],
  ];

for (const [url, protocol, secure] of SCHEMES) {
  const by = protocol === undefined ? "" : ` for a client that spoke ${protocol}`;
  Deno.test(`the cookie of a login at ${url}${by} is ${secure ? "" : "not "}Secure`, async () => {
    const guard = new Guard({ token: TOKEN, clock: new FakeClock() });
    const client = protocol === undefined ? undefined : { address: null, protocol };
    assertEquals((await logIn(guard, url, { client })).includes("Secure"), secure);
  });
}

/** What becomes of a wrong token in the field. */
async function guess(guard: Guard, info: VisitInfo, token = "wrong"): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const verdict = await guard.admit(new Request("http://a/", { headers }), info);
  return verdict.kind === "throttled" ? `throttled ${verdict.waitMs}` : verdict.kind;
}

Deno.test("a client with too many wrong tokens waits, also with the right one; others do not", async () => {
  const clock = new FakeClock();
  const guard = new Guard({ token: TOKEN, clock });
  const cookie = await logIn(guard, "http://a/");
  const [bad, good] = [{ remoteAddr: tcp("192.0.2.1") }, { remoteAddr: tcp("192.0.2.2") }];
  for (let at = 0; at < MOST_TRIES; at++) assertEquals(await guess(guard, bad), "forbidden");
  await clock.advance(1_000);
  assertEquals(await guess(guard, bad), `throttled ${TRIES_MS - 1_000}`);
  assertEquals(await guess(guard, bad, TOKEN), `throttled ${TRIES_MS - 1_000}`);
  assertEquals(await guess(guard, good, TOKEN), "owner");
  assertEquals(await kindWith(guard, cookie), "owner");
  await clock.advance(TRIES_MS - 1_000);
  assertEquals(await guess(guard, bad, TOKEN), "owner");
});

Deno.test("the clients of a trusted proxy are told apart, and tries at the same time all count", async () => {
  const guard = new Guard({ token: TOKEN, clock: new FakeClock() });
  const by = (address: string) => ({
    remoteAddr: tcp("10.0.0.1"),
    client: { address, protocol: "http" },
  });
  const all = await Promise.all(
    Array.from({ length: 2 * MOST_TRIES }, () => guess(guard, by("192.0.2.1"))),
  );
  assertEquals(all.filter((each) => each === "forbidden").length, MOST_TRIES);
  assertEquals(await guess(guard, by("192.0.2.2")), "forbidden");
});

Deno.test("right tokens are no tries", async () => {
  const guard = new Guard({ token: TOKEN, clock: new FakeClock() });
  for (let at = 0; at < 3 * MOST_TRIES; at++) assertEquals(await guess(guard, {}, TOKEN), "owner");
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
  const init = { token: TOKEN, clock: new FakeClock() };
  const guard = new Guard(init);
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
  assertEquals(await ask(new Guard(init).secret, "same-origin"), false);
});
