/**
 * The PROXY protocol on real sockets: HAProxy with both versions as docs/behind_a_proxy.md says, curl, peers
 * that may send no header, a unix socket, and what `serve` refuses.
 *
 * @module
 */

import {
  AccessLog,
  serve,
  type ServeHandlerInfo,
  type ServeOptions,
  type ServeTcpOptions,
} from "../../mod.ts";
import { curlFrom2, documented, haproxyBy, nginxBy } from "../client/fronts.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { startHaproxyWith } from "../support/haproxy.ts";
import { withProgram } from "../support/programs.ts";
import { selfSigned } from "../support/self_signed.ts";
import { type Running, start, type StartOptions, WEIR } from "../support/servers.ts";
import { until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { binary } from "./headers.ts";

const FROM_1 = { proxyProtocol: { from: ["127.0.0.1"] } };
const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const LINE = "PROXY TCP4 203.0.113.7 198.51.100.1 4711 443\r\n";

/** Answers with what it knows of the client. */
function tells(options: Partial<ServeOptions>): Running {
  return start(WEIR, tell as Deno.ServeHandler, options as StartOptions);
}

function tell(_: Request, info: unknown): Response {
  const { client, proxyHeader, remoteAddr } = info as ServeHandlerInfo<Deno.NetAddr>;
  const tlvs = proxyHeader?.tlvs.map(({ type, value }) => `${type}:${value.length}`).join() ?? "-";
  const { address, protocol } = client;
  return new Response(
    [remoteAddr.hostname, proxyHeader?.version ?? "-", tlvs, address, protocol].join(" "),
  );
}

const SENDERS: readonly (readonly [server: string, expected: string])[] = [
  ["send-proxy", "127.0.0.2 1  127.0.0.2 http"],
  ["send-proxy-v2", "127.0.0.2 2  127.0.0.2 http"],
  ["send-proxy-v2 proxy-v2-options crc32c,unique-id", "127.0.0.2 2 3:4,5:0 127.0.0.2 http"],
];

for (const [server, expected] of SENDERS) {
  withProgram(
    "haproxy",
    `HAProxy with ${server}: the client's address is the header's`,
    async () => {
      await using running = tells(FROM_1);
      const block = documented("haproxy", "send-proxy-v2");
      const change = (text: string) => text.replace("send-proxy-v2", server);
      await using haproxy = await haproxyBy(block, running.port, change);
      assertEquals(await curlFrom2(haproxy.port), expected);
      assertEquals(await curlFrom2(haproxy.port, "-H", "X-Forwarded-For: 9.9.9.9"), expected);
    },
  );
}

withProgram("haproxy", "HAProxy with send-proxy-v2-ssl: the client spoke https", async () => {
  await using running = tells(FROM_1);
  const folder = await Deno.makeTempDir();
  const [cert, key] = await selfSigned(folder);
  const pem = `${folder}/both.pem`;
  await Deno.writeTextFile(pem, await Deno.readTextFile(cert) + await Deno.readTextFile(key));
  const change = (text: string) =>
    text.replace("send-proxy-v2", "send-proxy-v2-ssl").replace(/bind \S+/, `$& ssl crt ${pem}`);
  await using haproxy = await haproxyBy(
    documented("haproxy", "send-proxy-v2"),
    running.port,
    change,
  );
  const told = await curlFrom2(
    haproxy.port,
    "--cacert",
    cert,
    `https://127.0.0.1:${haproxy.port}/`,
  );
  assertMatch(told, /^127\.0\.0\.2 2 32:\d+ 127\.0\.0\.2 https$/);
  await Deno.remove(folder, { recursive: true });
});

withProgram("haproxy", "a PROXY header comes before TLS that HAProxy passes through", async () => {
  const folder = await Deno.makeTempDir();
  const [cert, key] = await selfSigned(folder);
  const tls = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  await using running = tells({ ...FROM_1, ...tls } as Partial<ServeOptions>);
  await using haproxy = await startHaproxyWith((own) =>
    `listen own
  mode tcp
  bind 127.0.0.1:${own}
  server one 127.0.0.1:${running.port} send-proxy-v2
`
  );
  const url = `https://127.0.0.1:${haproxy.port}/`;
  const told = await curlFrom2(haproxy.port, "--cacert", cert, url);
  assertEquals(told, "127.0.0.2 2  127.0.0.2 https");
  await Deno.remove(folder, { recursive: true });
});

withProgram(
  "haproxy",
  "HAProxy's health checks pass with check-send-proxy, and are LOCAL",
  async () => {
    const commands: string[] = [];
    const handler = (_: Request, info: unknown) => {
      const { proxyHeader, remoteAddr } = info as ServeHandlerInfo<Deno.NetAddr>;
      commands.push(`${proxyHeader?.command} ${remoteAddr.hostname}`);
      return new Response("ok");
    };
    await using running = start(WEIR, handler as Deno.ServeHandler, FROM_1 as StartOptions);
    await using _haproxy = await startHaproxyWith((own) =>
      `frontend own
  mode http
  bind 127.0.0.1:${own}
  default_backend weir
backend weir
  mode http
  option httpchk GET /
  server weir 127.0.0.1:${running.port} check inter 100ms check-send-proxy send-proxy-v2
`
    );
    await until(() => commands.length > 0, "a health check");
    assertEquals(commands[0], "local 127.0.0.1");
  },
);

withProgram("nginx", "an HTTP proxy before a TCP proxy: both say who came to them", async () => {
  await using running = tells({
    proxyProtocol: { from: ["127.0.0.1"] },
    trustedProxies: ["127.0.0.1"],
  });
  await using haproxy = await haproxyBy(documented("haproxy", "send-proxy-v2"), running.port);
  await using nginx = await nginxBy(documented("nginx", "X-Forwarded-For"), haproxy.port);
  assertEquals(await curlFrom2(nginx.port), "127.0.0.1 2  127.0.0.2 http");
});

withProgram("curl", "curl's own header, and a peer that may send none", async () => {
  const from = { proxyProtocol: { from: ["127.0.0.2"] } };
  await using running = tells(from);
  assertEquals(await curlFrom2(running.port, "--haproxy-protocol"), "127.0.0.2 1  127.0.0.2 http");
  for (const bytes of [GET, LINE + GET]) {
    using client = await running.connect();
    await client.sendWhileOpen(bytes);
    assertEquals((await client.remains()).text, "");
  }
});

Deno.test("others: 'plain' serves other peers as they are, and a header from them is a bad request", async () => {
  await using running = tells({ proxyProtocol: { from: ["127.0.0.2"], others: "plain" } });
  using client = await running.connect();
  assertEquals((await client.ask(GET)).text, "127.0.0.1 - - 127.0.0.1 http");
  using liar = await running.connect();
  assertEquals((await liar.ask(LINE + GET)).status, 400);
});

Deno.test("a header may come in any pieces, and requests with it", async () => {
  await using running = tells(FROM_1);
  for (const header of [LINE, binary()]) {
    const bytes = Uint8Array.from(header + GET, (char) => char.charCodeAt(0));
    for (const cuts of [[1], [7, 20], [header.length], [header.length + 1], [header.length - 1]]) {
      using client = await running.connect();
      await client.sendInPieces(bytes, cuts);
      assertMatch((await client.response()).text, /^(203\.0\.113|192\.0\.2)\.7 /);
    }
    using slow = await running.connect();
    await slow.sendByteByByte(bytes);
    assertEquals((await slow.response()).status, 200);
  }
});

Deno.test("what is no header closes without a byte, and the server goes on", async () => {
  await using running = tells(FROM_1);
  for (const bytes of [GET, "PROXY TCP4 1.1.1.1\r\n", "\x16\x03\x01\x00", "x"]) {
    using client = await running.connect();
    await client.sendWhileOpen(bytes);
    assertEquals((await client.remains()).text, "", bytes);
  }
  using client = await running.connect();
  assertEquals((await client.ask(LINE + GET)).status, 200);
});

Deno.test("proxyProtocol.timeout ends a silent connection for good", async () => {
  const reasons: unknown[] = [];
  const server = serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen() {},
    proxyProtocol: { from: ["loopback"], timeout: 100 },
  }, () => new Response("ok"));
  server.observe({ closed: ({ closeReason }) => reasons.push(closeReason) });
  using client = await WireClient.connect(server.addr.port);
  await client.send("PROXY TCP4 ");
  assertEquals((await client.remains()).text, "");
  assertEquals(reasons, ["proxy_header_timeout"]);
  await server.shutdown();
});

