/**
 * No reset on the way out, RFC 9112 §9.6: a client that sends more than the server reads still gets its
 * whole answer and a clean end of stream.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { GET, head, LAST_GET, request } from "../support/requests.ts";
import { onWeir, start } from "../support/servers.ts";
import { pause } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";

const TWENTY = Array.from({ length: 20 }, (_, id) => id);
const GARBAGE = "\x00garbage, not HTTP\xff ".repeat(10_000);
const BODY = "answer ".repeat(2_000);

/** What a client that first writes everything and then reads gets. */
async function outcome(client: WireClient, raw: string): Promise<string> {
  await client.sendWhileOpen(raw);
  const { text, end } = await client.remains();
  return `${text.slice(9, 12)} ${text.endsWith(BODY) ? "whole" : text.split("\r\n\r\n")[1]} ${end}`;
}

const CLIENTS: readonly (readonly [name: string, raw: string, expected: string])[] = [
  ["100 KB after Connection: close", LAST_GET + "x".repeat(100_000), "200 whole clean"],
  ["100 KB of requests after Connection: close", LAST_GET + GET.repeat(4_000), "200 whole clean"],
  ["100 KB after HTTP/1.0", head("GET / HTTP/1.0") + "x".repeat(100_000), "200 whole clean"],
  ["200 KB of garbage", GARBAGE, "400  clean"],
  [
    "200 KB of garbage after a request",
    request({ fields: ["Connection: close"] }) + GARBAGE,
    "200 whole clean",
  ],
  [
    "1 MB of a body that nobody reads",
    head("POST / HTTP/1.1", "Host: h", "Content-Length: 1000000") + "x".repeat(1_000_000),
    "200 whole clean",
  ],
  [
    "half of a body that nobody reads",
    head("POST / HTTP/1.1", "Host: h", "Content-Length: 1000000") + "x".repeat(500_000),
    "200 whole clean",
  ],
];

for (const [name, raw, expected] of CLIENTS) {
  onWeir(`twenty clients with ${name} all get their answer and no reset`, async (peer) => {
    await using running = start(peer, () => new Response(BODY));
    const outcomes = await Promise.all(TWENTY.map(async () => {
      using client = await running.connect();
      const got = await outcome(client, raw);
      // The text of an error answer is the server's own affair.
      return expected.startsWith("4") ? got.replace(/ [^]* /, "  ") : got;
    }));
    assertEquals(outcomes, TWENTY.map(() => expected));
  });
}

onWeir("a client that goes on sending for ever is let go in the end", async (peer) => {
  await using running = start(peer, () => new Response("x"), { timeouts: { linger: 200 } });
  using client = await running.connect();
  await client.send(LAST_GET);
  assertEquals((await client.response()).text, "x");
  const started = performance.now();
  let ended = false;
  while (!ended && performance.now() - started < 5_000) {
    ended = await client.send("x".repeat(1_000)).then(() => false, () => true);
  }
  assertEquals(ended, true);
});

onWeir("half-closed clients are answered", async (peer) => {
  await using running = start(peer, () => new Response(BODY));
  await Promise.all(TWENTY.map(async () => {
    using client = await running.connect();
    await client.send(GET);
    await client.closeWrite();
    const { text, end } = await client.remains();
    assertMatch(text, /^HTTP\/1\.1 200 OK\r\n/);
    assertEquals([text.endsWith(BODY), end], [true, "clean"]);
  }));
});

onWeir("half-closed clients get a streamed answer to its end, also a slow one", async (peer) => {
  const handler = () => {
    let turn = 0;
    const pull = async (to: ReadableStreamDefaultController) => {
      if (turn++ === 3) return to.close();
      await pause(150);
      to.enqueue(new TextEncoder().encode(`piece ${turn} `));
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  };
  await using running = start(peer, handler, { timeouts: { linger: 100 } });
  using client = await running.connect();
  await client.send(GET);
  await client.closeWrite();
  assertEquals((await client.response()).text, "piece 1 piece 2 piece 3 ");
});

onWeir("a client that opens and closes without a byte gets a clean end", async (peer) => {
  await using running = start(peer, () => new Response("x"));
  using client = await running.connect();
  await client.closeWrite();
  assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
});

onWeir("a client that closes in the middle of a head is no request", async (peer) => {
  let calls = 0;
  await using running = start(peer, () => {
    calls++;
    return new Response("x");
  });
  using client = await running.connect();
  await client.send(GET.slice(0, -2));
  await client.closeWrite();
  assertEquals((await client.remains()).end, "clean");
  assertEquals(calls, 0);
});
