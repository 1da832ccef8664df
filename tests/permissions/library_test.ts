/**
 * The library with the permission to listen on one address and no other: everything that it can do on a
 * connection works, in a process that may neither ask for more nor read, write, run or look around.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { type ChildServer, run, withProgram } from "../support/programs.ts";
import { chunked, LAST_GET, request } from "../support/requests.ts";
import { selfSigned } from "../support/self_signed.ts";
import { eachOf } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { freePort } from "../support/ports.ts";
import { spawnBare, unixFlags } from "./bare.ts";

/** What each connection asks for, and what must come back. */
const ASKED: Readonly<Record<string, (client: WireClient) => Promise<void>>> = {
  "GET": async (client) => assertEquals((await client.ask(request())).text, "hello"),
  "POST": async (client) => {
    const answer = await client.ask(request({ target: "/echo", body: "abc" }));
    assertEquals(answer.text, "abc");
  },
  "POST in chunks": async (client) => {
    const fields = ["Transfer-Encoding: chunked"];
    const raw = request({ method: "POST", target: "/echo", fields }) + chunked("ab", "c");
    assertEquals((await client.ask(raw)).text, "abc");
  },
  "a stream": async (client) => {
    assertEquals((await client.ask(request({ target: "/stream" }))).text, "streamed");
  },
  "a compressed answer": async (client) => {
    const raw = request({
      target: "/echo",
      fields: ["Accept-Encoding: gzip", "Content-Type: text/plain"],
      body: "a".repeat(5_000),
    });
    assertEquals((await client.ask(raw)).status, 200);
  },
  "a head that never ends": async (client) => {
    await client.send("GET /");
    assertEquals((await client.response()).status, 408);
  },
  "a handler that never ends": async (client) => {
    assertEquals((await client.ask(request({ target: "/never" }))).status, 503);
  },
  "an upgrade": async (client) => {
    const fields = ["Connection: Upgrade", "Upgrade: shout"];
    assertEquals((await client.ask(request({ target: "/upgrade", fields }))).status, 101);
    await client.send("quiet");
    assertEquals(await client.readOnce(), "QUIET");
  },
};

async function assertEndsWell(child: ChildServer): Promise<void> {
  const { code, stderr } = await child.exit();
  assertEquals([code, stderr], [0, ""]);
}

for (const given of ["port", "0"] as const) {
  const name = given === "port" ? "a port" : "port 0";
  Deno.test(`--allow-net=127.0.0.1 with ${name} alone serves everything`, async () => {
    const port = given === "port" ? freePort() : 0;
    const options = { hostname: "127.0.0.1", port, queue: {} };
    await using child = spawnBare([`--allow-net=127.0.0.1:${port}`], options);
    const bound = await child.port();
    for (const ask of Object.values(ASKED)) {
      using client = await WireClient.connect(bound);
      await ask(client);
    }
    await assertWatches(bound);
    await assertEndsWell(child);
    console.log(
      `  ${Object.keys(ASKED).length} kinds of exchange, health, status page, metrics and trace`,
    );
  });
}

Deno.test("--allow-net=127.0.0.1 with a port alone writes an access log to stderr", async () => {
  const port = freePort();
  const options = { hostname: "127.0.0.1", port, log: true };
  await using child = spawnBare([`--allow-net=127.0.0.1:${port}`], options);
  using client = await WireClient.connect(await child.port());
  assertEquals((await client.ask(LAST_GET)).status, 200);
  assertMatch((await child.exit()).stderr, /^127\.0\.0\.1 - - .*"GET \/ HTTP\/1\.1" 200 5\n$/);
});

/** Health checks, metrics, trace, and the status page with its files and its stream of events. */
async function assertWatches(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  assertEquals((await (await fetch(`${url}/readyz`)).text()).length > 0, true);
  assertMatch(await (await fetch(`${url}/metrics`)).text(), /^weir_connections\{/m);
  assertEquals(Number(await (await fetch(`${url}/traced`)).text()) > 10, true);
  const page = await (await fetch(`${url}/_weir/`)).text();
  assertMatch(page, /<title>/);
  const [script] = /[\w./-]+\.js/.exec(page)!;
  const file = await fetch(new URL(script, `${url}/_weir/`));
  assertEquals([file.status, (await file.text()).length > 0], [200, true]);
  const events = await fetch(`${url}/_weir/events`);
  const reader = events.body!.getReader();
  assertEquals([events.status, (await reader.read()).done], [200, false]);
  await reader.cancel();
}

Deno.test("hundreds of busy connections need no further permission", async () => {
  await using child = spawnBare(["--allow-net=127.0.0.1:0"], { hostname: "127.0.0.1", port: 0 });
  const port = await child.port();
  await eachOf(Array.from({ length: 400 }), async () => {
    using client = await WireClient.connect(port);
    for (let turn = 0; turn < 5; turn++) assertEquals((await client.ask(request())).text, "hello");
  }, { width: 400 });
  await assertEndsWell(child);
});

Deno.test("without the permission serve() throws, and names what it needs", async () => {
  const options = { hostname: "127.0.0.1", port: freePort() };
  await using child = spawnBare(["--allow-net=127.0.0.1:1"], options);
  const { code, stderr } = await child.exit();
  assertEquals(code, 1);
  assertMatch(stderr, /NotCapable: Requires net access to "127\.0\.0\.1:\d+"/);
});

withProgram("openssl", "TLS needs no more than the port", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [certFile, keyFile] = await selfSigned(folder);
    const [cert, key] = [await Deno.readTextFile(certFile), await Deno.readTextFile(keyFile)];
    const options = { hostname: "127.0.0.1", port: 0, cert, key };
    await using child = spawnBare(["--allow-net=127.0.0.1:0"], options);
    using client = Deno.createHttpClient({ caCerts: [cert] });
    const url = `https://127.0.0.1:${await child.port()}/`;
    assertEquals(await (await fetch(url, { client })).text(), "hello");
    client.close();
    await assertEndsWell(child);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Whether a server on a unix socket answers with these flags; `null` when it may not listen. */
async function answersOnUnix(path: string, flags: readonly string[]): Promise<string | null> {
  await using child = spawnBare(flags, { path });
  if (!Number.isInteger(await child.port().catch(() => NaN))) return null;
  using conn = await Deno.connect({ transport: "unix", path });
  await conn.write(new TextEncoder().encode(LAST_GET));
  const answer = await new Response(conn.readable).text();
  await assertEndsWell(child);
  return answer;
}

Deno.test("a unix socket needs its path three times: to listen, to read and to write", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/weir.sock`;
    const flags = unixFlags(path);
    const answer = await answersOnUnix(path, flags);
    assert(answer?.endsWith("hello"), `${answer}`);
    for (const missing of flags) {
      const rest = flags.filter((flag) => flag !== missing);
      assertEquals(await answersOnUnix(path, rest), null, `Without ${missing}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("importing the library needs no permission at all", async () => {
  const door = decodeURIComponent(new URL("../../mod.ts", import.meta.url).pathname);
  const { code, stderr } = await run(Deno.execPath(), ["run", "--no-prompt", "--quiet", door]);
  assertEquals([code, stderr], [0, ""]);
});
