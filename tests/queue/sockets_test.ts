/**
 * The queue of a real server: its option, its control, and what its clients see.
 *
 * @module
 */

import { serve, type Server } from "../../mod.ts";
import type { Queue } from "../../reactor/options/options.ts";
import { request } from "../support/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { pause, until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

type Handler = (request: Request) => Response | Promise<Response>;

interface Started extends AsyncDisposable {
  readonly server: Server;
  connect(): Promise<WireClient>;
}

function start(queue: Partial<Queue>, handler: Handler): Started {
  const server = serve({ hostname: "127.0.0.1", port: 0, onListen() {}, queue }, handler);
  const { port } = server.addr as Deno.NetAddr;
  return {
    server,
    connect: () => WireClient.connect(port),
    async [Symbol.asyncDispose]() {
      await within(server.shutdown({ deadline: 2_000, grace: 500 }), "the server to shut down");
    },
  };
}

/** Handlers that wait until they are released, in order. */
class Gate {
  readonly paths: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #waiting: (() => void)[] = [];

  readonly handler: Handler = async ({ url, signal }) => {
    this.paths.push(new URL(url).pathname);
    this.signals.push(signal);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return new Response("done");
  };

  open(): void {
    this.#waiting.shift()?.();
  }
}

function get(path: string): string {
  return request({ target: path });
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

Deno.test("serve() without the option has no queue", async () => {
  const server = serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
  assertEquals(server.queue, null);
  await server.shutdown();
});

Deno.test("serve({ queue }) lets that many handlers work at a time, and answers all", async () => {
  let active = 0;
  let most = 0;
  await using at = start({ maxActive: 3, maxWait: 20_000 }, async () => {
    most = Math.max(most, ++active);
    await new Promise((resolve) => setTimeout(resolve, 5));
    active--;
    return new Response("done");
  });
  await Promise.all(Array.from({ length: 40 }, async (_, index) => {
    using client = await at.connect();
    assertEquals((await client.ask(get(`/${index}`))).status, 200);
  }));
  assertEquals(most, 3);
  assertEquals(at.server.queue!.stats().active, 0);
});

Deno.test("a request that cannot be queued gets 503 with Retry-After, and its connection goes on", async () => {
  const gate = new Gate();
  // With places in the queue the newcomer may take one from a request that waits: which is refused
  // depends on time.
  await using at = start({ maxActive: 1, maxQueued: 0 }, gate.handler);
  using first = await at.connect();
  using second = await at.connect();
  await first.send(get("/first"));
  await until(() => gate.paths.length === 1, "the first handler to begin");
  const refused = await second.ask(get("/second"));
  assertEquals([refused.status, refused.headers("retry-after")], [503, ["1"]] as never);
  gate.open();
  assertEquals((await first.response()).status, 200);
  await at.server.queue!.flush();
  await second.send(get("/again"));
  await until(() => gate.paths.length === 2, "the second handler to begin");
  gate.open();
  assertEquals((await second.response()).status, 200);
  assertEquals(gate.paths, ["/first", "/again"]);
});

Deno.test("a thousand connections at once in front of a queue of ten: each is answered, or told to come again", async () => {
  let runs = 0;
  await using at = start({ maxActive: 2, maxQueued: 10, maxWait: 200 }, async () => {
    runs++;
    await pause(10);
    return new Response("done");
  });
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => at.connect()));
  const answers = await Promise.all(clients.map((client) => client.ask(get("/"))));
  const served = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 503);
  assertEquals([served.length, served.length + refused.length], [runs, 1_000]);
  assert(served.length >= 12, `Only ${served.length} were served`);
  assert(refused.every((answer) => answer.header("retry-after") === "1"));
  assertEquals(at.server.queue!.stats().shed, refused.length);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("a client that pipelines 64 does not keep another from its turn, and all are answered", async () => {
  const order: string[] = [];
  await using at = start({ maxActive: 1, maxWait: 20_000 }, async ({ url }) => {
    const { pathname } = new URL(url);
    order.push(pathname);
    await pause(2);
    return new Response(pathname);
  });
  using greedy = await at.connect();
  using other = await at.connect();
  await greedy.send(Array.from({ length: 64 }, (_, index) => get(`/${index}`)).join(""));
  await until(() => order.length > 2, "the pipeline to be at work");
  const before = order.length;
  assertEquals((await other.ask(get("/other"))).text, "/other");
  assert(order.indexOf("/other") <= before + 4, order.join());
  for (let index = 0; index < 64; index++) {
    assertEquals((await greedy.response()).text, `/${index}`);
  }
});

Deno.test("a client that leaves while its request waits is dropped, and its handler never runs", async () => {
  const gate = new Gate();
  await using at = start({ maxActive: 1 }, gate.handler);
  using first = await at.connect();
  await first.send(get("/first"));
  await until(() => gate.paths.length === 1, "the first handler to begin");
  const second = await at.connect();
  await second.send(get("/second"));
  await until(() => at.server.queue!.stats().queued.normal === 1, "the second to be held");
  second[Symbol.dispose]();
  await until(() => at.server.queue!.stats().left === 1, "the second to be dropped");
  gate.open();
  assertEquals((await first.response()).status, 200);
  await at.server.queue!.flush();
  assertEquals(gate.paths, ["/first"]);
});

