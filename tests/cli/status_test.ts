/**
 * The program with its status page and its answers to load balancers.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { WireClient } from "../support/wire.ts";
import { Program, runToEnd } from "./child.ts";

/** Where the program says that its status page is. */
async function pageOf(program: Program): Promise<string> {
  const line = await program.line();
  return /^Weir status page on (http:\/\/127\.0\.0\.1:[1-9]\d*\/_weir\/)$/.exec(line)?.[1] ?? line;
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
  const page = await pageOf(program);
  const html = await (await fetch(page)).text();
  assertStringIncludes(html, "<title>Weir status</title>");
  for (const name of ["page.js", "tables.js", "plots.js", "format.js", "uplot.js", "page.css"]) {
    assertEquals(await statusOf(page + name), 200, name);
  }
  assertEquals((await fetch(new URL("/", page))).url, page);
  const client = await WireClient.connect(Number(new URL(page).port));
  const { status } = await client.ask("GET /_weir/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  assertEquals(status, 403);
  client.close();
});

Deno.test("a drain by the page ends the program with 0, and its stream reports it", async () => {
  await using program = new Program(["--port", "0", "--status=0"]);
  await program.address();
  const page = await pageOf(program);
  const [, secret] = /name="weir-secret" content="(\w+)"/.exec(await (await fetch(page)).text())!;
  const events = (await fetch(`${page}events`)).text();
  const { origin } = new URL(page);
  const drain = (headers: HeadersInit) => statusOf(`${page}drain`, { method: "POST", headers });
  assertEquals(await drain({ origin }), 403);
  assertEquals(await drain({ "x-weir-secret": secret! }), 403);
  assertEquals(await drain({ origin, "x-weir-secret": secret! }), 202);
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
