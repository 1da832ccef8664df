import { WorkerCrash, type Workers, workers } from "../../mod.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { onWeir, start } from "../support/servers.ts";
import { until, within } from "../support/time.ts";
import { handlersPool, moduleNamed, requestTo, serverWith } from "./support.ts";

/** Gets the pool's worker started, so that a measured time is not that of a start. */
async function warm(pool: Workers): Promise<void> {
  await (await pool(requestTo("/hello"))).text();
  await until(() => pool.stats().idle === 1, "the worker to be free");
}

async function elapsed(call: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await call();
  return performance.now() - from;
}

Deno.test("a handler that does not yield is cut at `timeout` and its worker replaced", async () => {
  await using pool = handlersPool({ timeout: 200 });
  await warm(pool);
  let status = 0;
  const ms = await elapsed(async () => {
    status = (await pool(requestTo("/busy?ms=1200"))).status;
  });
  assertEquals(status, 503);
  assert(ms >= 199 && ms < 300, `cut after ${ms} ms`);
  assertEquals(await (await pool(requestTo("/hello"))).text(), "hello");
  const { timedOut, terminated, started, stuck } = pool.stats();
  assertEquals({ timedOut, terminated, started, stuck }, {
    timedOut: 1,
    terminated: 1,
    started: 2,
    stuck: 1,
  });
  await until(() => pool.stats().stuck === 0, "the thread to end when it yields");
});

Deno.test("a handler that reacts to its signal keeps its worker", async () => {
  await using pool = handlersPool({ timeout: 100 });
  const to = await Deno.makeTempFile();
  const response = await pool(requestTo(`/until-abort?to=${to}`));
  assertEquals(response.status, 503);
  await until(() => pool.stats().idle === 1, "the worker to be free");
  assertEquals(await Deno.readTextFile(to), "TimeoutError");
  assertEquals(pool.stats().terminated, 0);
  await Deno.remove(to);
});

onWeir("a client that leaves aborts the handler in the worker, with the reason", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  await warm(pool);
  const to = await Deno.makeTempFile();
  const client = await running.connect();
  await client.send(`GET /until-abort?to=${to} HTTP/1.1\r\nHost: h\r\n\r\n`);
  await until(() => pool.stats().busy === 1, "the worker to have the request");
  client.close();
  await until(() => pool.stats().idle === 1, "the worker to be free");
  assertEquals(await Deno.readTextFile(to), "AbortError");
  assertEquals(running.errors, []);
  await Deno.remove(to);
});

onWeir("a client that leaves a handler that does not listen costs one worker", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  await warm(pool);
  const client = await running.connect();
  await client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  await until(() => pool.stats().busy === 1, "the worker to have the request");
  client.close();
  await until(() => pool.stats().terminated === 1, "the worker to be terminated");
  assertEquals(await (await pool(requestTo("/hello"))).text(), "hello");
});

onWeir("a client that leaves in the middle of a stream costs no worker", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  const client = await running.connect();
  await client.send("GET /gibibyte HTTP/1.1\r\nHost: h\r\n\r\n");
  await client.readOnce();
  client.close();
  await until(() => pool.stats().busy === 0, "the worker to be free");
  assertEquals([pool.stats().idle, pool.stats().terminated], [1, 0]);
});

Deno.test("a stream that is cut at `timeout` costs no worker", async () => {
  await using pool = handlersPool({ timeout: 200 });
  const response = await pool(requestTo("/gibibyte"));
  await until(() => pool.stats().busy === 0, "the worker to be free");
  assertEquals([pool.stats().idle, pool.stats().timedOut], [1, 1]);
  assertEquals((await assertRejects(() => response.bytes())).name, "TimeoutError");
});

onWeir("the server's time for a handler ends what runs in a worker", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool, { timeouts: { handler: 200 } });
  await warm(pool);
  using client = await running.connect();
  assertEquals((await client.ask("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")).status, 503);
  await until(() => pool.stats().terminated === 1, "the worker to be terminated");
  assertEquals(await (await pool(requestTo("/hello"))).text(), "hello");
});

onWeir("a shutdown's deadline ends what runs in workers", async (peer) => {
  await using pool = handlersPool();
  const running = start(peer, pool);
  await warm(pool);
  using client = await running.connect();
  await client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  await until(() => pool.stats().busy === 1, "the worker to have the request");
  const shutdown = running.server.shutdown as (times: object) => Promise<unknown>;
  const ms = await elapsed(() => shutdown.call(running.server, { deadline: 50, grace: 100 }));
  assert(ms < 1_000, `${ms} ms`);
  await until(() => pool.stats().terminated === 1, "the worker to be terminated");
});

onWeir("requests whose client left while they waited are not run", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  await warm(pool);
  const first = pool(requestTo("/busy?ms=300"));
  const client = await running.connect();
  await client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  await until(() => pool.stats().queued === 1, "the second request to wait");
  client.close();
  await until(() => pool.stats().queued === 0, "the second request to be given up");
  await first;
  await until(() => pool.stats().idle === 1, "the worker to be free");
  assertEquals([pool.stats().terminated, pool.stats().refused], [0, 1]);
});

