/**
 * Handshakes by openssl: versions, protocols, resumption, and what a client is told whose handshake cannot
 * succeed.
 *
 * @module
 */

import type { CloseReason, Server } from "../../mod.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { Office } from "./certificates.ts";
import { pair, sClient, tlsServer } from "./server.ts";

const LOCAL = { name: "own", alternatives: ["DNS:localhost", "IP:127.0.0.1"] };

/** Why connections ended, in order. */
function endsOf(server: Server<Deno.NetAddr>): CloseReason[] {
  const reasons: CloseReason[] = [];
  server.observe({ closed: ({ closeReason }) => reasons.push(closeReason!) });
  return reasons;
}

const HANDSHAKES: readonly (readonly [args: string, said: RegExp])[] = [
  ["-tls1_2", /New, TLSv1\.2, Cipher is ECDHE-/],
  ["-tls1_3", /New, TLSv1\.3, Cipher is TLS_/],
  ["-alpn http/1.1", /ALPN protocol: http\/1\.1/],
  ["-alpn h2,http/1.1", /ALPN protocol: http\/1\.1/],
  ["", /No ALPN negotiated/],
  ["-alpn h2", /alert no application protocol/],
  ["-tls1_1 -cipher ALL:@SECLEVEL=0", /alert protocol version/],
  ["-tls1 -cipher ALL:@SECLEVEL=0", /alert protocol version/],
  ["-tls1_2 -cipher AES256-SHA", /alert handshake failure/],
  ["-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA", /alert handshake failure/],
];

Deno.test("each client gets its protocol, or the alert that says why not", async () => {
  await using office = new Office();
  await using server = tlsServer(pair(await office.make(LOCAL)));
  for (const [args, said] of HANDSHAKES) {
    const { stdout, stderr } = await sClient(server, args === "" ? [] : args.split(" "));
    assertMatch(stdout + stderr, said, args);
    assertEquals(stdout.includes("HTTP/1.1 200 OK"), !said.source.includes("alert"), args);
  }
});

Deno.test("tls.minVersion TLSv1.3 refuses 1.2 with an alert", async () => {
  await using office = new Office();
  await using server = tlsServer({
    ...pair(await office.make(LOCAL)),
    tls: { minVersion: "TLSv1.3" },
  });
  assertMatch((await sClient(server, ["-tls1_2"])).stderr, /alert protocol version/);
  assertStringIncludes((await sClient(server, ["-tls1_3"])).stdout, "HTTP/1.1 200 OK");
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test(`a session is resumed with ${version}`, async () => {
    await using office = new Office();
    await using server = tlsServer(pair(await office.make(LOCAL)));
    const session = `${office.folder}/session`;
    const first = await sClient(server, [version, "-sess_out", session]);
    assertMatch(first.stdout, /^New, TLSv1/m);
    const second = await sClient(server, [version, "-sess_in", session]);
    assertMatch(second.stdout, /^Reused, TLSv1/m);
    assertStringIncludes(second.stdout, "HTTP/1.1 200 OK");
  });
}

Deno.test("the end of an answer is a close_notify", async () => {
  await using office = new Office();
  await using server = tlsServer(pair(await office.make(LOCAL)));
  const { code, stdout, stderr } = await sClient(server);
  // A client of OpenSSL 3 calls an end without it an unexpected one.
  assertEquals([code, /unexpected eof/.test(stdout + stderr)], [0, false]);
});

const RESTING: readonly (readonly [why: string, end: (server: Server<Deno.NetAddr>) => unknown])[] =
  [
    ["its idle time-out", () => {}],
    ["a shutdown", (server) => server.shutdown({ firstRequest: 0 })],
    ["connection.close()", (server) => [...server.connections].forEach((each) => each.close())],
  ];

for (const [why, end] of RESTING) {
  Deno.test(`a connection that rests is ended with a close_notify: ${why}`, async () => {
    await using office = new Office();
    const own = pair(await office.make(LOCAL));
    await using server = tlsServer({ ...own, timeouts: { idle: 500, linger: 0 } });
    const client = sClient(server, [], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await until(() => [...server.connections].some(({ requests }) => requests === 1), "a request");
    await until(() => [...server.connections].every(({ state }) => state === "idle"), "its answer");
    await end(server);
    const { code, stdout, stderr } = await client;
    assertEquals([code, /unexpected eof/.test(stdout + stderr)], [0, false]);
    assertStringIncludes(stdout, "200 OK");
  });
}

Deno.test("HTTP on a port of TLS gets a 400 that says so", async () => {
  await using office = new Office();
  await using server = tlsServer(pair(await office.make(LOCAL)));
  const ends = endsOf(server);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { stdout } = await run("curl", ["-sS", "-w", " %{http_code}", url]);
  assertEquals(stdout, "This port speaks HTTPS: use https:// in the URL\n 400");
  const body = "x".repeat(50_000);
  const posted = await run("curl", ["-sS", "-w", " %{http_code}", "-d", body, url]);
  assertStringIncludes(posted.stdout, "https:// in the URL\n 400");
  await until(() => ends.length === 2, "both connections to end");
  assertEquals(ends, ["handshake_failed", "handshake_failed"]);
});

Deno.test("TLS on a plain port ends at once, for its own reason", async () => {
  await using server = tlsServer({});
  const ends = endsOf(server);
  for (const args of [["-tls1_2"], ["-tls1_3"]]) {
    const { code, stdout, stderr } = await sClient(server, args);
    assertEquals(code, 1);
    assertMatch(stdout + stderr, /wrong version number|packet length too long/);
  }
  await until(() => ends.length === 2, "both connections to end");
  assertEquals(ends, ["tls_handshake", "tls_handshake"]);
});

const NONSENSE: readonly string[] = [
  "\x00\x01\x02",
  "\x16\x03\x01\x00\x05nonsense",
  "\x16\x03\x03\xff\xff" + "\x01".repeat(1_000),
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\xff".repeat(600),
  "\x15\x03\x03\x00\x02\x02\x28",
  "\x17\x03\x03\x00\x10" + "a".repeat(16),
  "\x80\x2e\x01\x03\x01",
];

Deno.test("bytes that are no handshake end the connection and nothing else", async () => {
  await using office = new Office();
  const made = pair(await office.make(LOCAL));
  await using server = tlsServer({ ...made, timeouts: { handshake: 500 } });
  const ends = endsOf(server);
  for (const bytes of NONSENSE) {
    using client = await WireClient.connect(server.addr.port);
    await client.send(bytes);
    await client.remains();
  }
  await until(() => ends.length === NONSENSE.length, "all connections to end");
  assertEquals(ends.filter((end) => !end.startsWith("handshake_")), []);
  assertStringIncludes((await sClient(server)).stdout, "HTTP/1.1 200 OK");
});

Deno.test("a client may send no more than 128 KiB before its handshake is over", async () => {
  await using office = new Office();
  await using server = tlsServer({
    ...pair(await office.make(LOCAL)),
    timeouts: { handshake: 8_000 },
  });
  const ends = endsOf(server);
  using client = await WireClient.connect(server.addr.port);
  // The pieces of one message that never ends: a ClientHello that says it has 16 MB.
  const piece = "\x16\x03\x01\x40\x00" + "\x01\xff\xff\xff" + "\x00".repeat(16_380);
  for (let sent = 0; sent < 40 && ends.length === 0; sent++) {
    await client.send(piece).catch(() => {});
  }
  await until(() => ends.length === 1, "the connection to end");
  assertEquals(ends, ["handshake_failed"]);
});
