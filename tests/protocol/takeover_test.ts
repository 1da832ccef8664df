/**
 * A handler that takes the connection over, by an upgrade or a CONNECT: from then on the bytes are its
 * own, in both directions, beginning with those after the request.
 *
 * @module
 */

import { assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { GET, head, request } from "../support/requests.ts";
import { onWeir, type Running, start } from "../support/servers.ts";
import { within } from "../support/time.ts";
import { type RawConn, upgradeOf } from "../support/upgrade.ts";

const UPGRADE = request({ fields: ["Connection: Upgrade", "Upgrade: shout"] });
const CONNECT = head("CONNECT a:80 HTTP/1.1", "Host: a:80");

/** Sends back in capitals what comes, until the client ends. */
async function shout(conn: RawConn): Promise<void> {
  const into = new Uint8Array(1024);
  for (let length = await conn.read(into); length !== null; length = await conn.read(into)) {
    const text = new TextDecoder().decode(into.subarray(0, length)).toUpperCase();
    await conn.write(new TextEncoder().encode(text));
  }
  conn.close();
}

/** A server whose handler takes over every request that can be. */
function startShouting(peer: Parameters<typeof start>[0], urls: string[]): Running {
  return start(peer, (each, info) => {
    urls.push(each.url);
    const headers = each.method === "CONNECT"
      ? {}
      : { "Upgrade": "shout", "Connection": "Upgrade" };
    shout(upgradeOf(info)({ headers })).catch(() => {});
    return new Response("not sent");
  });
}

const TAKEOVERS: readonly (readonly [name: string, raw: string, head: RegExp, url: string])[] = [
  [
    "an upgrade",
    UPGRADE,
    /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*upgrade: shout\r\n/i,
    "http://h/",
  ],
  ["CONNECT", CONNECT, /^HTTP\/1\.1 200 OK\r\n/, "http://a:80"],
];

for (const [name, raw, expected, url] of TAKEOVERS) {
  onWeir(`${name} hands the connection over, with the bytes after the request`, async (peer) => {
    const urls: string[] = [];
    await using running = startShouting(peer, urls);
    using client = await running.connect();
    await client.send(`${raw}early `);
    let text = "";
    while (!text.endsWith("EARLY ")) text += await client.readOnce();
    assertMatch(text, expected);
    assertMatch(text, /^[^]*?\r\n\r\nEARLY $/);
    await client.send(GET);
    assertEquals(await client.exactly(GET.length), new TextEncoder().encode(GET.toUpperCase()));
    await client.closeWrite();
    assertEquals((await client.remains()).end, "clean");
    assertEquals(urls, [url]);
  });
}

onWeir("a request that did not ask cannot be upgraded", async (peer) => {
  await using running = start(peer, (_each, info) => {
    assertThrows(() => upgradeOf(info)(), TypeError);
    return new Response("plain");
  });
  using client = await running.connect();
  assertEquals((await client.ask(GET)).text, "plain");
  assertEquals((await client.ask(GET)).text, "plain");
});

onWeir("shutdown does not wait for ever for a connection that was taken over", async (peer) => {
  await using running = startShouting(peer, []);
  using client = await running.connect();
  await client.send(UPGRADE);
  await client.readOnce();
  const soon = { deadline: 50, grace: 50 };
  const shutdown = running.server.shutdown as (times: typeof soon) => Promise<unknown>;
  await within(shutdown.call(running.server, soon), "the shutdown", 1_000);
  await client.remains();
});
