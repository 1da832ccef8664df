/**
 * How streams end on real sockets: by their clients, their sources, the server's shutdown; and what other
 * kinds of request get.
 *
 * @module
 */

import { eventStream, type EventStreamSource, serve } from "../../mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { settles, until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { lastRetry, StreamClient, streamServer } from "./stream_client.ts";

/** A source that sends one event and then waits, and why it was stopped. */
function waiting(): {
  source: EventStreamSource;
  stopped: Promise<unknown>;
  stoppedMs: () => number;
} {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  let at = -1;
  const source: EventStreamSource = ({ send, signal }) => {
    send("first");
    signal.addEventListener("abort", () => {
      at = performance.now();
      resolve(signal.reason);
    });
  };
  return { source, stopped: promise, stoppedMs: () => at };
}

async function reached(client: StreamClient): Promise<void> {
  let text = "";
  while (!text.includes("data: first\n\n")) text += await client.chunk();
}

// Clients that leave.

interface Leaving {
  readonly name: string;
  readonly leave: (client: StreamClient) => unknown;
  readonly withinMs: number;
}

const LEAVINGS: readonly Leaving[] = [
  // With the head unread, a close is a reset.
  { name: "closes", leave: ({ wire }) => wire.close(), withinMs: 500 },
  { name: "ends its side alone", leave: ({ wire }) => wire.closeWrite(), withinMs: 500 },
];

for (const { name, leave, withinMs } of LEAVINGS) {
  Deno.test(`the stream of a client that ${name} ends within ${withinMs} ms`, async () => {
    const { source, stopped, stoppedMs } = waiting();
    await using server = streamServer(source);
    using client = await StreamClient.open(server);
    await reached(client);
    const begin = performance.now();
    await leave(client);
    const reason = await within(stopped, "the source to be stopped");
    assert(stoppedMs() - begin < withinMs, `${stoppedMs() - begin} ms`);
    assertEquals((reason as { code?: string }).code ?? reason, "peer_gone");
    await until(() => server.connections.size === 0, "the connection to be gone");
    assert(performance.now() - begin < withinMs, `${performance.now() - begin} ms`);
  });
}

Deno.test("a reset ends the stream at once", async () => {
  const stopped = Promise.withResolvers<number>();
  await using server = streamServer(({ send, signal }) => {
    send("x".repeat(1_000));
    signal.addEventListener("abort", () => stopped.resolve(performance.now()));
  });
  const client = await StreamClient.open(server);
  await until(() => [...server.connections].some(({ bytesOut }) => bytesOut > 1_000), "the event");
  const begin = performance.now();
  // The event is left unread in the kernel, so that the close is a reset.
  client.wire.close();
  const stoppedMs = await within(stopped.promise, "the source to be stopped") - begin;
  assert(stoppedMs < 200, `${stoppedMs} ms`);
  await until(() => server.connections.size === 0, "the connection to be gone");
});

