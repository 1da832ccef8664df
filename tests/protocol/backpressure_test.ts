/**
 * No client can fill the server's memory: reads stop while nothing takes the bytes, pulls stop
 * while the client takes none.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { GET, head, request } from "../support/requests.ts";
import { onWeir, start } from "../support/servers.ts";
import { residentBytes } from "../support/sampling.ts";
import { pause, settles } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";

const MIB = 1024 * 1024;
/** What Linux lets the two ends of a loopback connection hold: tcp_wmem 4 MiB, tcp_rmem 6 MiB. */
const KERNEL_BYTES = 10 * MIB;
/** What the server may hold on top of it. */
const SERVER_BYTES = 2 * MIB;
const TRIED_BYTES = 64 * MIB;

/** Sends `piece` again and again until the server takes no more for 300 ms; the number of bytes taken. */
async function push(client: WireClient, piece: Uint8Array<ArrayBuffer>): Promise<number> {
  let sent = 0;
  while (sent < TRIED_BYTES) {
    const sending = client.sendWhileOpen(piece);
    if (!await settles(sending, 300)) break;
    sent += piece.length;
  }
  return sent;
}

const FLOODS: readonly (readonly [name: string, first: string, piece: string])[] = [
  [
    "an upload that nobody reads",
    head("POST / HTTP/1.1", "Host: h", `Content-Length: ${1024 * MIB}`),
    "x".repeat(65_536),
  ],
  [
    "a chunked upload that nobody reads",
    head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked"),
    `fff0\r\n${"x".repeat(0xfff0)}\r\n`,
  ],
  ["requests after a pending one", GET, request({ fields: [`X: ${"x".repeat(900)}`] }).repeat(64)],
  ["small requests after a pending one", GET, GET.repeat(2_000)],
  ["garbage after a pending request", GET, "\0".repeat(65_536)],
];

for (const [name, first, piece] of FLOODS) {
  onWeir(`${name}: reads stop at a bound`, async (peer) => {
    const gate = Promise.withResolvers<void>();
    await using running = start(peer, async () => {
      await gate.promise;
      return new Response("x");
    });
    using client = await running.connect();
    await client.send(first);
    const before = residentBytes();
    const sent = await push(client, new TextEncoder().encode(piece));
    const grown = residentBytes() - before;
    client.close();
    gate.resolve();
    assert(sent < SERVER_BYTES + KERNEL_BYTES, `${sent} bytes taken`);
    assert(grown < 16 * MIB, `${grown} bytes of memory`);
  });
}

onWeir("an upload that is read slowly comes through whole", async (peer) => {
  const bytes = 32 * MIB;
  await using running = start(peer, async (each) => {
    let got = 0;
    for await (const chunk of each.body!) {
      if (got === 0) await pause(100);
      got += chunk.length;
    }
    return new Response(String(got));
  });
  using client = await running.connect();
  await client.send(head("POST / HTTP/1.1", "Host: h", `Content-Length: ${bytes}`));
  const piece = new Uint8Array(MIB);
  for (let sent = 0; sent < bytes; sent += piece.length) await client.send(piece);
  assertEquals((await client.response()).text, String(bytes));
});

onWeir("a slow reader stops the pulls of a response stream", async (peer) => {
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (pulled === TRIED_BYTES) return controller.close();
      pulled += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  await using running = start(peer, () => new Response(body));
  using client = await running.connect();
  await client.send(GET);
  await pause(300);
  const held = pulled;
  await pause(100);
  assertEquals(pulled, held, "Pulls stop");
  assert(held < SERVER_BYTES + KERNEL_BYTES, `${held} bytes pulled`);
  assertEquals((await client.response()).body.length, TRIED_BYTES);
  assertEquals(pulled, TRIED_BYTES);
});

const LARGE: Readonly<Record<string, () => Response>> = {
  "string": () => new Response("x".repeat(16 * MIB)),
  "byte": () => new Response(new Uint8Array(16 * MIB)),
};

for (const [name, make] of Object.entries(LARGE)) {
  onWeir(`a ${name} body larger than all buffers comes through a slow reader`, async (peer) => {
    await using running = start(peer, make);
    using client = await running.connect();
    await client.send(GET);
    await pause(100);
    assertEquals((await client.response()).body.length, 16 * MIB);
    assertEquals((await client.ask(request({ method: "HEAD" }))).status, 200);
  });
}

onWeir("a client that does not read stops the answering of pipelined requests", async (peer) => {
  let calls = 0;
  await using running = start(peer, () => {
    calls++;
    return new Response("x".repeat(65_536));
  });
  using client = await running.connect();
  await push(client, new TextEncoder().encode(GET.repeat(10)));
  const held = calls;
  assert(held * 65_536 < SERVER_BYTES + KERNEL_BYTES, `${held} answers of 64 KiB`);
});
