/**
 * Shutdowns on real sockets: with handlers that never return, that finish in time, that stream.
 *
 * @module
 */

import {
  AbortError,
  type CloseReason,
  serve,
  type Server,
  type ShutdownReport,
} from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { GET } from "../support/requests.ts";
import { eachOf, pause, until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { fixturePath } from "./child.ts";

const IDLE = 1_000;
const HANDLERS = 100;
const QUIET = { hostname: "127.0.0.1", port: 0, onListen: () => {}, tcpBacklog: 4_096 };

interface Outcome {
  readonly ms: number;
  readonly report: ShutdownReport;
  readonly codes: readonly string[];
  readonly size: number;
}

async function connectMany(port: number, count: number): Promise<WireClient[]> {
  const clients: WireClient[] = [];
  const connect = async () => {
    clients.push(await WireClient.connect(port));
  };
  await eachOf(Array.from({ length: count }), connect);
  return clients;
}

Deno.test("shutdown({ deadline: 500, grace: 200 }) with 1,000 idle clients and 100 handlers that never return", async () => {
  const args = ["run", "--no-prompt", "--allow-net", fixturePath("never_returning.ts")];
  const child = new Deno.Command("deno", {
    args: [...args, String(IDLE), String(HANDLERS)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: port } = await within(lines.read(), "the child's port");
  const clients = await connectMany(Number(port), IDLE + HANDLERS);
  for (const client of clients.slice(IDLE)) await client.send(GET);
  const { value: line } = await within(lines.read(), "the child's report");
  const told = performance.now();
  const { ms, report, codes, size }: Outcome = JSON.parse(line!);
  const { code } = await within(child.status, "the child to end by itself", 2_000);
  const endedMs = Math.round(performance.now() - told);
  console.log(
    `  resolved after ${ms} ms, process ended ${endedMs} ms later; ${line!.trim()}`.slice(0, 160),
  );
  assert(ms >= 690 && ms <= 800, `${ms} ms`);
  assertEquals(codes, Array.from({ length: HANDLERS }, () => "shutdown"));
  assertEquals([size, code], [0, 0]);
  assertEquals([report.drained, report.aborted, report.forced], [IDLE, HANDLERS, HANDLERS]);
  assertEquals((await lines.read()).done, true);
  for (const client of clients) client.close();
});

Deno.test("100 handlers that finish in time: complete answers and a clean end for every client", async () => {
  const body = "complete ".repeat(20_000);
  let entered = 0;
  const server = serve(QUIET, async () => {
    entered++;
    await pause(300);
    return new Response(body);
  });
  const clients = await connectMany(server.addr.port, HANDLERS);
  for (const client of clients) await client.send(GET);
  await until(() => entered === HANDLERS, "all handlers to begin");
  const shutdown = server.shutdown({ deadline: 5_000, grace: 500 });
  const ends = await Promise.all(clients.map(async (client) => {
    const { status, text, fields } = await client.response();
    const { end, bytes } = await client.remains();
    client.close();
    const closing = fields.some(([name, value]) => /^connection$/i.test(name) && value === "close");
    return `${status} ${text === body} ${closing} ${bytes.length} ${end}`;
  }));
  assertEquals(ends, clients.map(() => "200 true true 0 clean"));
  const { drained, aborted, forced, drainMs } = await shutdown;
  assertEquals([drained, aborted, forced, server.connections.size], [HANDLERS, 0, 0, 0]);
  console.log(`  drained ${drained} handlers in ${drainMs} ms`);
});

Deno.test("a stream under way goes on to the deadline, hears of it, and may end well", async () => {
  const reasons: string[] = [];
  const server = serve(QUIET, (request) => {
    let stop = false;
    request.signal.addEventListener("abort", () => {
      reasons.push((request.signal.reason as AbortError).code);
      stop = true;
    });
    const pull = async (to: ReadableStreamDefaultController) => {
      await pause(10);
      to.enqueue(new TextEncoder().encode(stop ? "goodbye" : "tick "));
      if (stop) to.close();
    };
    return new Response(new ReadableStream({ pull }));
  });
  using client = await WireClient.connect(server.addr.port);
  await client.send(GET);
  const answer = client.response();
  await until(() => server.connections.size === 1, "the client");
  await pause(50);
  const shutdown = server.shutdown({ deadline: 200, grace: 1_000 });
  const { text } = await answer;
  assert(text.endsWith("tick goodbye"), text.slice(-30));
  assertEquals([(await client.remains()).end, reasons], ["clean", ["shutdown"]] as unknown[]);
  client.close();
  const { drained, aborted, forced } = await shutdown;
  assertEquals([drained, aborted, forced], [0, 1, 0]);
});

Deno.test("the signal option cuts everything at once and tells the handlers", async () => {
  const controller = new AbortController();
  const aborted = Promise.withResolvers<unknown>();
  const server = serve({ ...QUIET, signal: controller.signal }, (request) => {
    request.signal.addEventListener("abort", () => aborted.resolve(request.signal.reason));
    return new Promise<Response>(() => {});
  });
  using client = await WireClient.connect(server.addr.port);
  await client.send(GET);
  await until(
    () => [...server.connections].some(({ state }) => state === "handling"),
    "the handler",
  );
  const [connection] = server.connections;
  const begin = performance.now();
  controller.abort();
  await within(server.finished, "finished", 500);
  assert(performance.now() - begin < 200);
  const reason = await aborted.promise;
  assert(reason instanceof AbortError && reason.code === "shutdown");
  assertEquals<CloseReason | null>(connection!.closeReason, "forced");
  assertEquals([server.connections.size, (await client.remains()).text], [0, ""] as unknown[]);
});

Deno.test("the signal option during a shutdown goes straight to the end", async () => {
  const controller = new AbortController();
  const server = serve(
    { ...QUIET, signal: controller.signal },
    () => new Promise<Response>(() => {}),
  );
  using client = await WireClient.connect(server.addr.port);
  await client.send(GET);
  await until(
    () => [...server.connections].some(({ state }) => state === "handling"),
    "the handler",
  );
  const shutdown = server.shutdown({ deadline: 60_000, grace: 60_000 });
  await pause(20);
  controller.abort();
  const { drained, forced } = await within(shutdown, "the shutdown", 500);
  assertEquals([drained, forced], [0, 1]);
});

Deno.test("await using drains; a second shutdown() joins the first", async () => {
  const gate = Promise.withResolvers<void>();
  let running: Server<Deno.NetAddr>;
  const client = await (async () => {
    await using server = serve(QUIET, async () => {
      await gate.promise;
      return new Response("drained");
    });
    running = server;
    const client = await WireClient.connect(server.addr.port);
    await client.send(GET);
    await until(
      () => [...server.connections].some(({ state }) => state === "handling"),
      "the handler",
    );
    setTimeout(gate.resolve, 50);
    return client;
  })();
  assertEquals((await client.response()).text, "drained");
  assertEquals((await client.remains()).end, "clean");
  client.close();
  const [first, second] = [running!.shutdown({}), running!.shutdown({ deadline: 0 })];
  assertEquals(await first, await second);
  assertEquals((await first).drained, 1);
});

Deno.test("connection.close() and abort() work from outside, on real sockets", async () => {
  await using server = serve(QUIET, () => new Promise<Response>(() => {}));
  for (const how of ["close", "abort"] as const) {
    using idle = await WireClient.connect(server.addr.port);
    await until(() => server.connections.size === 1, "the connection");
    const [connection] = server.connections;
    connection![how]();
    assertEquals([(await idle.remains()).end, connection!.state], ["clean", "closed"]);
    assertEquals(connection!.closeReason, how === "close" ? "asked" : "forced");
  }
});
