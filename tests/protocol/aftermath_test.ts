/**
 * What comes after something went wrong or was given up half-way: a body that nobody reads any more, an
 * answer that comes too late, an error that cannot be printed, fields that contradict each other. Each
 * test is one way in which a connection or a stream could be left to itself.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { chunked, GET, head, LAST_GET, request } from "../support/requests.ts";
import { onWeir, type Running, start, type StartOptions } from "../support/servers.ts";
import { until, within } from "../support/time.ts";
import { upgradeOf } from "../support/upgrade.ts";
import type { Remains, WireClient } from "../support/wire.ts";

const MIB = 1024 * 1024;
const SHORT: StartOptions = { timeouts: { body: 200, linger: 200 } };
const UPGRADE = request({ fields: ["Connection: Upgrade", "Upgrade: raw"] });
const CONNECT = head("CONNECT a:80 HTTP/1.1", "Host: a:80");

/** The part of a live connection that the tests use. */
interface Connection {
  readonly state: string;
  abort(): void;
}

function connectionsOf(running: Running): ReadonlySet<Connection> {
  return (running.server as unknown as { connections: ReadonlySet<Connection> }).connections;
}

/** All that is left on a connection, which must end soon though the client does nothing for it. */
async function soon(client: WireClient, ms = 2_000): Promise<Remains> {
  return await within(client.remains(), "the server to end the connection", ms);
}

/** A stream that tells why it was cancelled. */
class Watched {
  readonly cancelled = Promise.withResolvers<unknown>();
  readonly stream: ReadableStream;

  constructor(...pieces: readonly unknown[]) {
    this.stream = new ReadableStream({
      start: (controller) => pieces.forEach((piece) => controller.enqueue(piece)),
      cancel: (reason) => this.cancelled.resolve(reason),
    });
  }

  async assertCancelled(): Promise<void> {
    const reason = await within(this.cancelled.promise, "the stream to be cancelled", 2_000);
    assertEquals(reason, "resource closed");
  }
}

/** Console output of the server itself would only be noise; printing still runs the error's own code. */
function silence(): Disposable & { readonly lines: string[] } {
  const { error } = console;
  const lines: string[] = [];
  console.error = (...all) => lines.push(all.map((each) => Deno.inspect(each)).join(" "));
  return { lines, [Symbol.dispose]: () => console.error = error };
}

const sizedUpload = head("POST / HTTP/1.1", "Host: h", `Content-Length: ${8 * MIB}`) +
  "x".repeat(100_000);
const chunkedUpload = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") +
  chunked("x".repeat(100_000)).slice(0, -"0\r\n\r\n".length);

const GIVEN_UP: readonly (readonly [name: string, raw: string, handler: Deno.ServeHandler])[] = [
  ["too large by its length", sizedUpload, async (each) => new Response(await each.text())],
  ["too large by its chunks", chunkedUpload, async (each) => new Response(await each.text())],
  ["read no further than its first piece", sizedUpload, async (each) => {
    await each.body!.getReader().read();
    return new Response("seen enough");
  }],
];

for (const [name, raw, handler] of GIVEN_UP) {
  onWeir(`a body that is ${name} does not hold the connection`, async (peer) => {
    const limits = { bufferedBodyBytes: 50_000 };
    await using running = start(peer, handler, {
      ...SHORT,
      limits,
      onError: () => new Response("Caught", { status: 413 }),
    });
    using client = await running.connect();
    await client.send(raw);
    assertMatch((await soon(client)).text, /^HTTP\/1\.1 (200|413) [^]*\r\nconnection: close\r\n/);
  });
}

onWeir("a client that ends in the middle of an unread body is let go at once", async (peer) => {
  await using running = start(peer, () => new Response("early"));
  using client = await running.connect();
  await client.send(head("POST / HTTP/1.1", "Host: h", "Content-Length: 100") + "abc");
  await client.closeWrite();
  const { text, end } = await soon(client);
  assertEquals([text.endsWith("\r\n\r\nearly"), end], [true, "clean"]);
});

