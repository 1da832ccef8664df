/**
 * Where Weir is different on purpose: each row shows what Deno.serve does beside what Weir does, so that
 * a change of either is noticed.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { GET, head, LAST_GET, request } from "../support/requests.ts";
import { DENO, type Peer, start, WEIR } from "../support/servers.ts";
import { pause, settles, until, within } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";

interface Difference {
  readonly name: string;
  readonly raw: string;
  /** The status that each sends; `null` for a connection that ends without an answer. */
  readonly deno: number | null;
  readonly weir: number;
}

const CHUNKED_POST = request({ method: "POST", fields: ["Transfer-Encoding: chunked"] });

const DIFFERENCES: readonly Difference[] = [
  { name: "no Host", raw: head("GET / HTTP/1.1"), deno: 200, weir: 400 },
  { name: "an empty Host", raw: head("GET / HTTP/1.1", "Host:"), deno: 200, weir: 400 },
  { name: "a malformed Host", raw: head("GET / HTTP/1.1", "Host: a b"), deno: 200, weir: 400 },
  {
    name: "a Host of which no URL can be made",
    raw: head("GET / HTTP/1.1", "Host: 1.2.3.4.5"),
    deno: 200,
    weir: 400,
  },
  { name: "bare LF as line end", raw: "GET / HTTP/1.1\nHost: h\n\n", deno: 200, weir: 400 },
  {
    name: "a malformed chunk extension",
    raw: CHUNKED_POST + "3;=x\r\nabc\r\n0\r\n\r\n",
    deno: 200,
    weir: 400,
  },
  {
    name: "chunk size padding",
    raw: CHUNKED_POST + "3  \r\nabc\r\n0\r\n\r\n",
    deno: 200,
    weir: 400,
  },
  {
    name: "an unknown Expect",
    raw: request({ body: "abc", fields: ["Expect: a-miracle"] }),
    deno: 200,
    weir: 417,
  },
  {
    name: "an offer of h2c with a body",
    raw: request({
      body: "abc",
      fields: ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA"],
    }),
    deno: 400,
    weir: 200,
  },
  { name: "CONNECT", raw: head("CONNECT h:80 HTTP/1.1", "Host: h:80"), deno: 200, weir: 501 },
  {
    name: "raw UTF-8 in the target",
    raw: request({ target: "/\xc3\xa9" }),
    deno: 200,
    weir: 400,
  },
  {
    name: "Content-Length twice, the same",
    raw: head("POST / HTTP/1.1", "Host: h", "Content-Length: 1", "Content-Length: 1") + "a",
    deno: 200,
    weir: 400,
  },
  {
    name: "HTTP/2.0 in a request line",
    raw: head("GET / HTTP/2.0", "Host: h"),
    deno: 400,
    weir: 505,
  },
];

for (const { name, raw, deno, weir } of DIFFERENCES) {
  for (const [peer, status] of [[DENO, deno], [WEIR, weir]] as const) {
    Deno.test(`${peer.name}, different on purpose: ${name} gives ${status}`, async () => {
      const onError = (error: unknown) => {
        const { status = 500 } = error as { status?: number };
        return new Response(null, { status });
      };
      await using running = start(peer, async (each) => new Response(await each.text()), {
        onError,
      });
      using client = await running.connect();
      assertEquals((await client.ask(raw)).status, status);
    });
  }
}

/** Sends a head that is over each limit of either server. */
async function oversized(peer: Peer, act: (client: WireClient) => Promise<void>): Promise<void> {
  await using running = start(peer, () => new Response("x"));
  using client = await running.connect();
  await client.sendWhileOpen(request({ fields: [`X: ${"x".repeat(200_000)}`] }));
  await act(client);
}

Deno.test("Deno.serve, different on purpose: a head too long gives 400 and a reset", async () => {
  await oversized(DENO, async (client) => {
    assertEquals((await client.remains()).end, "reset");
  });
});

Deno.test("weir, different on purpose: a head too long gives 431 and a clean end", async () => {
  await oversized(WEIR, async (client) => {
    assertEquals((await client.response()).status, 431);
    assertEquals((await client.remains()).end, "clean");
  });
});

