/**
 * What happens on one connection: pipelining, keep-alive, unread bodies, HTTP/1.0, upgrades, and a client
 * that leaves.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { chunked, GET, head, LAST_GET, request } from "../support/requests.ts";
import { onBoth, start } from "../support/servers.ts";
import { pause, until, within } from "../support/time.ts";

const target = (each: Request) => new Response(new URL(each.url).pathname);

onBoth("pipelined requests run one after another, and are answered in order", async (peer) => {
  let running = 0;
  let most = 0;
  await using server = start(peer, async (each) => {
    most = Math.max(most, ++running);
    // The first ones take longest: answers out of order would show.
    await pause(10 - Number(new URL(each.url).pathname.slice(1)));
    running--;
    return target(each);
  });
  using client = await server.connect();
  const paths = Array.from({ length: 8 }, (_, turn) => `/${turn}`);
  await client.send(paths.map((path) => request({ target: path })).join(""));
  for (const path of paths) assertEquals((await client.response()).text, path);
  assertEquals(most, 1);
});

onBoth("a connection is kept over many requests", async (peer) => {
  const ports = new Set<number>();
  await using server = start(peer, (_each, info) => {
    ports.add((info.remoteAddr as Deno.NetAddr).port);
    return new Response("x");
  });
  using client = await server.connect();
  for (let turn = 0; turn < 50; turn++) {
    assertEquals((await client.ask(GET)).header("connection"), null);
  }
  assertEquals(ports.size, 1);
});

const UNREAD: Readonly<Record<string, string>> = {
  "a small body": request({ body: "abc" }),
  "a small chunked body": request({ method: "POST", fields: ["Transfer-Encoding: chunked"] }) +
    chunked("abc"),
  "a body that looks like a request": request({ body: GET }),
};

for (const [name, raw] of Object.entries(UNREAD)) {
  onBoth(`${name} that is there and not read keeps the connection`, async (peer) => {
    const methods: string[] = [];
    await using server = start(peer, (each) => {
      methods.push(each.method);
      return new Response("x");
    });
    using client = await server.connect();
    await client.send(raw + LAST_GET);
    assertEquals((await client.response()).header("connection"), null);
    assertEquals((await client.response()).status, 200);
    assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
    assertEquals(methods, ["POST", "GET"]);
  });
}

onBoth(
  "a body that is not there closes the connection, and is no request when it comes",
  async (peer) => {
    const methods: string[] = [];
    await using server = start(peer, (each) => {
      methods.push(each.method);
      return new Response("x");
    });
    using client = await server.connect();
    await client.send(head("POST / HTTP/1.1", "Host: h", `Content-Length: ${GET.length}`));
    assertEquals((await client.response()).header("connection"), "close");
    await client.sendWhileOpen(GET + GET);
    await client.remains();
    assertEquals(methods, ["POST"]);
  },
);

const KEEPING: readonly (readonly [name: string, raw: string, keeps: boolean])[] = [
  ["HTTP/1.1", request(), true],
  ["HTTP/1.1 with close", request({ fields: ["Connection: close"] }), false],
  [
    "HTTP/1.1 with close among others, in capitals",
    request({ fields: ["Connection: foo, CLOSE"] }),
    false,
  ],
  [
    "HTTP/1.1 with close in a second line",
    request({ fields: ["Connection: foo", "Connection: close"] }),
    false,
  ],
  ["HTTP/1.0", request({ version: "1.0" }), false],
  [
    "HTTP/1.0 with keep-alive",
    request({ version: "1.0", fields: ["Connection: Keep-Alive"] }),
    true,
  ],
];

for (const [name, raw, keeps] of KEEPING) {
  onBoth(`${name} ${keeps ? "keeps" : "closes"} the connection`, async (peer) => {
    await using server = start(peer, () => new Response("x"));
    using client = await server.connect();
    const answer = await client.ask(raw);
    const old = raw.includes("HTTP/1.0");
    assertEquals([answer.version, answer.text], [old ? "HTTP/1.0" : "HTTP/1.1", "x"]);
    if (keeps) {
      assertEquals(answer.header("connection"), old ? "keep-alive" : null);
      assertEquals((await client.ask(raw)).text, "x");
    } else {
      assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
    }
  });
}

for (const fields of [[], ["Connection: keep-alive"]]) {
  onBoth(
    `a stream to HTTP/1.0 ${fields} is not chunked, and ends with the connection`,
    async (peer) => {
      await using server = start(peer, () => new Response(new Blob(["hello"]).stream()));
      using client = await server.connect();
      const answer = await client.ask(request({ version: "1.0", fields }));
      assertEquals([answer.version, answer.framing, answer.text], ["HTTP/1.0", "close", "hello"]);
    },
  );
}

onBoth("an upgrade together with a body is a bad request", async (peer) => {
  await using server = start(peer, () => new Response("never"));
  using client = await server.connect();
  const fields = ["Connection: Upgrade", "Upgrade: foo"];
  assertEquals((await client.ask(request({ body: "abc", fields }))).status, 400);
  assertEquals((await client.remains()).end, "clean");
});

onBoth("an upgrade that the handler ignores is an ordinary request", async (peer) => {
  await using server = start(peer, (each) => new Response(each.headers.get("upgrade")));
  using client = await server.connect();
  const fields = ["Connection: Upgrade", "Upgrade: foo"];
  assertEquals((await client.ask(request({ fields }))).text, "foo");
  assertEquals((await client.ask(request({ fields }))).text, "foo");
});

for (const between of ["", GET]) {
  onBoth(
    `one CRLF before a ${between ? "second" : "first"} request line is skipped`,
    async (peer) => {
      await using server = start(peer, target);
      using client = await server.connect();
      await client.send(between + "\r\n" + request({ target: "/after" }));
      if (between) assertEquals((await client.response()).text, "/");
      assertEquals((await client.response()).text, "/after");
    },
  );
}

onBoth("a client that leaves while the handler waits aborts request.signal", async (peer) => {
  const entered = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<unknown>();
  await using server = start(peer, async ({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve(signal.reason));
    entered.resolve();
    await aborted.promise;
    return new Response();
  });
  const client = await server.connect();
  await client.send(GET);
  await entered.promise;
  client.close();
  const reason = await within(aborted.promise, "the signal");
  assert(reason instanceof Error || reason instanceof DOMException);
  assertEquals(reason.name, "AbortError");
});

const PULLS: Readonly<
  Record<string, (controller: ReadableStreamDefaultController) => Promise<void>>
> = {
  "that has more": async (controller) => {
    await pause(1);
    controller.enqueue(new Uint8Array(1000));
  },
  "that waits": () => new Promise<void>(() => {}),
};

for (const [name, pull] of Object.entries(PULLS)) {
  onBoth(`a client that leaves cancels a response stream ${name}`, async (peer) => {
    const cancelled = Promise.withResolvers<unknown>();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1000)),
      pull,
      cancel: cancelled.resolve,
    });
    await using server = start(peer, () => new Response(body));
    const client = await server.connect();
    await client.send(GET);
    await client.readOnce();
    client.close();
    assertEquals(await within(cancelled.promise, "the cancel"), "resource closed");
  });
}

onBoth("a client that left before the answer has its stream cancelled", async (peer) => {
  const aborted = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<unknown>();
  await using server = start(peer, async ({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    entered.resolve();
    await aborted.promise;
    return new Response(new ReadableStream({ cancel: cancelled.resolve }));
  });
  const client = await server.connect();
  await client.send(GET);
  await entered.promise;
  client.close();
  assertEquals(await within(cancelled.promise, "the cancel"), "resource closed");
});

onBoth("one connection's end does not touch another's", async (peer) => {
  const entered: string[] = [];
  const gate = Promise.withResolvers<void>();
  await using server = start(peer, async (each) => {
    entered.push(each.url);
    await gate.promise;
    return target(each);
  });
  using stays = await server.connect();
  const leaves = await server.connect();
  await Promise.all([
    stays.send(request({ target: "/stays" })),
    leaves.send(request({ target: "/leaves" })),
  ]);
  await until(() => entered.length === 2, "both handlers");
  leaves.close();
  gate.resolve();
  assertEquals((await stays.response()).text, "/stays");
  assertEquals((await stays.ask(request({ target: "/again" }))).text, "/again");
});
