import { serve, WorkerCrash } from "../../mod.ts";
import { request } from "../engine/requests.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { onWeir, start } from "../support/servers.ts";
import { WireClient } from "../support/wire.ts";
import { handlersPool, requestTo } from "./support.ts";

Deno.test("a request reaches the worker whole", async () => {
  await using pool = handlersPool();
  const headers = { "x-one": "1", cookie: "a=b" };
  const remoteAddr: Deno.NetAddr = { transport: "tcp", hostname: "192.0.2.1", port: 1 };
  const request = requestTo("/facts?q=%C3%A9", { method: "PUT", headers, body: "x" });
  assertEquals(await (await pool(request, { remoteAddr })).json(), {
    method: "PUT",
    url: "http://h/facts?q=%C3%A9",
    one: "1",
    cookie: "a=b",
    hasBody: true,
    remote: "192.0.2.1",
    self: "object",
  });
});

Deno.test("a worker gets null for what the pool was called without", async () => {
  await using pool = handlersPool();
  const answer = await pool(requestTo("/info"));
  assertEquals(await answer.json(), { remoteAddr: null, client: null });
});

Deno.test("info.client in a worker is that of the server's thread", async () => {
  await using pool = handlersPool();
  const seen: unknown[] = [];
  const options = { hostname: "127.0.0.1", port: 0, trustedProxies: ["loopback"], onListen() {} };
  await using server = serve(options, (request, info) => {
    seen.push({ remoteAddr: info.remoteAddr, client: info.client });
    return pool(request, info);
  });
  using client = await WireClient.connect(server.addr.port);
  const forwarded = ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"];
  for (const fields of [forwarded, []]) {
    const answer = await client.ask(request({ target: "/info", fields }));
    assertEquals(JSON.parse(answer.text), seen.pop());
  }
  const answer = await client.ask(request({ target: "/info", fields: forwarded }));
  const expected = { address: "203.0.113.7", port: null, protocol: "https", host: "h" };
  assertEquals(JSON.parse(answer.text).client, expected);
});

const ANSWERS: readonly (readonly [string, (response: Response) => unknown, unknown])[] = [
  ["/status", (r) => [r.status, r.statusText, r.headers.get("x-a"), r.body], [
    204,
    "Nothing Here",
    "b",
    null,
  ]],
  ["/not-modified", (r) => [r.status, r.headers.get("etag"), r.body], [304, '"e"', null]],
  ["/redirect", (r) => [r.status, r.headers.get("location")], [307, "http://h/there"]],
  ["/cookies", (r) => r.headers.getSetCookie(), ["a=1", "b=2"]],
  ["/hello", (r) => r.text(), "hello"],
  ["/none", (r) => r.status, 404],
];

Deno.test("a response comes back whole", async () => {
  await using pool = handlersPool();
  for (const [path, look, expected] of ANSWERS) {
    assertEquals(await look(await pool(requestTo(path))), expected, path);
  }
});

Deno.test("what a handler throws comes back with its name, message and stack", async () => {
  await using pool = handlersPool();
  const error = await assertRejects(() => pool(requestTo("/throw")));
  assertEquals([error.name, error.message], ["FarError", "too far"]);
  assertStringIncludes(error.stack ?? "", "fixtures/handlers.ts");
  assertEquals(pool.stats().crashed, 0);
});

Deno.test("what is no response, or was used, is a TypeError", async () => {
  await using pool = handlersPool();
  for (const path of ["/nothing", "/used"]) {
    assertEquals((await assertRejects(() => pool(requestTo(path)))).name, "TypeError", path);
  }
});

for (const path of ["/rejection", "/exit", "/close"]) {
  Deno.test(`a worker that fails at ${path} fails its request and is replaced`, async () => {
    await using pool = handlersPool();
    const error = await assertRejects(() => pool(requestTo(path)), WorkerCrash);
    assert(error.cause instanceof Error);
    assertEquals(await (await pool(requestTo("/hello"))).text(), "hello");
    assertEquals([pool.stats().crashed, pool.stats().started], [1, 2]);
  });
}

onWeir("a pool is a handler of serve", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  using client = await running.connect();
  const hello = await client.ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assertEquals([hello.status, hello.text, hello.framing], [200, "hello", "length"]);
  const head = await client.ask("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  assertEquals([head.status, head.header("content-length")], [200, "5"]);
  const facts = await client.ask("GET /facts HTTP/1.1\r\nHost: h\r\n\r\n");
  assertEquals(JSON.parse(facts.text).remote, "127.0.0.1");
  assertEquals((await client.ask("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n")).status, 500);
  assertEquals(running.errors.map((error) => (error as Error).name), ["FarError"]);
});

onWeir("a HEAD request of a stream leaves the worker free", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  using client = await running.connect();
  assertEquals((await client.ask("HEAD /gibibyte HTTP/1.1\r\nHost: h\r\n\r\n")).status, 200);
  assertEquals((await client.ask("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")).text, "hello");
  assertEquals(pool.stats().terminated, 0);
});
