/**
 * curl against Weir: versions, uploads, error statuses, reuse of connections.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type Outcome, run, type RunOptions, withProgram } from "../support/programs.ts";
import { type Running, start, WEIR } from "../support/servers.ts";

const SIZE = 20 * 1024 * 1024;

/** What the tests of this file ask for. */
async function app(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/count") {
    let bytes = 0;
    for await (const chunk of request.body ?? []) bytes += chunk.length;
    return Response.json({ bytes, expect: request.headers.get("expect") });
  }
  if (url.pathname === "/refuse") return new Response("no room", { status: 413 });
  if (url.pathname === "/stream") return new Response(new Blob(["streamed ", "text"]).stream());
  if (url.pathname === "/throw") throw new Error("Boom");
  const status = Number(url.searchParams.get("status") ?? 200);
  return new Response(`${request.method} ${url.pathname}`, { status });
}

async function curl(running: Running, args: string[], options?: RunOptions): Promise<Outcome> {
  const resolved = args.map((arg) => arg.startsWith("/") ? running.url(arg) : arg);
  const outcome = await run(
    "curl",
    ["--silent", "--show-error", "--max-time", "15", ...resolved],
    options,
  );
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

function withCurl(name: string, body: (running: Running) => Promise<void>): void {
  withProgram("curl", `curl: ${name}`, async () => {
    await using running = start(WEIR, app);
    await body(running);
  });
}

for (const version of ["1.0", "1.1"]) {
  withCurl(`HTTP/${version} GET`, async (running) => {
    const { stdout } = await curl(running, [`--http${version}`, "-i", "/path"]);
    const [head, body] = stdout.split("\r\n\r\n");
    assertMatch(head ?? "", new RegExp(`^HTTP/${version} 200 OK\r\n`));
    assertMatch(head ?? "", /content-length: 9(\r\n|$)/i);
    assertEquals(body, "GET /path");
  });

  withCurl(`HTTP/${version} of a stream`, async (running) => {
    const { stdout } = await curl(running, [`--http${version}`, "/stream"]);
    assertEquals(stdout, "streamed text");
  });
}

withCurl("HEAD", async (running) => {
  const { stdout } = await curl(running, ["--head", "/path"]);
  assertMatch(stdout, /^HTTP\/1\.1 200 OK\r\n[^]*content-length: 10\r\n[^]*\r\n\r\n$/i);
});

withCurl("a chunked upload", async (running) => {
  const stdin = "x".repeat(300_000);
  const args = [
    "-H",
    "Transfer-Encoding: chunked",
    "-H",
    "Expect:",
    "--data-binary",
    "@-",
    "/count",
  ];
  const { stdout } = await curl(running, args, { stdin });
  assertEquals(stdout, '{"bytes":300000,"expect":null}');
});

withCurl("a 20 MB upload with 100-continue", async (running) => {
  const stdin = new Uint8Array(SIZE);
  const args = [
    "-v",
    "-H",
    "Expect: 100-continue",
    "--expect100-timeout",
    "10",
    "--data-binary",
    "@-",
    "/count",
  ];
  const { stdout, stderr } = await curl(running, args, { stdin });
  assertEquals(stdout, `{"bytes":${SIZE},"expect":"100-continue"}`);
  assertStringIncludes(stderr, "< HTTP/1.1 100 Continue");
});

withCurl("a 20 MB upload that is refused is not sent", async (running) => {
  const stdin = new Uint8Array(SIZE);
  const args = ["-H", "Expect: 100-continue", "--expect100-timeout", "10", "--data-binary", "@-"];
  const written = ["-w", " %{http_code} %{size_upload}", "/refuse"];
  const { stdout } = await curl(running, [...args, ...written], { stdin });
  assertEquals(stdout, "no room 413 0");
});

withCurl("a range of error statuses, the connection kept", async (running) => {
  const statuses = [400, 401, 403, 404, 409, 410, 418, 429, 500, 501, 502, 503, 599];
  const urls = statuses.map((status) => `/?status=${status}`);
  const format = " %{http_code} %{num_connects}\n";
  const { stdout } = await curl(running, ["-w", format, ...urls]);
  const expected = statuses.map((status, turn) => `GET / ${status} ${turn === 0 ? 1 : 0}\n`);
  assertEquals(stdout, expected.join(""));
});

withCurl(
  "--next reuses the connection over methods and an error in the handler",
  async (running) => {
    const format = ["-w", " %{http_code} %{num_connects}\n"];
    const { stdout } = await curl(running, [
      ...[...format, "/one", "--next"],
      ...[...format, "-X", "POST", "-d", "abc", "/count", "--next"],
      ...[...format, "/throw", "--next"],
      ...[...format, "-X", "DELETE", "/two", "--next"],
      ...[...format, "/stream", "--next"],
      ...[...format, "-d", "abc", "/unread"],
    ]);
    assertEquals(stdout.split("\n"), [
      "GET /one 200 1",
      '{"bytes":3,"expect":null} 200 0',
      "Caught 500 0",
      "DELETE /two 200 0",
      "streamed text 200 0",
      "POST /unread 200 0",
      "",
    ]);
  },
);

withCurl("a large body that the handler does not read causes no reset", async (running) => {
  const stdin = new Uint8Array(SIZE);
  const args = ["-H", "Expect:", "--data-binary", "@-", "-w", " %{http_code}", "/refuse"];
  const { stdout, stderr } = await curl(running, args, { stdin });
  assert(!/reset/i.test(stderr), stderr);
  assertEquals(stdout, "no room 413");
});

withCurl("PUT of a stream and a parallel set of requests", async (running) => {
  const put = await curl(running, ["-T", "-", "/count"], { stdin: "x".repeat(1000) });
  assertMatch(put.stdout, /^\{"bytes":1000,/);
  const urls = Array.from({ length: 20 }, (_, turn) => `/p${turn}`);
  const { stdout } = await curl(running, ["--parallel", ...urls]);
  const answers = stdout.match(/GET \/p\d+/g) ?? [];
  assertEquals(answers.sort(), urls.map((url) => `GET ${url}`).sort());
});