Deno.test("a unix socket: the header's addresses, and the log has the client", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  const server = serve({ path, onListen() {}, proxyProtocol: { from: ["unix"] }, handler: tell });
  await using log = new AccessLog({ to: { path: `${folder}/log` } });
  log.observe(server);
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.write(
    new TextEncoder().encode(LINE + GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")),
  );
  const text = await new Response(conn.readable).text();
  assert(text.endsWith("203.0.113.7 1  203.0.113.7 http"), text);
  await server.shutdown();
  await log.close();
  assertMatch(await Deno.readTextFile(`${folder}/log`), /^203\.0\.113\.7 - - \[/);
  await Deno.remove(folder, { recursive: true });
});

const REFUSED: readonly (readonly [options: object, said: string])[] = [
  [{ proxyProtocol: {} }, "proxyProtocol.from"],
  [{ proxyProtocol: { from: [] } }, "proxyProtocol.from"],
  [{ proxyProtocol: { from: 1 } }, "proxyProtocol.from"],
  [{ proxyProtocol: { from: ["no"] } }, 'received "no"'],
  [{ proxyProtocol: { from: ["::1"], timeout: -1 } }, "proxyProtocol.timeout"],
  [{ proxyProtocol: { from: ["::1"], timeout: "1" } }, "proxyProtocol.timeout"],
  [{ proxyProtocol: { from: ["::1"], others: "guess" } }, "proxyProtocol.others"],
  [{ proxyProtocol: { from: ["::1"], other: "plain" } }, "proxyProtocol.other"],
  [{ proxyProtocol: true }, "proxyProtocol"],
  [{ trustedProxies: "loopback" }, "trustedProxies"],
  [{ forwardedFields: "both" }, "forwardedFields"],
];

for (const [options, said] of REFUSED) {
  Deno.test(`serve() refuses ${JSON.stringify(options)}`, () => {
    const given = { port: 0, onListen() {}, ...options } as ServeTcpOptions;
    assertStringIncludes(assertThrows(() => serve(given, () => new Response())).message, said);
  });
}
