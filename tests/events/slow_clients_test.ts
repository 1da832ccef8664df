/**
 * Clients that take their events slowly, on real sockets: what they hold back, and what they cost.
 *
 * @module
 */

import type { EventSink } from "../../mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { pause, until, within } from "../support/time.ts";
import { StreamClient, streamServer } from "./stream_client.ts";

const KIB_64 = "x".repeat(65_536);

/** Waits until a number has not changed for a while, and returns it. */
async function resting(read: () => number): Promise<number> {
  let last = -1;
  while (last !== read()) {
    last = read();
    await pause(300);
  }
  return last;
}

Deno.test("a client that reads nothing holds its iterable back, and one that reads gets every event", async () => {
  let made = 0;
  await using server = streamServer(async function* () {
    for (; made < 1_000; made++) yield { id: made, data: KIB_64 };
  }, { timeouts: { write: 0 } });
  using client = await StreamClient.open(server);
  const held = await resting(() => made);
  // What the kernel holds on both sides, some MiB, and one event.
  assert(held > 0 && held < 500, `${held} events`);
  const ids: number[] = [];
  for (let chunk = await client.chunk(); chunk !== null; chunk = await client.chunk()) {
    for (const [, id] of chunk.matchAll(/^id: (\d+)$/gm)) ids.push(Number(id));
  }
  assertEquals(ids, Array.from({ length: 1_000 }, (_, i) => i));
});

Deno.test("a function that sends without waiting fills its buffer and no more; then the stream ends", async () => {
  let sent = 0;
  let refused = false;
  let reason: unknown;
  await using server = streamServer(async ({ send, signal }) => {
    signal.addEventListener("abort", () => reason = signal.reason);
    while (!refused) {
      if (send({ id: sent, data: KIB_64 })) sent++;
      else refused = true;
      await pause(0);
    }
  }, { timeouts: { write: 0 }, maxBufferedBytes: 10 * 65_536 });
  using client = await StreamClient.open(server);
  await until(() => refused, "the full buffer");
  assertStringIncludes(String(reason), "The client is too slow");
  const text = (await client.chunks()).join("");
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  assertEquals(ids, Array.from({ length: sent }, (_, i) => i), "all that was taken arrives");
  assert(/\n\nretry: \d+\n\n\n$/.test(text));
});

Deno.test('with "dropOldest" the stream goes on, with a gap, and in order', async () => {
  const { promise, resolve } = Promise.withResolvers<EventSink>();
  await using server = streamServer((events) => resolve(events), {
    timeouts: { write: 0 },
    maxBufferedBytes: 4 * 65_600,
    onBufferFull: "dropOldest",
  });
  using client = await StreamClient.open(server);
  const { send, flushed, close } = await promise;
  for (let id = 0; id < 400; id++) {
    assertEquals(send({ id, data: KIB_64 }), true);
    if (id % 10 === 0) await pause(0);
  }
  let text = "";
  const reading = async () => {
    for (let chunk = await client.chunk(); chunk !== null; chunk = await client.chunk()) {
      text += chunk;
    }
  };
  const read = reading();
  await flushed();
  send({ id: 400, data: "last" });
  close();
  await within(read, "the end");
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  assert(ids.every((id, at) => at === 0 || id > ids[at - 1]!));
  assert(ids.length < 300, `${ids.length} events`);
  assertEquals(ids.slice(-4), [397, 398, 399, 400]);
});

Deno.test("a function that waits for flushed() goes as fast as its client", async () => {
  let made = 0;
  await using server = streamServer(async ({ send, flushed, signal }) => {
    for (; made < 2_000 && !signal.aborted; made++) {
      send(KIB_64);
      await flushed();
    }
  }, { timeouts: { write: 0 } });
  const client = await StreamClient.open(server);
  const held = await resting(() => made);
  assert(held > 0 && held < 500, `${held} events`);
  client.wire.close();
  await until(() => server.connections.size === 0, "the connection to be gone");
});

Deno.test("a client that takes nothing at all is cut by the time-out for writing", async () => {
  const over = Promise.withResolvers<unknown>();
  await using server = streamServer(async function* ({ signal }) {
    signal.addEventListener("abort", () => over.resolve(signal.reason));
    for (;;) yield await Promise.resolve(KIB_64);
  }, { timeouts: { write: 300 } });
  using client = await StreamClient.open(server);
  const reason = await within(over.promise, "the stream to be cut");
  assertEquals((reason as { code?: string }).code, "peer_gone");
  assert(client.head.startsWith("HTTP/1.1 200"));
});
