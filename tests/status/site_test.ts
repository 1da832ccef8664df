/**
 * What is under the status page's path: routes, methods, headers, the login, and what the buttons send.
 *
 * @module
 */

import { serve, type Server, StatusPage, type StatusPageOptions } from "../../mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const BASE = "http://127.0.0.1:8082";
const LOOPBACK = { transport: "tcp", hostname: "127.0.0.1", port: 5_000 } as const;
const INFO = { remoteAddr: LOOPBACK, serverAddr: { ...LOOPBACK, port: 8_082 } };
const TOKEN = "a token of enough characters";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const LOCAL = { hostname: "127.0.0.1", port: 0, onListen: () => {} };

function ask(page: StatusPage, path: string, init: RequestInit = {}): Promise<Response> {
  return page.handler(new Request(BASE + path, { redirect: "manual", ...init }), INFO);
}

interface Route {
  readonly path: string;
  readonly method?: string;
  readonly status: number;
  readonly type?: string;
  readonly allow?: string;
}

const ROUTES: readonly Route[] = [
  { path: "/_weir/", status: 200, type: "text/html; charset=utf-8" },
  { path: "/_weir/page.js", status: 200, type: "text/javascript; charset=utf-8" },
  { path: "/_weir/page.css", status: 200, type: "text/css; charset=utf-8" },
  { path: "/_weir/uplot.js", method: "HEAD", status: 200, type: "text/javascript; charset=utf-8" },
  { path: "/_weir", status: 308 },
  { path: "/_weir/?token=none", status: 303 },
  { path: "/_weir/events", status: 503 },
  { path: "/_weir/page.html", status: 404 },
  { path: "/_weir/login.html", status: 404 },
  { path: "/_weir/constructor", status: 404 },
  { path: "/_weir/../deno.json", status: 404 },
  { path: "/", status: 404 },
  { path: "/_weirder", status: 404 },
  { path: "/_weir/", method: "POST", status: 405, allow: "GET, HEAD" },
  { path: "/_weir/events", method: "POST", status: 405, allow: "GET, HEAD" },
  { path: "/_weir/close", status: 405, allow: "POST" },
  { path: "/_weir/drain", method: "PUT", status: 405, allow: "POST" },
  { path: "/_weir/drain", method: "POST", status: 403 },
  { path: "/_weir/close", method: "POST", status: 403 },
];

for (const { path, method = "GET", status, type, allow } of ROUTES) {
  Deno.test(`the status page answers ${method} ${path} with ${status}`, async () => {
    const response = await ask(new StatusPage(), path, { method });
    await response.body?.cancel();
    const { headers } = response;
    assertEquals([response.status, headers.get("allow")], [status, allow ?? null]);
    if (type !== undefined) assertEquals(headers.get("content-type"), type);
    if (allow !== undefined) return;
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertMatch(
      headers.get("content-security-policy")!,
      /default-src 'none'.*frame-ancestors 'none'/,
    );
  });
}

Deno.test("the page's policy lets its own files in, by a nonce that is never the same", async () => {
  const page = new StatusPage();
  const nonces = new Set<string>();
  for (let at = 0; at < 3; at++) {
    const response = await ask(page, "/_weir/");
    const html = await response.text();
    const policy = response.headers.get("content-security-policy")!;
    const nonce = /script-src 'nonce-(\w{32})';/.exec(policy)![1]!;
    nonces.add(nonce);
    assert(!/unsafe|\*|https?:/.test(policy), policy);
    const loads = [...html.matchAll(/<(?:script|link rel="stylesheet")[^>]*>/g)].map(([tag]) =>
      tag
    );
    assertEquals(loads.map((tag) => tag.includes(`nonce="${nonce}"`)), loads.map(() => true));
    assert(!html.includes("{{"), html);
  }
  assertEquals(nonces.size, 3);
});

Deno.test("another site of the same browser may not listen", async () => {
  const page = new StatusPage();
  const headers = { "sec-fetch-site": "cross-site" };
  assertEquals((await ask(page, "/_weir/events", { headers })).status, 403);
});