/** An error that throws itself when it is printed. */
function unprintable(): unknown {
  const error = {
    [Symbol.for("Deno.customInspect")]() {
      throw error;
    },
  };
  return error;
}

/** An error that throws when its class is asked for. */
function unaskable(): unknown {
  return new Proxy({}, {
    getPrototypeOf() {
      throw new Error("Not to be asked");
    },
  });
}

/** Without an `onError` of the test's own the server uses its default. */
const NO_ON_ERROR = { onError: undefined } as unknown as StartOptions;

const RETHROWING: StartOptions = {
  onError: (error) => {
    throw error;
  },
};

for (const [name, options] of [["default", NO_ON_ERROR], ["failing", RETHROWING]] as const) {
  onWeir(`an error that cannot be printed is a 500 with the ${name} onError`, async (peer) => {
    using printed = silence();
    const handler = (each: Request) => {
      if (each.url.endsWith("/bad")) throw unprintable();
      return new Response("fine");
    };
    await using running = start(peer, handler, options);
    using client = await running.connect();
    assertEquals((await client.ask(request({ target: "/bad" }))).status, 500);
    assertEquals((await client.ask(GET)).text, "fine");
    assertEquals(printed.lines.length, 1);
  });
}

onWeir("an error whose class cannot even be asked for costs one connection", async (peer) => {
  using _ = silence();
  const thrown = Promise.withResolvers<void>();
  const handler = async (each: Request) => {
    if (!each.url.endsWith("/bad")) return new Response("fine");
    await new Promise((resolve) => each.signal.addEventListener("abort", resolve));
    thrown.resolve();
    throw unaskable();
  };
  await using running = start(peer, handler);
  using client = await running.connect();
  await client.send(request({ target: "/bad" }));
  await until(() => [...connectionsOf(running)][0]?.state === "handling", "the handler's call");
  client.close();
  await within(thrown.promise, "the handler to hear of it");
  using other = await running.connect();
  assertEquals((await other.ask(GET)).text, "fine");
});

onWeir("a handler that throws after its upgrade has the connection cut", async (peer) => {
  await using running = start(peer, (_each, info) => {
    upgradeOf(info)({ headers: { Upgrade: "raw" } });
    throw new Error("After the upgrade");
  });
  using client = await running.connect();
  await client.send(UPGRADE);
  await soon(client);
  assertEquals(running.errors.map(String), ["Error: After the upgrade"]);
  assertEquals(connectionsOf(running).size, 0);
});

const CONTRADICTIONS: readonly Record<string, string>[] = [
  { "Connection": "keep-alive" },
  { "Connection": "x-own, Keep-Alive" },
  { "Connection": "keep-alive, close" },
  { "Connection": "keep-alive", "Keep-Alive": "timeout=5" },
];

onWeir("a last answer says nothing but close, whatever its handler says", async (peer) => {
  const turn = { at: 0 };
  await using running = start(peer, () => new Response("x", { headers: CONTRADICTIONS[turn.at]! }));
  for (; turn.at < CONTRADICTIONS.length; turn.at++) {
    using client = await running.connect();
    const answer = await client.ask(LAST_GET);
    assertEquals(answer.headers("connection"), ["close"]);
    assertEquals(answer.headers("keep-alive"), []);
    assertEquals((await soon(client)).end, "clean");
  }
});

interface Late {
  readonly name: string;
  readonly options?: StartOptions;
  /** Makes the answer come too late, while its handler is at work. */
  readonly before: (client: WireClient, running: Running) => Promise<void> | void;
}

const LATE: readonly Late[] = [
  {
    name: "the connection was cut",
    before: (_, running) => connectionsOf(running).forEach((each) => each.abort()),
  },
  {
    name: "the handler's time was over",
    options: { timeouts: { handler: 50 } },
    before: async (client) => assertEquals((await client.response()).status, 503),
  },
];

