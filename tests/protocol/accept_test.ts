/**
 * Accepting under a small descriptor limit, and of connections that are gone already: neither may end the
 * server.
 *
 * @module
 */

import { denoListen } from "../../reactor/deno_ports.ts";
import type { AcceptFailure } from "../../reactor/ports.ts";
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

const withCode = (code: string) => Object.assign(new Error(code), { code });

/** Errors that an accept may throw, and what they say of the listener. */
const FAILURES: readonly (readonly [error: unknown, failure: AcceptFailure])[] = [
  [withCode("EBADF"), "fatal"],
  [withCode("ENOTSOCK"), "fatal"],
  [new Deno.errors.BadResource("Listener has been closed"), "closed"],
  [withCode("EMFILE"), "exhausted"],
  [withCode("ENFILE"), "exhausted"],
  [withCode("ENOBUFS"), "transient"],
  [withCode("ENOMEM"), "transient"],
  [withCode("EPROTO"), "transient"],
  [withCode("EPERM"), "transient"],
  // macOS has it for the addresses of a connection that was reset.
  [withCode("EINVAL"), "transient"],
  [withCode("EOPNOTSUPP"), "transient"],
  [withCode("ENOBODYKNOWS"), "transient"],
  [new Error("Without a code"), "transient"],
  [new TypeError("Without a code"), "transient"],
  [new Deno.errors.Interrupted("Without a code"), "transient"],
  [Object.assign(new Error("A code that is no name"), { code: 24 }), "transient"],
  ["no error at all", "transient"],
  [null, "transient"],
  [undefined, "transient"],
];

Deno.test("only what is known to be final ends a listener", async () => {
  const folder = await Deno.makeTempDir();
  const listeners = [
    denoListen({ kind: "tcp", hostname: "127.0.0.1", port: 0, reusePort: false, tcpBacklog: 8 }),
    denoListen({ kind: "unix", path: `${folder}/socket` }),
  ];
  try {
    for (const listener of listeners) {
      const { transport } = listener.addr;
      for (const [error, failure] of FAILURES) {
        assertEquals(listener.classify(error), failure, `${transport}: ${Deno.inspect(error)}`);
      }
    }
  } finally {
    for (const listener of listeners) listener.close();
    await Deno.remove(folder, { recursive: true });
  }
});