Deno.test("a token is asked for, taken once, and remembered by a cookie", async () => {
  const page = new StatusPage({ token: TOKEN });
  for (const path of ["events", "page.js", "close", "nothing"]) {
    assertEquals((await ask(page, `/_weir/${path}`)).status, 401, path);
  }
  const stranger = await ask(page, "/_weir/");
  assertEquals(stranger.status, 401);
  assertMatch(await stranger.text(), /<form method="post" action="login">/);
  assertEquals((await ask(page, "/_weir/page.css")).status, 200);
  assertEquals((await ask(page, "/_weir/?token=wrong")).status, 403);
  const known = await ask(page, `/_weir/?token=${encodeURIComponent(TOKEN)}`);
  assertEquals([known.status, known.headers.get("location")], [303, "/_weir/"]);
  const cookie = known.headers.get("set-cookie")!.split(";")[0]!;
  assertEquals((await ask(page, "/_weir/", { headers: { cookie } })).status, 200);
  assertEquals((await ask(page, "/_weir/page.js", { headers: { cookie } })).status, 200);
});

Deno.test("too many wrong tokens are answered with 429 and when to come again", async () => {
  const page = new StatusPage({ token: TOKEN });
  const answers = await Promise.all(
    Array.from({ length: 11 }, () => ask(page, "/_weir/?token=wrong")),
  );
  assertEquals(answers.map(({ status }) => status).toSorted(), [...Array(10).fill(403), 429]);
  const last = answers.find(({ status }) => status === 429)!;
  const seconds = Number(last.headers.get("retry-after"));
  assert(seconds > 55 && seconds <= 60, `${seconds}`);
  assertEquals((await ask(page, "/_weir/?token=wrong", { headers: BEARER })).status, 429);
});

Deno.test("without a token the page can be read and has no secret, so that nobody can act", async () => {
  const page = new StatusPage();
  const server = serve(LOCAL, () => new Response());
  page.observe(server);
  const html = await (await ask(page, "/_weir/")).text();
  assertMatch(html, /name="weir-secret" content=""/);
  for (const secret of ["", "0".repeat(32)]) {
    const headers = { "sec-fetch-site": "same-origin", "x-weir-secret": secret };
    for (const name of ["drain", "close"]) {
      const response = await ask(page, `/_weir/${name}`, { method: "POST", headers });
      assertEquals([response.status, await response.text()], [403, "The buttons need a token\n"]);
    }
  }
  assertEquals(server.phase, "serving");
  await server.shutdown();
});

/** Where the server listens, and what a client on this machine gets without a token. */
const LISTENING = [["127.0.0.1", 200], ["0.0.0.0", 403]] as const;

