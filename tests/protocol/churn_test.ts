/**
 * Connections that end in every way, many of them: nothing of them is left.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { GET, head, LAST_GET, request } from "../support/requests.ts";
import { openDescriptors } from "../support/sampling.ts";
import { onWeir, type Running, start } from "../support/servers.ts";
import { eachOf, until } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";

const ROUNDS = 40;
const UPLOAD = head("POST /upload HTTP/1.1", "Host: h", "Content-Length: 100000");
const STREAM = request({ target: "/stream" });

const ENDINGS: Readonly<Record<string, (client: WireClient) => Promise<unknown>>> = {
  "without a byte": () => Promise.resolve(),
  "in the middle of a head": (client) => client.send(GET.slice(0, 20)),
  "after an answer": (client) => client.ask(GET),
  "with an answer unread, so by a reset": (client) => client.send(GET),
  "in the middle of an upload": (client) => client.send(UPLOAD + "x".repeat(5_000)),
  "in the middle of an answer": async (client) => {
    await client.send(STREAM);
    await client.readOnce();
  },
  "by half a close": async (client) => {
    await client.send(GET);
    await client.closeWrite();
    await client.remains();
  },
  "by half a close in the middle of a head": async (client) => {
    await client.send(GET.slice(0, 20));
    await client.closeWrite();
    await client.remains();
  },
  "by Connection: close": async (client) => {
    await client.send(LAST_GET);
    await client.remains();
  },
  "by a bad request": async (client) => {
    await client.send("BAD\r\n\r\n");
    await client.remains();
  },
  "by a bad request without waiting": (client) => client.send("BAD\r\n\r\n"),
};

async function app(asked: Request): Promise<Response> {
  if (asked.url.endsWith("/stream")) {
    const pull = (to: ReadableStreamDefaultController) => to.enqueue(new Uint8Array(16_384));
    return new Response(new ReadableStream({ pull }));
  }
  return new Response(await asked.text());
}

/** The live connections of a Weir server. */
function connectionsOf(running: Running): { readonly size: number } {
  return (running.server as unknown as { connections: { readonly size: number } }).connections;
}

onWeir("connections that end in every way leave nothing behind", async (peer) => {
  await using running = start(peer, app);
  const connections = connectionsOf(running);
  const before = await openDescriptors();
  for (const [name, act] of Object.entries(ENDINGS)) {
    await eachOf(Array.from({ length: ROUNDS }), async () => {
      using client = await running.connect();
      await act(client);
    });
    await until(() => connections.size === 0, `the connections that ended ${name} to be gone`);
  }
  const after = await openDescriptors();
  assert(after <= before, `${before} descriptors before, ${after} after`);
  using client = await running.connect();
  assertEquals((await client.ask(GET)).status, 200);
  assertEquals(connections.size, 1);
});
