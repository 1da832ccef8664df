/**
 * Accepting under a small descriptor limit, and of connections that are gone already: neither may end the
 * server.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ChildServer, fixture, withProgram } from "../support/programs.ts";
import { LAST_GET } from "../support/requests.ts";
import { start, WEIR } from "../support/servers.ts";
import { within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const CLIENTS = 200;
const DESCRIPTORS = 64;

Deno.test(`weir: ${DESCRIPTORS} descriptors serve ${CLIENTS} clients in the end`, async () => {
  const command = `ulimit -n ${DESCRIPTORS}; exec deno run --no-prompt --allow-net "$@"`;
  await using child = ChildServer.spawn("sh", [
    "-c",
    command,
    "sh",
    fixture("emfile_server.ts"),
    WEIR.name,
  ]);
  const port = await child.port();
  // All of them are connected, as far as the backlog goes, before the first one asks.
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => WireClient.connect(port)),
  );
  const texts = await within(
    Promise.all(clients.map(async (client) => {
      using held = client;
      return (await held.ask(LAST_GET)).text;
    })),
    "all clients to be served",
    20_000,
  );
  assertEquals(texts.filter((text) => text === "ok").length, CLIENTS);
  const stderr = await child.end();
  const reports = stderr.match(/Too many open files/g)?.length ?? 0;
  assert(reports > 0 && reports < 20, `Reported ${reports} times, and not once for each try`);
});

/** Connections that are reset as soon as they are there: no linger, no bytes. */
const RESETS = `
import socket, struct, sys
for turn in range(50):
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
`;

withProgram(
  "python3",
  "weir: connections reset before they are accepted are skipped",
  async () => {
    await using running = start(WEIR, () => new Response("ok"));
    // Synchronous, so that the server cannot accept any of them before all are gone.
    const args = ["-c", RESETS, String(running.port)];
    const { success, stderr } = new Deno.Command("python3", { args }).outputSync();
    assert(success, new TextDecoder().decode(stderr));
    using client = await running.connect();
    assertEquals((await client.ask(LAST_GET)).text, "ok");
  },
);