for (const [hostname, status] of LISTENING) {
  Deno.test(`without a token, a server on ${hostname} answers ${status} at the page`, async () => {
    const server = serve({ ...LOCAL, hostname }, new StatusPage().handler);
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/_weir/`);
    await response.body?.cancel();
    assertEquals(response.status, status);
    await server.shutdown();
  });
}

Deno.test("without a token, a server on a unix socket answers there", async () => {
  const path = `${Deno.makeTempDirSync()}/socket`;
  const server = serve({ path, onListen: () => {} }, new StatusPage().handler);
  using conn = await Deno.connect({ transport: "unix", path });
  const get = "GET /_weir/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  await conn.write(new TextEncoder().encode(get));
  const text = await new Response(conn.readable).text();
  assertMatch(text, /^HTTP\/1\.1 200 OK\r\n/);
  await server.shutdown();
  Deno.removeSync(path.slice(0, -"/socket".length), { recursive: true });
});

interface Login {
  readonly name: string;
  readonly token?: string;
  readonly origin?: string;
  readonly status: number;
}

const LOGINS: readonly Login[] = [
  { name: "the right token", status: 303 },
  { name: "a wrong token", token: "another of enough characters", status: 403 },
  { name: "no token", token: "", status: 403 },
  { name: "far too much", token: "x".repeat(5_000), status: 401 },
  { name: "a form of another site", origin: "http://evil.example", status: 403 },
];

for (const { name, token = TOKEN, origin = BASE, status } of LOGINS) {
  Deno.test(`the form with ${name} is answered with ${status}`, async () => {
    const page = new StatusPage({ token: TOKEN });
    const body = String(new URLSearchParams({ token }));
    const headers = {
      origin,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(body.length),
    };
    const response = await ask(page, "/_weir/login", { method: "POST", headers, body });
    assertEquals([response.status, response.headers.has("set-cookie")], [status, status === 303]);
  });
}

const WRONG: readonly (readonly [options: unknown, named: string])[] = [
  [{ path: "status" }, "status.path"],
  [{ path: "/status" }, "status.path"],
  [{ path: "/a?b/" }, "status.path"],
  [{ path: 5 }, "status.path"],
  [{ token: "short" }, "status.token"],
  [{ token: 5 }, "status.token"],
  [{ intervalMs: 99 }, "status.intervalMs"],
  [{ intervalMs: "1000" }, "status.intervalMs"],
  [{ tokens: TOKEN }, "status.tokens"],
  [null, "status"],
];

for (const [options, named] of WRONG) {
  Deno.test(`StatusPage refuses ${JSON.stringify(options)}`, () => {
    const error = assertThrows(() => new StatusPage(options as StatusPageOptions), Error);
    assert(error.message.includes(`'${named}'`), error.message);
    assert(!error.message.includes("short"), "the token is quoted");
  });
}

/** A server with its own status page among its paths, closed with the test. */
function mounted(options: StatusPageOptions = {}): { server: Server<Deno.NetAddr>; url: string } {
  const page = new StatusPage({ intervalMs: 60_000, token: TOKEN, ...options });
  const server = serve(
    LOCAL,
    (request, info) =>
      new URL(request.url).pathname.startsWith("/_weir/")
        ? page.handler(request, info)
        : new Promise<Response>(() => {}),
  );
  page.observe(server);
  return { server, url: `http://127.0.0.1:${server.addr.port}/_weir/` };
}

Deno.test("a page that is open does not hold up the drain of the server that it comes through", async () => {
  const { server, url } = mounted();
  const response = await fetch(`${url}events`, { headers: BEARER });
  const text = response.text();
  await until(() => server.connections.size === 1, "the connection");
  const begin = performance.now();
  const report = await server.shutdown({ deadline: 20_000 });
  assert(performance.now() - begin < 5_000);
  assertEquals([report.forced, report.aborted], [0, 0]);
  assertMatch(await text, /^event: settings\n[^]*event: last\ndata: .*"phase":"draining".*\n\n$/);
});

Deno.test("with the token, close ends one connection in good order and cut ends it at once", async () => {
  const { server, url } = mounted();
  const send = async (name: string, fields: Record<string, string>) => {
    const body = new URLSearchParams(fields);
    const response = await fetch(url + name, { method: "POST", body, headers: BEARER });
    await response.body?.cancel();
    return response.status;
  };
  const [idle, hanging] = [
    await WireClient.connect(server.addr.port),
    await WireClient.connect(server.addr.port),
  ];
  await hanging.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => server.connections.size === 2, "both connections");
  const [first, second] = [...server.connections];
  await until(() => second!.state === "handling", "the request");
  assertEquals(await send("close", { id: "999" }), 404);
  assertEquals(await send("close", { id: "NaN" }), 404);
  assertEquals(await send("close", {}), 404);
  assertEquals(await send("close", { id: String(first!.id) }), 202);
  await until(() => first!.closeReason !== null, "the idle one to end");
  assertEquals(await send("close", { id: String(second!.id) }), 202);
  assertEquals(second!.closeReason, null);
  assertEquals(await send("close", { id: String(second!.id), cut: "" }), 202);
  await until(() => second!.closeReason !== null, "the hanging one to end");
  assertEquals([first!.closeReason, second!.closeReason], ["asked", "forced"]);
  idle.close();
  hanging.close();
  assertEquals(await send("drain", {}), 202);
  await within(server.finished, "the server to drain");
});

Deno.test("a second server takes the page over, and the end of an observation ends its streams", async () => {
  const page = new StatusPage({ intervalMs: 100 });
  const servers = [0, 1].map(() => serve(LOCAL, () => new Response()));
  const stops = [page.observe(servers[0]!)];
  const first = await ask(page, "/_weir/events");
  stops.push(page.observe(servers[1]!));
  assertMatch(await within(first.text(), "the first stream to end"), /^event: settings/);
  const second = await ask(page, "/_weir/events");
  stops[0]!();
  assertEquals((await ask(page, "/_weir/events")).status, 200);
  stops[1]!();
  assertMatch(await within(second.text(), "the second stream to end"), /^event: settings/);
  assertEquals((await ask(page, "/_weir/events")).status, 503);
  for (const server of servers) await server.shutdown();
});
