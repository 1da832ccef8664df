/**
 * wget, Python's http.client, Node's fetch and ab against Weir.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { type Running, start, WEIR } from "../support/servers.ts";

/** Counts connections by the client's port. */
class Peers {
  readonly ports = new Set<number>();

  see(info: Deno.ServeHandlerInfo): void {
    this.ports.add((info.remoteAddr as Deno.NetAddr).port);
  }
}

function echo(peers: Peers): Deno.ServeHandler {
  return async (request, info) => {
    peers.see(info);
    const { pathname } = new URL(request.url);
    if (pathname === "/missing") return new Response("not here", { status: 404 });
    if (pathname === "/stream") return new Response(new Blob(["streamed ", "text"]).stream());
    if (pathname === "/unread") return new Response("not read");
    return new Response(`${request.method} ${pathname} ${await request.text()}`);
  };
}

function withServer(
  program: string,
  name: string,
  body: (running: Running, peers: Peers) => Promise<void>,
): void {
  withProgram(program, `${program}: ${name}`, async () => {
    const peers = new Peers();
    await using running = start(WEIR, echo(peers));
    await body(running, peers);
  });
}

withServer("wget", "two pages over one connection", async (running, peers) => {
  const args = ["-S", "-O", "-", "--tries=1", "--timeout=15", running.url("/a"), running.url("/b")];
  const { code, stdout, stderr } = await run("wget", args);
  assertEquals([code, stdout], [0, "GET /a GET /b "], stderr);
  assertStringIncludes(stderr, "Reusing existing connection");
  assertEquals(peers.ports.size, 1);
});

withServer("wget", "a stream, a post and an error status", async (running) => {
  const base = ["-q", "-O", "-", "--tries=1", "--timeout=15"];
  assertEquals((await run("wget", [...base, running.url("/stream")])).stdout, "streamed text");
  const posted = await run("wget", [...base, "--post-data=abc", running.url("/p")]);
  assertEquals(posted.stdout, "POST /p abc");
  const missing = await run("wget", [...base, "--content-on-error", running.url("/missing")]);
  assertEquals([missing.code, missing.stdout], [8, "not here"]);
});

const PYTHON = `
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=15)
def ask(method, path, body=None, chunked=False):
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    connection.request(method, path, body, headers, encode_chunked=chunked)
    answer = connection.getresponse()
    print(answer.version, answer.status, answer.reason, answer.read().decode(), answer.will_close)
ask("GET", "/a")
ask("POST", "/b", "abc")
ask("PUT", "/c", iter([b"de", b"f"]), True)
ask("HEAD", "/d")
ask("GET", "/stream")
ask("GET", "/missing")
ask("DELETE", "/e")
`;

withServer(
  "python3",
  "http.client keeps one connection over all kinds of requests",
  async (running, peers) => {
    const { code, stdout, stderr } = await run("python3", ["-c", PYTHON, String(running.port)]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.split("\n"), [
      "11 200 OK GET /a  False",
      "11 200 OK POST /b abc False",
      "11 200 OK PUT /c def False",
      "11 200 OK  False",
      "11 200 OK streamed text False",
      "11 404 Not Found not here False",
      "11 200 OK DELETE /e  False",
      "",
    ]);
    assertEquals(peers.ports.size, 1);
  },
);

const PYTHON_CLOSE = `
import http.client, sys
for turn in range(20):
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=15)
    connection.request("POST", "/unread", "x" * 100000, {"Connection": "close"})
    answer = connection.getresponse()
    print(answer.status, answer.read().decode(), connection.sock is None)
`;

withServer("python3", "twenty unread uploads with Connection: close, no reset", async (running) => {
  const { code, stdout, stderr } = await run("python3", ["-c", PYTHON_CLOSE, String(running.port)]);
  assertEquals([code, stderr, stdout], [0, "", "200 not read True\n".repeat(20)]);
});

const NODE = `
const base = process.argv[1];
for (let turn = 0; turn < 3; turn++) {
  const get = await fetch(base + "/a");
  console.log(get.status, await get.text());
  const post = await fetch(base + "/b", { method: "POST", body: "abc" });
  console.log(post.status, await post.text());
}
const stream = await fetch(base + "/stream");
console.log(stream.status, await stream.text());
const body = new ReadableStream({
  start(controller) {
    controller.enqueue(new TextEncoder().encode("up"));
    controller.close();
  },
});
const up = await fetch(base + "/up", { method: "POST", body, duplex: "half" });
console.log(up.status, await up.text());
const head = await fetch(base + "/h", { method: "HEAD" });
console.log(head.status, JSON.stringify(await head.text()));
const many = await Promise.all(Array.from({ length: 20 }, async (_, id) => {
  return await (await fetch(base + "/" + id)).text();
}));
console.log(many.join());
`;

withServer("node", "fetch keeps its connection, streams both ways", async (running, peers) => {
  const args = ["--input-type=module", "-e", NODE, running.url("").replace(/\/$/, "")];
  const { code, stdout, stderr } = await run("node", args);
  assertEquals([code, stderr], [0, ""]);
  const many = Array.from({ length: 20 }, (_, id) => `GET /${id} `).join();
  assertEquals(stdout.split("\n"), [
    ...Array.from({ length: 3 }, () => ["200 GET /a ", "200 POST /b abc"]).flat(),
    "200 streamed text",
    "200 POST /up up",
    '200 ""',
    many,
    "",
  ]);
  // Nine requests one after another share one connection; twenty at once open at most nineteen more.
  assert(peers.ports.size <= 21, `${peers.ports.size} connections`);
});

withServer("ab", "5,000 requests over 16 kept connections, none failed", async (running, peers) => {
  const args = ["-q", "-k", "-n", "5000", "-c", "16", running.url("/a")];
  const { code, stdout, stderr } = await run("ab", args);
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /Complete requests: +5000\n/);
  assertMatch(stdout, /Failed requests: +0\n/);
  assertMatch(stdout, /Keep-Alive requests: +5000\n/);
  assert(!stdout.includes("Non-2xx"), stdout);
  assert(peers.ports.size <= 17, `${peers.ports.size} connections`);
});

withServer(
  "ab",
  "500 requests, each on a connection of its own, none failed",
  async (running, peers) => {
    const args = ["-q", "-n", "500", "-c", "16", running.url("/a")];
    const { code, stdout, stderr } = await run("ab", args);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /Complete requests: +500\n/);
    assertMatch(stdout, /Failed requests: +0\n/);
    assert(peers.ports.size >= 400, `${peers.ports.size} connections`);
  },
);
