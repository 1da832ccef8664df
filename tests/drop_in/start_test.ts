/**
 * Starting a server: overloads, addresses, ports and the errors that `serve` throws.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";
import { fixture, run } from "../support/programs.ts";
import { GET, LAST_GET } from "../support/requests.ts";
import { onBoth, type Peer, start } from "../support/servers.ts";
import { WireClient } from "../support/wire.ts";

const QUIET = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
const ok = () => new Response("ok");

/** Options that the types forbid but programs pass. */
function untyped(peer: Peer): (...args: unknown[]) => Deno.HttpServer<Deno.NetAddr> {
  return peer.serve as unknown as (...args: unknown[]) => Deno.HttpServer<Deno.NetAddr>;
}

async function bodyFrom(port: number): Promise<string> {
  using client = await WireClient.connect(port);
  return (await client.ask(LAST_GET)).text;
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

onBoth("serve(options, handler) serves", async (peer) => {
  await using server = peer.serve(QUIET, ok);
  assertEquals(await bodyFrom(server.addr.port), "ok");
});

onBoth("serve({ handler }) serves", async (peer) => {
  await using server = peer.serve({ ...QUIET, handler: ok });
  assertEquals(await bodyFrom(server.addr.port), "ok");
});

onBoth("serve() ignores options that it does not know", async (peer) => {
  await using server = untyped(peer)({ ...QUIET, colour: "blue" }, ok);
  assertEquals(await bodyFrom(server.addr.port), "ok");
});

onBoth("serve(handler) listens on 0.0.0.0:8000", (peer) => {
  // With any address of port 8000 taken, only a server that wants all of them must fail.
  let holder: Deno.Listener | undefined;
  try {
    holder = Deno.listen({ hostname: "127.0.0.2", port: 8000 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
  }
  try {
    assertThrows(() => peer.serve(ok), Deno.errors.AddrInUse);
  } finally {
    holder?.close();
  }
});

onBoth("the default hostname is 0.0.0.0", async (peer) => {
  await using server = peer.serve({ port: 0, onListen: () => {} }, ok);
  assertEquals(server.addr.hostname, "0.0.0.0");
});

onBoth("addr is known when serve() returns, with localhost resolved", async (peer) => {
  const told: Deno.NetAddr[] = [];
  const onListen = (addr: Deno.NetAddr) => told.push(addr);
  await using server = peer.serve({ hostname: "localhost", port: 0, onListen }, ok);
  const { transport, hostname, port } = server.addr;
  assertEquals([transport, hostname, port > 0], ["tcp", "127.0.0.1", true]);
  assertEquals(told.map((addr) => [addr.transport, addr.hostname, addr.port]), [
    ["tcp", "127.0.0.1", port],
  ]);
});

onBoth("the port may be a string of digits", async (peer) => {
  const port = freePort();
  await using server = untyped(peer)({ ...QUIET, port: String(port) }, ok);
  assertEquals(server.addr.port, port);
  assertEquals(await bodyFrom(port), "ok");
});

const BAD_PORTS: readonly (readonly [unknown, ErrorConstructor])[] = [
  [-1, RangeError],
  [65536, RangeError],
  ["-1", RangeError],
  ["65536", RangeError],
  [1.5, TypeError],
  [NaN, TypeError],
  [Infinity, TypeError],
  ["abc", TypeError],
  ["", TypeError],
  [true, TypeError],
  [[], TypeError],
  [{}, TypeError],
];

for (const [port, type] of BAD_PORTS) {
  onBoth(`port ${Deno.inspect(port)} throws a ${type.name} from serve()`, (peer) => {
    assertMatch(assertThrows(() => untyped(peer)({ ...QUIET, port }, ok), type).message, /port/i);
  });
}

onBoth("a taken address throws AddrInUse from serve()", (peer) => {
  using holder = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = holder.addr as Deno.NetAddr;
  assertThrows(() => peer.serve({ ...QUIET, port }, ok), Deno.errors.AddrInUse);
});

onBoth("a hostname that does not resolve throws from serve()", (peer) => {
  assertThrows(() => peer.serve({ ...QUIET, hostname: "no.such.host.invalid" }, ok), Error);
});

onBoth("a missing handler is a TypeError that names it", (peer) => {
  for (const args of [[], [{ port: 0 }], [{ port: 0, handler: "x" }], [{ port: 0 }, "x"]]) {
    assertMatch(assertThrows(() => untyped(peer)(...args), TypeError).message, /handler/);
  }
});

onBoth("cert without key is a TypeError", (peer) => {
  assertMatch(
    assertThrows(() => untyped(peer)({ ...QUIET, cert: "x" }, ok), TypeError).message,
    /key/,
  );
});

onBoth("onListen runs before serve() returns", async (peer) => {
  const order: string[] = [];
  await using _server = peer.serve({ ...QUIET, onListen: () => void order.push("listen") }, ok);
  order.push("returned");
  assertEquals(order, ["listen", "returned"]);
});

onBoth("the server is not thenable and has the members of Deno.HttpServer", async (peer) => {
  await using running = start(peer, ok);
  const { server } = running;
  assertEquals("then" in server, false);
  assert(await Promise.resolve(server) === server);
  assert(server.finished instanceof Promise);
  for (const name of ["shutdown", "ref", "unref", Symbol.asyncDispose] as const) {
    assertEquals(typeof server[name], "function");
  }
});

onBoth("serve() listens on a unix socket", async (peer) => {
  const path = `${await Deno.makeTempDir()}/socket`;
  const server = peer.serve({ path, onListen: () => {} }, (_request, info) => {
    return new Response(info.remoteAddr.transport);
  });
  assertEquals([server.addr.transport, server.addr.path], ["unix", path]);
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.write(new TextEncoder().encode(LAST_GET));
  assertMatch(await new Response(conn.readable).text(), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nunix$/);
  await server.shutdown();
  await Deno.remove(path.replace(/socket$/, ""), { recursive: true });
});

onBoth("info.remoteAddr is the client's end of the connection", async (peer) => {
  await using running = start(peer, (_request, info) => Response.json(info.remoteAddr));
  using client = await running.connect();
  const { transport, hostname, port } = client.localAddr;
  assertEquals(JSON.parse((await client.ask(GET)).text), { transport, hostname, port });
});

onBoth("info.completed resolves when the answer went out", async (peer) => {
  const completed: Promise<void>[] = [];
  await using running = start(peer, (_request, info) => {
    completed.push(info.completed);
    return new Response("ok");
  });
  using client = await running.connect();
  await client.ask(GET);
  assertEquals(await Promise.all(completed), [undefined]);
});

onBoth("two servers share a port with reusePort", async (peer) => {
  const args = ["run", "--no-prompt", "--unstable-net", "--allow-net", fixture("reuse_port.ts")];
  assertEquals(await run("deno", [...args, peer.name]), {
    code: 0,
    stdout: "200 200\n",
    stderr: "",
  });
});

onBoth("connections are refused after the end", async (peer) => {
  const server = peer.serve(QUIET, ok);
  await server.shutdown();
  await assertRejects(() => WireClient.connect(server.addr.port), Deno.errors.ConnectionRefused);
});
