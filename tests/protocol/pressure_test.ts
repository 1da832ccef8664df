/**
 * Clients that take every connection the server may have, over sockets: they keep nobody out.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { GET, head, LAST_GET } from "../support/requests.ts";
import { onWeir, type Running, start, type WeirOptions } from "../support/servers.ts";
import { pause, within } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";

const LIMIT = 40;
const CLIENTS = 80;

type Limits = NonNullable<WeirOptions["limits"]>;

/** What the clients do with their connections. */
const HABITS: Readonly<Record<string, (client: WireClient) => Promise<unknown>>> = {
  "that say nothing": () => Promise.resolve(),
  "that send heads with no end": (client) =>
    client.send(head("GET / HTTP/1.1", "Host: h").slice(0, -2)),
  "that ask once": (client) => client.send(GET),
};

/** Others are answered though the clients have every connection. */
async function isOpenToOthers(running: Running): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    using client = await running.connect();
    const { text } = await within(client.ask(LAST_GET), "a health check to be answered", 5_000);
    assertEquals(text, "ok");
  }
}

for (const [habit, act] of Object.entries(HABITS)) {
  onWeir(
    `${CLIENTS} clients ${habit}, where ${LIMIT} may connect, keep nobody out`,
    async (peer) => {
      const limits = { connections: LIMIT };
      await using running = start(peer, () => new Response("ok"), { limits });
      const clients: WireClient[] = [];
      for (let turn = 0; turn < CLIENTS; turn++) {
        clients.push(await running.connect());
        await act(clients[turn]!);
      }
      await isOpenToOthers(running);
      for (const each of clients) each[Symbol.dispose]();
    },
  );
}

onWeir("with `refuse` as well, a second later", async (peer) => {
  const limits = { connections: LIMIT, overConnections: "refuse" } as unknown as Limits;
  await using running = start(peer, () => new Response("ok"), { limits });
  const clients: WireClient[] = [];
  for (let turn = 0; turn < CLIENTS; turn++) clients.push(await running.connect());
  await pause(1_250);
  await isOpenToOthers(running);
  for (const each of clients) each[Symbol.dispose]();
});

onWeir(
  "under pressure, a client that has its answer gets the end of the stream, and no reset",
  async (peer) => {
    await using running = start(peer, () => new Response("ok"), { limits: { connections: 1 } });
    using client = await running.connect();
    await client.send(GET);
    const remains = await within(client.remains(), "the connection to be closed", 5_000);
    assertEquals([remains.end, /ok$/.test(remains.text)], ["clean", true]);
  },
);