Deno.test("a health check is answered while handlers that compute have more than they can do", async () => {
  await using at = start({ maxActive: 100, maxWait: 10_000 }, ({ url }) => {
    if (!url.endsWith("/healthz")) spin(10);
    return new Response("done");
  });
  const load = Promise.all(Array.from({ length: 50 }, async () => {
    using client = await at.connect();
    return (await client.ask(get("/"))).status;
  }));
  using probe = await at.connect();
  await until(() => at.server.queue!.stats().queued.normal > 20, "the load to be there");
  const { status } = await probe.ask(get("/healthz"));
  const { queued } = at.server.queue!.stats();
  assertEquals(status, 200);
  assert(queued.normal > 5, `Only ${queued.normal} still waited: it was not the first`);
  assertEquals(new Set(await load), new Set([200]));
});

Deno.test("a shutdown drains the queue, also one that is paused", async () => {
  const gate = new Gate();
  const at = start({ maxActive: 1 }, gate.handler);
  at.server.queue!.pause();
  using client = await at.connect();
  await client.send(get("/"));
  await until(() => at.server.queue!.stats().queued.normal === 1, "the request to be held");
  const ended = at.server.shutdown({ deadline: 5_000 });
  await until(() => gate.paths.length === 1, "the handler to begin");
  gate.open();
  const answer = await client.response();
  assertEquals([answer.status, answer.headers("connection")], [200, ["close"]] as never);
  assertEquals((await within(ended, "the shutdown")).drained, 1);
});

Deno.test("a handler at work is cancelled through its signal, and the next begins", async () => {
  const gate = new Gate();
  await using at = start({ maxActive: 1 }, async (request) => {
    const aborted = new Promise((_, reject) =>
      request.signal.addEventListener("abort", () => reject(request.signal.reason))
    );
    return await Promise.race([gate.handler(request), aborted]) as Response;
  });
  const first = await at.connect();
  await first.send(get("/first"));
  await until(() => gate.paths.length === 1, "the first handler to begin");
  using second = await at.connect();
  await second.send(get("/second"));
  await until(() => at.server.queue!.stats().queued.normal === 1, "the second to be held");
  first[Symbol.dispose]();
  await until(() => gate.paths.length === 2, "the second handler to begin");
  assert(gate.signals[0]!.aborted);
  gate.open();
  gate.open();
  assertEquals((await second.response()).status, 200);
});

Deno.test("a handler that fails, at once or later, gives its slot back", async () => {
  const server = serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: () => new Response("Caught", { status: 500 }),
    queue: { maxActive: 1 },
  }, ({ url }) => {
    if (url.endsWith("/now")) throw new Error("Now");
    return Promise.reject(new Error("Later"));
  });
  using client = await WireClient.connect((server.addr as Deno.NetAddr).port);
  for (const path of ["/now", "/later", "/now", "/later"]) {
    assertEquals((await client.ask(get(path))).status, 500);
  }
  assertEquals(server.queue!.stats().active, 0);
  await server.shutdown();
});

Deno.test("a streamed answer keeps its slot to its last byte", async () => {
  let end = () => {};
  await using at = start({ maxActive: 1 }, () =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(10));
          end = () => controller.close();
        },
      }),
    ));
  using client = await at.connect();
  const answer = client.ask(get("/"));
  await until(() => at.server.queue!.stats().active === 1, "the stream to begin");
  end();
  await answer;
  await at.server.queue!.flush();
  assertEquals(at.server.queue!.stats().active, 0);
});

Deno.test('with "auto", streams without an end do not keep the others out', async () => {
  await using at = start({ floor: 2, ceiling: 2 }, ({ url }) =>
    new Response(
      url.endsWith("/events")
        ? new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) })
        : "done",
    ));
  const streams = await Promise.all([0, 1, 2].map(() => at.connect()));
  for (const stream of streams) await stream.send(get("/events"));
  for (const stream of streams) await stream.readOnce();
  using client = await at.connect();
  assertEquals((await client.ask(get("/"))).status, 200);
  for (const stream of streams) stream[Symbol.dispose]();
});

Deno.test('maxActive: "auto" shows the limit that it has found', async () => {
  await using at = start({ floor: 2, ceiling: 8 }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return new Response("done");
  });
  assertEquals(at.server.queue!.stats().limit, 2);
  const clients = await Promise.all(Array.from({ length: 32 }, () => at.connect()));
  const end = performance.now() + 1_000;
  await Promise.all(clients.map(async (client) => {
    while (performance.now() < end) await client.ask(get("/"));
    client[Symbol.dispose]();
  }));
  const { limit } = at.server.queue!.stats();
  assert(limit > 2 && limit <= 8, `${limit}`);
});
