/**
 * Accepting under a small descriptor limit: a transient error must not end the server.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ChildServer, fixture } from "../support/programs.ts";
import { LAST_GET } from "../support/requests.ts";
import { WEIR } from "../support/servers.ts";
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
