/**
 * The program with its status page and its answers to load balancers.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { accessOf } from "../../cli/status.ts";
import { withProgram } from "../support/programs.ts";
import { WireClient } from "../support/wire.ts";
import { Program, runToEnd } from "./child.ts";

const TOKEN = "a-token-of-enough-characters";

/** What a shell does that gives the program its token. */
const WITH_TOKEN = { shell: `export WEIR_STATUS_TOKEN=${TOKEN}; exec "$@"` };

/** Where the program says that its status page is, and what it says of it besides. */
async function placeOf(program: Program): Promise<{ page: string; rest: string }> {
  const line = await program.line();
  const place = /^Weir status page on (http:\/\/127\.0\.0\.1:[1-9]\d*\/_weir\/)(.*)$/s.exec(line);
  if (place === null) throw new Error(`Not the place of a status page: ${line}`);
  return { page: place[1]!, rest: place[2]! };
}

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("the program answers no health check and shows no status unless it is told to", async () => {
  await using program = new Program(["--port", "0"]);
  const address = await program.address();
  for (const path of ["healthz", "readyz", "_weir/"]) {
    assertStringIncludes(await (await fetch(address + path)).text(), "Hello");
  }
  program.send("SIGTERM");
  assert(!(await program.end()).stdout.includes("status"));
});

Deno.test("the program with --health still serves after the signal, but is not ready", async () => {
  await using program = new Program(["--port", "0", "--health", "--ready-delay-ms", "1500"]);
  const address = await program.address();
  assertEquals([await statusOf(`${address}healthz`), await statusOf(`${address}readyz`)], [
    200,
    200,
  ]);
  assertStringIncludes(await (await fetch(address)).text(), "Hello");
  program.send("SIGTERM");
  assertMatch(
    await program.line(),
    /^Weir leaving for 1500 ms, then draining for at most 20000 ms/,
  );
  assertEquals([await statusOf(`${address}healthz`), await statusOf(`${address}readyz`)], [
    200,
    503,
  ]);
  assertStringIncludes(await (await fetch(address)).text(), "Hello");
  const { code, stdout } = await program.end();
  assertEquals(code, 0);
  assertMatch(stdout, /^(Weir waits for [^\n]*\n)*Weir stopped: /);
});

Deno.test("a second signal cuts --ready-delay-ms short", async () => {
  await using program = new Program(["--port", "0", "--ready-delay-ms", "60000"]);
  await program.address();
  program.send("SIGINT");
  assertMatch(await program.line(), /^Weir leaving/);
  program.send("SIGINT");
  assertEquals((await program.end()).code, 130);
});

Deno.test("the program with --status shows its page on a port of its own, with --allow-net alone", async () => {
  await using program = new Program(["--port", "0", "--status=0"]);
  await program.address();
  const { page, rest } = await placeOf(program);
  const html = await (await fetch(page)).text();
  assertStringIncludes(html, "<title>Weir status</title>");
  // It is no terminal that this is printed to: a token would stay in a log.
  assertEquals(rest, ", to be read only: its buttons need WEIR_STATUS_TOKEN");
  assertMatch(html, /name="weir-secret" content=""/);
  assertEquals(await statusOf(`${page}drain`, { method: "POST" }), 403);
  for (const name of ["page.js", "tables.js", "plots.js", "format.js", "uplot.js", "page.css"]) {
    assertEquals(await statusOf(page + name), 200, name);
  }
  assertEquals((await fetch(new URL("/", page))).url, page);
  const client = await WireClient.connect(Number(new URL(page).port));
  const { status } = await client.ask("GET /_weir/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  assertEquals(status, 403);
  client.close();
});

/** What a browser has after it followed a link with a token. */
async function logIn(link: string): Promise<{ cookie: string; secret: string }> {
  const answer = await fetch(link, { redirect: "manual" });
  await answer.body?.cancel();
  assertEquals(answer.status, 303);
  const cookie = answer.headers.get("set-cookie")!.split(";")[0]!;
  const page = await fetch(new URL(answer.headers.get("location")!, link), { headers: { cookie } });
  const [, secret] = /name="weir-secret" content="(\w+)"/.exec(await page.text())!;
  return { cookie, secret: secret! };
}

withProgram(
  "script",
  "on a terminal the program says the page's token, in its address",
  async () => {
    // The program of util-linux that runs another one in a terminal of its own.
    const shell = 'exec script -qec "$*" /dev/null';
    await using program = new Program(["--port", "0", "--status=0"], { shell });
    await program.address();
    const { page, rest } = await placeOf(program);
    assertMatch(rest, /^\?token=[0-9a-f]{32}\r?$/);
    assertEquals(await statusOf(page), 401);
    const { cookie, secret } = await logIn(page + rest.trim());
    const { origin } = new URL(page);
    const headers = { cookie, origin, "x-weir-secret": secret };
    assertEquals(await statusOf(`${page}drain`, { method: "POST", headers }), 202);
    const { code, stdout } = await program.end();
    assertEquals(code, 0);
    assert(!stdout.includes("token"), stdout);
  },
);

Deno.test("accessOf() makes a token only for who can see it, and another one each time", () => {
  assertEquals(accessOf({ token: TOKEN, isSeen: true }), { kind: "given", token: TOKEN });
  assertEquals(accessOf({ token: TOKEN, isSeen: false }), { kind: "given", token: TOKEN });
  assertEquals(accessOf({ token: null, isSeen: false }), { kind: "read-only" });
  const said = [1, 2].map(() => accessOf({ token: null, isSeen: true }));
  assertEquals(said.map(({ kind }) => kind), ["said", "said"]);
  assert(JSON.stringify(said[0]) !== JSON.stringify(said[1]));
});

const TOO_SHORT = { shell: 'export WEIR_STATUS_TOKEN=tiny; exec "$@"' };

Deno.test("a token that is too short is refused, and no token is ever printed", async () => {
  await using refused = new Program(["--status=0"], TOO_SHORT);
  const { code, stdout, stderr } = await refused.end();
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^weir: 'statusToken' takes at least 16 characters; --help/);
  await using printed = new Program(["--print-config"], WITH_TOKEN);
  assertMatch((await printed.end()).stdout, /\nstatusToken +\(secret\) +WEIR_STATUS_TOKEN\n/);
});

Deno.test("a drain by the page ends the program with 0, and its stream reports it", async () => {
  await using program = new Program(["--port", "0", "--status=0"], WITH_TOKEN);
  await program.address();
  const { page, rest } = await placeOf(program);
  assertEquals([rest, await statusOf(page)], ["", 401]);
  const { cookie, secret } = await logIn(`${page}?token=${TOKEN}`);
  const events = (await fetch(`${page}events`, { headers: { cookie } })).text();
  const { origin } = new URL(page);
  const drain = (headers: HeadersInit) => statusOf(`${page}drain`, { method: "POST", headers });
  assertEquals(await drain({ cookie, origin }), 403);
  assertEquals(await drain({ cookie, "x-weir-secret": secret }), 403);
  assertEquals(await drain({ origin, "x-weir-secret": secret }), 401);
  assertEquals(await drain({ cookie, origin, "x-weir-secret": secret }), 202);
  assertMatch(await events, /event: last\ndata: .*"phase":"ended"/);
  const { code, stdout, stderr } = await program.end();
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^Weir draining for at most 20000 ms; a signal forces\nWeir stopped: /);
});

Deno.test("the program ends with 1 when the port of its status page is taken", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { code, stdout, stderr } = await runToEnd("--port", "0", `--status=${port}`);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^weir: Cannot show the status on 127\.0\.0\.1:\d+: [^\n]+\n$/);
});