for (const [peer, sends] of [[DENO, true], [WEIR, false]] as const) {
  Deno.test(`${peer.name}, different on purpose: 100 Continue before a read: ${sends}`, async () => {
    const gate = Promise.withResolvers<void>();
    await using running = start(peer, async (each) => {
      await gate.promise;
      return new Response(await each.text());
    });
    using client = await running.connect();
    await client.send(
      head("POST / HTTP/1.1", "Host: h", "Content-Length: 3", "Expect: 100-continue"),
    );
    const interim = client.response();
    const early = await settles(interim, 50);
    gate.resolve();
    assertEquals([early, (await interim).status], [sends, 100]);
    await client.send("abc");
    assertEquals((await client.response()).text, "abc");
  });
}

for (const [peer, framed] of [[DENO, false], [WEIR, true]] as const) {
  // RFC 9112 §6.3: without a length curl and Python wait for the connection to end.
  Deno.test(`${peer.name}, different on purpose: a 205 is framed as empty: ${framed}`, async () => {
    await using running = start(peer, () => new Response(null, { status: 205 }));
    using client = await running.connect();
    await client.send(GET);
    assertEquals(/content-length: 0|\r\n0\r\n\r\n$/i.test(await client.readOnce()), framed);
    await client.send(GET);
    assertMatch(await client.readOnce(), /^HTTP\/1\.1 205 /);
  });
}

for (const [peer, aborts] of [[DENO, true], [WEIR, false]] as const) {
  Deno.test(`${peer.name}, different on purpose: signal aborts after the answer: ${aborts}`, async () => {
    const signals: AbortSignal[] = [];
    await using running = start(peer, ({ signal }) => {
      signals.push(signal);
      return new Response("x");
    });
    {
      using client = await running.connect();
      await client.ask(GET);
      await client.ask(GET);
    }
    await pause(20);
    assertEquals(signals.map(({ aborted }) => aborted), [aborts, aborts]);
  });
}

for (const [peer, answers] of [[DENO, false], [WEIR, true]] as const) {
  Deno.test(`${peer.name}, different on purpose: a half-closed client is answered: ${answers}`, async () => {
    const aborted = Promise.withResolvers<void>();
    await using running = start(peer, async ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      await aborted.promise;
      return new Response("late");
    });
    using client = await running.connect();
    await client.send(GET);
    await client.closeWrite();
    await within(aborted.promise, "the signal");
    const { text, end } = await client.remains();
    assertMatch(text, answers ? /^HTTP\/1\.1 200 OK\r\n[^]*\r\nlate$/ : /^$/);
    assertEquals(end, "clean");
  });
}

for (const [peer, outcome] of [[DENO, "resolved"], [WEIR, "rejected"]] as const) {
  Deno.test(`${peer.name}, different on purpose: completed is ${outcome} for a client that left`, async () => {
    const settled: Promise<string>[] = [];
    await using running = start(peer, (_each, { completed }) => {
      settled.push(completed.then(() => "resolved", () => "rejected"));
      return new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(65_536)) }));
    });
    const client = await running.connect();
    await client.send(GET);
    await client.readOnce();
    client.close();
    assertEquals(await within(settled[0]!, "completed"), outcome);
  });
}

for (const [peer, answers] of [[DENO, 2], [WEIR, 1]] as const) {
  Deno.test(`${peer.name}, different on purpose: a handler's Connection: close leaves ${answers}`, async () => {
    let calls = 0;
    await using running = start(peer, () => {
      calls++;
      return new Response("x", { headers: { "Connection": "close" } });
    });
    using client = await running.connect();
    await client.send(GET + LAST_GET);
    assertEquals((await client.response()).header("connection"), "close");
    const { text, end } = await client.remains();
    assertEquals([calls, text.startsWith("HTTP/1.1 200 OK"), end], [
      answers,
      answers === 2,
      "clean",
    ]);
  });
}

Deno.test("weir, different on purpose: a client that leaves in mid-body aborts the signal", async () => {
  const entered = Promise.withResolvers<void>();
  const outcomes: string[] = [];
  await using running = start(WEIR, async (each) => {
    each.signal.addEventListener("abort", () => outcomes.push("aborted"));
    const reading = each.text().catch(() => outcomes.push("rejected"));
    entered.resolve();
    await reading;
    return new Response();
  });
  const client = await running.connect();
  await client.send(head("POST / HTTP/1.1", "Host: h", "Content-Length: 9") + "ab");
  await entered.promise;
  client.close();
  await until(() => outcomes.length === 2, "the signal and the read");
  assertEquals(outcomes.sort(), ["aborted", "rejected"]);
});