Deno.test("a signal that has fired before runs nothing", async () => {
  await using pool = handlersPool();
  const signal = AbortSignal.abort(new Error("before"));
  const error = await assertRejects(() => pool(requestTo("/hello", { signal })));
  assertEquals([error.message, pool.stats().started], ["before", 0]);
});

Deno.test("a module that does not load fails its request with the reason", async () => {
  await using pool = workers(moduleNamed("broken"), { max: 1 });
  const error = await assertRejects(() => pool(requestTo("/")), WorkerCrash);
  assertEquals((error.cause as Error).message, "does not load");
  await assertRejects(() => pool(requestTo("/")), WorkerCrash);
  assertEquals([pool.stats().started, pool.stats().crashed], [2, 2]);
});

const BAD_MODULES: readonly (readonly [string, string, RegExp])[] = [
  ["that does not exist", new URL("nowhere.ts", import.meta.url).href, /Module not found/],
  [
    "without a handler",
    "data:text/javascript,export default 3",
    /neither a function nor has a fetch/,
  ],
  ["that does not parse", "data:text/javascript,export default (", /Expression expected/],
  ["that exits", "data:text/javascript,Deno.exit(3)", /./],
];

for (const [which, url, message] of BAD_MODULES) {
  Deno.test(`a module ${which} fails its request, and says why`, async () => {
    await using pool = workers(url, { max: 1 });
    const error = await assertRejects(() => pool(requestTo("/")), WorkerCrash);
    assertMatch((error.cause as Error).message, message);
    assertEquals([pool.stats().started, pool.stats().crashed], [1, 1]);
  });
}

Deno.test("a closed pool finishes what runs and refuses the rest", async () => {
  const pool = handlersPool();
  await warm(pool);
  const running = pool(requestTo("/busy?ms=100"));
  const waiting = pool(requestTo("/hello"));
  const closing = pool.close();
  assertEquals((await waiting).status, 503);
  assertEquals(await (await running).text(), "late");
  await closing;
  assertEquals((await pool(requestTo("/hello"))).status, 503);
  assertEquals([pool.stats().workers, pool.stats().stuck], [0, 0]);
});

Deno.test("a closed pool waits for a handler without an end until the deadline", async () => {
  const pool = handlersPool();
  await warm(pool);
  const running = assertRejects(() => pool(requestTo("/wait")), WorkerCrash);
  await assertRejects(() => pool.close({ deadline: -1 }), RangeError);
  await within(pool.close({ deadline: 200 }), "the pool to close", 5_000);
  assertMatch((await running).message, /terminated/);
});

Deno.test("a server with a pool ends by itself after its shutdown, also after an endless loop", async () => {
  const options = { min: 1, max: 2, timeout: 200 };
  await using child = serverWith(options);
  const url = `http://127.0.0.1:${await child.port()}`;
  assertEquals(await (await fetch(`${url}/hello`)).text(), "hello");
  const looped = await fetch(`${url}/loop`);
  await looped.body?.cancel();
  assertEquals(looped.status, 503);
  assertEquals(await (await fetch(`${url}/hello`)).text(), "hello");
  assertEquals(await within(child.end(), "the server to end by itself", 5_000), "");
});

Deno.test("loops without end leave the server and, up to `max`, the pool at work", async () => {
  await using child = serverWith({ max: 1, timeout: 100 });
  const url = `http://127.0.0.1:${await child.port()}`;
  const statusOf = async (path: string) => {
    const response = await fetch(url + path);
    await response.body?.cancel();
    return [response.status, response.headers.get("retry-after")];
  };
  assertEquals(await statusOf("/loop"), [503, null]);
  assertEquals(await statusOf("/hello"), [200, null]);
  assertEquals(await statusOf("/loop"), [503, null]);
  assertEquals(await statusOf("/hello"), [503, "1"]);
  assertEquals(await statusOf("/direct"), [200, null]);
});

Deno.test("a heap over `memory` costs one worker, not the process", async () => {
  await using child = serverWith({ max: 1, timeout: 2_000, memory: 64 });
  const url = `http://127.0.0.1:${await child.port()}`;
  const full = await fetch(`${url}/oom`);
  await full.body?.cancel();
  assertEquals(full.status, 503);
  assertEquals(await (await fetch(`${url}/hello`)).text(), "hello");
});

Deno.test("a pool needs nothing but --allow-read", async () => {
  const program = `
    import { workers } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
    const pool = workers(${JSON.stringify(moduleNamed("handlers").href)}, { max: 1 });
    const answer = pool(new Request("http://h/hello")).then((r) => r.text(), (e) => e.cause.name);
    console.log(await answer);
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, program);
  const config = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);
  const ask = async (...flags: string[]) => {
    const args = ["run", "--no-prompt", "--config", config, ...flags, file];
    return (await run(Deno.execPath(), args)).stdout.trim();
  };
  assertEquals(await ask("--allow-read"), "hello");
  assertEquals(await ask(), "NotCapable");
  await Deno.remove(file);
});