for (const { name, options = {}, before } of LATE) {
  for (const from of ["handler", "onError"] as const) {
    onWeir(`a stream from ${from} is cancelled when ${name}`, async (peer) => {
      const called = Promise.withResolvers<void>();
      const ready = Promise.withResolvers<Response>();
      const late = () => {
        called.resolve();
        return ready.promise;
      };
      const failing = () => {
        throw new Error("To be answered by onError");
      };
      const whole = { ...options, ...(from === "onError" ? { onError: late } : {}) };
      await using running = start(peer, from === "handler" ? late : failing, whole);
      using client = await running.connect();
      await client.send(GET);
      await within(called.promise, "the call");
      await before(client, running);
      const watched = new Watched();
      ready.resolve(new Response(watched.stream));
      await watched.assertCancelled();
    });
  }
}

onWeir("a stream that is returned after an upgrade is cancelled", async (peer) => {
  const watched = new Watched();
  await using running = start(peer, (_each, info) => {
    upgradeOf(info)({ headers: { Upgrade: "raw" } }).close();
    return new Response(watched.stream);
  });
  using client = await running.connect();
  await client.send(UPGRADE);
  await watched.assertCancelled();
});

for (const [name, raw] of [["chunked", chunkedUpload], ["large", sizedUpload]] as const) {
  onWeir(`a stream that answers an unread ${name} body announces the close`, async (peer) => {
    const pieces = () => new Blob(["piece"]).stream();
    await using running = start(peer, () => new Response(pieces()), SHORT);
    using client = await running.connect();
    const answer = await client.ask(raw);
    assertEquals([answer.text, answer.header("connection")], ["piece", "close"]);
    assertEquals((await soon(client)).end, "clean");
  });
}

const NO_TAKEOVER: readonly (readonly [raw: string, statuses: readonly number[]])[] = [
  [UPGRADE, [100, 102, 200, 204, 404, 500]],
  [CONNECT, [100, 101, 199, 300, 404, 500]],
];

for (const [raw, statuses] of NO_TAKEOVER) {
  const method = raw.split(" ")[0]!;
  onWeir(`upgrade() of ${method} throws for statuses that hand nothing over`, async (peer) => {
    await using running = start(peer, (_each, info) => {
      const headers = { Upgrade: "raw" };
      for (const status of statuses) {
        assertThrows(() => upgradeOf(info)({ status, headers }), TypeError);
      }
      return new Response("still HTTP", { status: 403 });
    });
    using client = await running.connect();
    const answer = await client.ask(raw, { method: "GET" });
    assertEquals([answer.status, answer.text], [403, "still HTTP"]);
    assertEquals(running.errors, []);
  });
}

onWeir("the head that hands a connection over announces no body", async (peer) => {
  await using running = start(peer, async (_each, info) => {
    const framing = { "Content-Length": "5", "Transfer-Encoding": "chunked" };
    const headers = { ...framing, "X-Own": "kept", "Upgrade": "raw" };
    const conn = upgradeOf(info)({ headers });
    await conn.write(new TextEncoder().encode("raw"));
    conn.close();
    return new Response();
  });
  for (const raw of [UPGRADE, CONNECT]) {
    using client = await running.connect();
    await client.send(raw);
    const { text } = await soon(client);
    assertMatch(text, /^HTTP\/1\.1 (101|200) [^]*x-own: kept\r\n[^]*\r\n\r\nraw$/i);
    assert(!/content-length|transfer-encoding/i.test(text), text);
  }
});

onWeir("a stream whose first piece is no bytes goes to onError, and is cancelled", async (peer) => {
  const watched = new Watched("text");
  await using running = start(peer, () => new Response(watched.stream));
  using client = await running.connect();
  const answer = await client.ask(GET);
  assertEquals([answer.status, answer.text], [500, "Caught"]);
  assertEquals(running.errors.map((error) => error instanceof TypeError), [true]);
  await watched.assertCancelled();
});
