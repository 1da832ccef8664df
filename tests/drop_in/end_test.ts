/**
 * Ending a server: shutdown, signal, finished, and processes that end by themselves.
 *
 * @module
 */

import { assertEquals, assertMatch, assertRejects, assertThrows } from "../support/assert.ts";
import { fixture, run } from "../support/programs.ts";
import { GET } from "../support/requests.ts";
import { onBoth, start } from "../support/servers.ts";
import { settles, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const QUIET = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
const ok = () => new Response("ok");

onBoth("shutdown() closes idle connections soon and frees the port", async (peer) => {
  const server = peer.serve(QUIET, ok);
  const { port } = server.addr;
  using served = await WireClient.connect(port);
  await served.ask(GET);
  using untouched = await WireClient.connect(port);
  await served.ask(GET);
  await within(server.shutdown(), "shutdown with idle connections", 2_000);
  assertEquals([(await served.remains()).end, (await untouched.remains()).end], ["clean", "clean"]);
  await assertRejects(() => WireClient.connect(port), Deno.errors.ConnectionRefused);
  await using again = peer.serve({ ...QUIET, port }, ok);
  assertEquals(again.addr.port, port);
});

onBoth("shutdown() completes the answer in flight, closes, then resolves", async (peer) => {
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const server = peer.serve(QUIET, async () => {
    entered.resolve();
    await gate.promise;
    return new Response("late");
  });
  using client = await WireClient.connect(server.addr.port);
  await client.send(GET);
  await entered.promise;
  const shutdown = server.shutdown();
  assertEquals(await settles(shutdown, 50), false);
  await assertRejects(() => WireClient.connect(server.addr.port), Deno.errors.ConnectionRefused);
  gate.resolve();
  assertEquals((await client.response()).text, "late");
  assertEquals((await client.remains()).end, "clean");
  client.close();
  await within(shutdown, "shutdown after the last answer", 1_000);
});

onBoth("shutdown() may be called again, before and after the end", async (peer) => {
  const server = peer.serve(QUIET, ok);
  await Promise.all([server.shutdown(), server.shutdown()]);
  await server.shutdown();
  assertEquals(await server.finished, undefined);
});

onBoth("finished resolves at the end, also for a handler that waits for it", async (peer) => {
  const force = new AbortController();
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  const server: Deno.HttpServer<Deno.NetAddr> = peer.serve(
    { ...QUIET, signal: force.signal },
    async () => {
      seen.push("entered");
      force.abort();
      await server.finished;
      ended.resolve();
      return new Response();
    },
  );
  using client = await WireClient.connect(server.addr.port);
  await client.send(GET);
  assertEquals(await within(server.finished, "finished"), undefined);
  await ended.promise;
  assertEquals(seen, ["entered"]);
});

onBoth("abort of the signal option resolves finished though a handler runs", async (peer) => {
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const force = new AbortController();
  const server = peer.serve({ ...QUIET, signal: force.signal }, async () => {
    entered.resolve();
    await gate.promise;
    left.resolve();
    return new Response("too late");
  });
  using client = await WireClient.connect(server.addr.port);
  await client.send(GET);
  await entered.promise;
  force.abort();
  await within(server.finished, "finished", 1_000);
  assertEquals((await client.remains()).text, "");
  gate.resolve();
  await left.promise;
});

onBoth("a signal that was aborted before serve() is no error", async (peer) => {
  const server = peer.serve({ ...QUIET, signal: AbortSignal.abort() }, ok);
  // Deno.serve ignores it and serves; to end at once is as good.
  await within(server.shutdown(), "shutdown", 1_000);
  assertEquals(await server.finished, undefined);
});

onBoth("await using ends the server in good order", async (peer) => {
  let port = 0;
  {
    await using server = peer.serve(QUIET, ok);
    port = server.addr.port;
  }
  await assertRejects(() => WireClient.connect(port), Deno.errors.ConnectionRefused);
});

onBoth("a throwing onListen throws from serve()", (peer) => {
  const onListen = () => {
    throw new RangeError("No");
  };
  // Deno.serve leaves its listener open then, which the resource sanitizer does not see.
  assertThrows(() => peer.serve({ ...QUIET, onListen }, ok), RangeError);
});

onBoth("a server may be disposed of twice", async (peer) => {
  await using running = start(peer, ok);
  await running.server[Symbol.asyncDispose]();
});

onBoth("unref() lets the process end, ref() takes it back", async (peer) => {
  const args = ["run", "--no-prompt", "--allow-net", fixture("unref.ts"), peer.name];
  assertEquals(await run("deno", args), { code: 0, stdout: "served\n", stderr: "" });
});

onBoth("--allow-net is all the permission that it needs", async (peer) => {
  const args = ["run", "--no-prompt", "--allow-net", fixture("one_answer.ts"), peer.name];
  assertEquals(await run("deno", args), { code: 0, stdout: "200 ok\n", stderr: "" });
});

onBoth("a program that replaced built-in methods is served", async (peer) => {
  const args = ["run", "--no-prompt", "--allow-net", fixture("replaced.ts"), peer.name];
  assertEquals(await run("deno", args), { code: 0, stdout: "200 ok\n", stderr: "" });
});

onBoth("without onListen one line on stderr tells the address", async (peer) => {
  const args = ["run", "--no-prompt", "--allow-net", fixture("announce.ts"), peer.name];
  const { code, stdout, stderr } = await run("deno", args);
  assertEquals([code, stdout], [0, ""]);
  assertMatch(stderr, /^Listening on http:\/\/127\.0\.0\.1:\d+\/\n$/);
});