Deno.test("a fetch that is aborted ends the stream", async () => {
  const { source, stopped } = waiting();
  await using server = streamServer(source);
  const controller = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/`, controller);
  const reader = response.body!.getReader();
  await reader.read();
  controller.abort();
  await within(stopped, "the source to be stopped");
  await reader.closed.catch(() => {});
});

Deno.test("a client that ends its side together with the request gets the head and a clean end", async () => {
  await using server = streamServer(() => {});
  using wire = await WireClient.connect(server.addr.port);
  const begin = performance.now();
  await wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await wire.closeWrite();
  const { text, end } = await wire.remains();
  assertEquals([text.slice(0, 15), end], ["HTTP/1.1 200 OK", "clean"]);
  assert(performance.now() - begin < 500);
});

// Sources.

Deno.test("a source that ends leaves the connection to the next request", async () => {
  await using server = streamServer(async function* () {
    yield await Promise.resolve("a");
  });
  using client = await StreamClient.open(server);
  assertEquals((await client.chunks()).join(""), "retry: 2000\n\n\ndata: a\n\n");
  await client.wire.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const { status, body } = await client.wire.response();
  assertEquals([status, new TextDecoder().decode(body)], [200, "retry: 2000\n\n\ndata: a\n\n"]);
});

Deno.test("a source that ends at once gives the time to wait and an end", async () => {
  await using server = streamServer(ReadableStream.from([]));
  using client = await StreamClient.open(server);
  assertEquals(await client.chunks(), ["retry: 2000\n\n\n"]);
});

Deno.test("a source that throws cuts the answer off, onError is told, and the server serves on", async () => {
  const errors: unknown[] = [];
  await using server = streamServer(async function* () {
    yield await Promise.resolve("a");
    throw new RangeError("mine");
  }, { errors });
  for (let i = 0; i < 3; i++) {
    using client = await StreamClient.open(server);
    const { text, end } = await client.remains();
    assertStringIncludes(text, "data: a\n\n");
    assert(!text.endsWith("0\r\n\r\n"));
    assertEquals([end, errors.length], ["clean", i + 1]);
  }
  assertEquals(errors.map(String), Array(3).fill("RangeError: mine"));
});

Deno.test("a function that throws at once cuts the answer off as well, always after the head", async () => {
  const errors: unknown[] = [];
  await using server = streamServer(() => {
    throw new RangeError("mine");
  }, { errors });
  for (let i = 0; i < 3; i++) {
    using client = await StreamClient.open(server);
    assertStringIncludes(client.head, "HTTP/1.1 200 OK\n");
    assert(!(await client.remains()).text.endsWith("0\r\n\r\n"));
  }
  assertEquals(errors.map(String), Array(3).fill("RangeError: mine"));
});

Deno.test("what a source throws after the client has left is reported, unless it was the signal", async () => {
  const lines: string[] = [];
  const { error } = console;
  console.error = (...all: unknown[]) => void lines.push(all.map(String).join(" "));
  try {
    for (const mine of [true, false]) {
      const over = Promise.withResolvers<void>();
      await using server = streamServer(async ({ send, signal }) => {
        send("first");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        over.resolve();
        throw mine ? new RangeError("mine") : signal.reason;
      });
      using client = await StreamClient.open(server);
      await reached(client);
      client.wire.close();
      await within(over.promise, "the source to be stopped");
    }
  } finally {
    console.error = error;
  }
  assertEquals(lines, [
    "The source of an event stream failed after the stream's end: RangeError: mine",
  ]);
});

// The shutdown.

Deno.test("a shutdown ends all streams at once, with a last retry, in good order", async () => {
  const { source } = waiting();
  const server = streamServer(source, { retry: 500 });
  const clients: StreamClient[] = [];
  for (let i = 0; i < 5; i++) clients.push(await StreamClient.open(server));
  for (const client of clients) await reached(client);
  const begin = performance.now();
  const report = server.shutdown({ deadline: 5_000 });
  for (const client of clients) {
    const rest = (await client.chunks()).join("");
    const retry = lastRetry(rest);
    assert(retry >= 0 && retry <= 500, rest);
    assertEquals((await client.remains()).end, "clean");
    client[Symbol.dispose]();
  }
  const { drained, aborted, forced } = await within(report, "the shutdown");
  assertEquals([drained, aborted, forced], [5, 0, 0]);
  assert(performance.now() - begin < 1_000);
});

Deno.test("while a shutdown still serves, streams go on and new ones begin", async () => {
  const { source } = waiting();
  const server = streamServer(source);
  using client = await StreamClient.open(server);
  await reached(client);
  const report = server.shutdown({ readyDelay: 300, deadline: 5_000 });
  assertEquals(await settles(client.chunk(), 100), false);
  using late = await StreamClient.open(server);
  await reached(late);
  assertEquals((await within(report, "the shutdown")).forced, 0);
  assert(lastRetry((await late.chunks()).join("")) >= 0);
});

Deno.test("a stream that begins in a drain ends after the last retry", async () => {
  const entered = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let calls = 0;
  const server = serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    entered.resolve();
    await go.promise;
    return eventStream(request, () => void calls++);
  });
  const opening = StreamClient.open(server);
  await entered.promise;
  const report = server.shutdown({ deadline: 5_000 });
  go.resolve();
  using client = await opening;
  assertStringIncludes(client.head.toLowerCase(), "connection: close");
  assert(lastRetry((await client.chunks()).join("")) >= 0);
  assertEquals([(await within(report, "the shutdown")).forced, calls], [0, 0]);
});

Deno.test('with onShutdown "finish" the stream ends with its source, or at the deadline', async () => {
  for (const finishes of [true, false]) {
    const go = Promise.withResolvers<void>();
    const server = streamServer(async function* ({ signal }) {
      yield "first";
      await Promise.race([
        go.promise,
        new Promise((resolve) => signal.addEventListener("abort", resolve)),
      ]);
      yield "last";
    }, { onShutdown: "finish" });
    using client = await StreamClient.open(server);
    await reached(client);
    const report = server.shutdown({ deadline: finishes ? 5_000 : 100, grace: 1_000 });
    assertEquals(await settles(report, 50), false);
    if (finishes) go.resolve();
    const { text } = await client.remains();
    assertEquals(text.includes("data: last\n\n"), finishes);
    const { aborted, forced } = await within(report, "the shutdown");
    assertEquals([aborted, forced], [finishes ? 0 : 1, 0]);
  }
});

Deno.test("close() on the connection ends its stream alone", async () => {
  const { source } = waiting();
  await using server = streamServer(source);
  using client = await StreamClient.open(server);
  using other = await StreamClient.open(server);
  await reached(client);
  await reached(other);
  const [first] = server.connections;
  first!.close();
  assert(lastRetry((await client.chunks()).join("")) >= 0);
  assertEquals(await settles(other.chunk(), 50), false);
});

Deno.test("an aborted signal of the server cuts the stream, and its source is stopped", async () => {
  const { source, stopped } = waiting();
  const controller = new AbortController();
  const server = serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: controller.signal },
    (request) => eventStream(request, source),
  );
  using client = await StreamClient.open(server);
  await reached(client);
  controller.abort();
  await within(server.finished, "the end");
  await within(stopped, "the source to be stopped");
});

// Other kinds of request.

Deno.test("HEAD gets the fields, and no source begins", async () => {
  let calls = 0;
  await using server = streamServer(() => void calls++);
  using client = await StreamClient.open(server, { request: "HEAD / HTTP/1.1" });
  assertStringIncludes(client.head, "content-type: text/event-stream\n");
  await client.wire.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert(!(await client.remains()).text.includes("retry"));
  assertEquals(calls, 0);
});

Deno.test("a client of HTTP/1.0 gets the stream to the connection's end, without chunks", async () => {
  await using server = streamServer(async function* () {
    yield await Promise.resolve("a");
  });
  using client = await StreamClient.open(server, { request: "GET / HTTP/1.0" });
  assertEquals((await client.remains()).text, "retry: 2000\n\n\ndata: a\n\n");
});

Deno.test("the head goes out at once, with the fields of an event stream", async () => {
  await using server = streamServer(() => {});
  using client = await StreamClient.open(server);
  const fields = client.head.split("\n").filter((line) => !line.startsWith("date:"));
  assertEquals(fields.sort(), [
    "HTTP/1.1 200 OK",
    "cache-control: no-store, no-transform",
    "content-type: text/event-stream",
    "transfer-encoding: chunked",
    "x-accel-buffering: no",
  ]);
  assertEquals(await client.chunk(), "retry: 2000\n\n\n");
});

const IDS: readonly [field: string | null, id: string][] = [
  [null, ""],
  ["Last-Event-ID: 7", "7"],
  ["last-event-id: a b", "a b"],
  ["Last-Event-ID:", ""],
  // UTF-8, as browsers send it.
  ["Last-Event-ID: \xc3\xa9\xf0\x9f\x98\x80", "é\u{1f600}"],
  ["Last-Event-ID: \xff", "\ufffd"],
];

for (const [field, id] of IDS) {
  Deno.test(`a source gets ${JSON.stringify(id)} from ${JSON.stringify(field)}`, async () => {
    let seen: string | undefined;
    await using server = streamServer(({ lastEventId, close }) => {
      seen = lastEventId;
      close();
    });
    using client = await StreamClient.open(server, { fields: field === null ? [] : [field] });
    await client.chunks();
    assertEquals(seen, id);
  });
}

Deno.test("a request that came from no server of Weir's is answered too", async () => {
  for (const leave of ["abort", "cancel"]) {
    const { source, stopped } = waiting();
    const controller = new AbortController();
    const request = new Request("http://localhost/", { signal: controller.signal });
    const reader = eventStream(request, source).body!.getReader();
    let text = "";
    while (!text.includes("data: first")) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    if (leave === "abort") controller.abort("left");
    else reader.cancel("left");
    assertEquals(await within(stopped, "the source to be stopped"), "left");
    assertEquals((await reader.read()).done, true);
  }
});
