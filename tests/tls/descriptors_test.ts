/**
 * No client of TLS keeps a descriptor for longer than the time-outs say: not with half a handshake, and not
 * by reading nothing of a long answer.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { ChildServer, run } from "../support/programs.ts";
import { descriptorsOf } from "../support/sampling.ts";
import { pause, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { Office } from "./certificates.ts";
import { pair } from "./server.ts";

const DESCRIPTORS = 256;
const HALF_HANDSHAKES = 2_000;
/** More than there are descriptors. */
const AT_A_TIME = 400;

/** The beginning of a ClientHello, of different lengths; "" says nothing at all. */
const HALVES = ["", "\x16", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "a".repeat(40)];

const PROGRAM = new URL("./server_program.ts", import.meta.url).pathname;

function spawn(options: object): ChildServer {
  return ChildServer.spawn("sh", [
    ...["-c", `ulimit -n ${DESCRIPTORS}; exec deno run --no-prompt --no-check --allow-net "$@"`],
    ...["sh", PROGRAM, JSON.stringify(options)],
  ]);
}

/** Waits until the server has no more descriptors open than that. */
async function untilFree({ pid }: ChildServer, most: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await descriptorsOf(pid) <= most) return;
    await pause(50);
  }
  assert(false, `${await descriptorsOf(pid)} descriptors are open, more than ${most}`);
}

function fetched(port: number, certPath: string, path = "/"): Promise<string> {
  const args = ["-sS", "--max-time", "15", "--cacert", certPath];
  return run("curl", [...args, `https://127.0.0.1:${port}${path}`]).then(({ stdout }) => stdout);
}

Deno.test(`${HALF_HANDSHAKES} half handshakes are no match for ${DESCRIPTORS} descriptors`, async () => {
  await using office = new Office();
  const own = await office.make({ name: "own", alternatives: ["IP:127.0.0.1"] });
  await using child = spawn({ ...pair(own), timeouts: { handshake: 200 } });
  const port = await child.port();
  assertEquals(await fetched(port, own.certPath), "xx");
  // The runtime opens a few of its own now and then.
  const before = await descriptorsOf(child.pid) + 5;
  for (let made = 0; made < HALF_HANDSHAKES; made += AT_A_TIME) {
    const clients = await Promise.all(
      Array.from({ length: AT_A_TIME }, () => WireClient.connect(port)),
    );
    await Promise.all(clients.map((client, index) => client.send(HALVES[index % HALVES.length]!)));
    // The client holds its end open; the server lets go of its own.
    await within(
      Promise.all(clients.map((client) => client.remains())),
      "all to be closed",
      30_000,
    );
    for (const client of clients) client.close();
  }
  assertEquals(await fetched(port, own.certPath), "xx");
  await untilFree(child, before);
  const stderr = await child.end();
  assert(!stderr.includes("Uncaught"), stderr);
});

Deno.test("a client that reads nothing of a long answer is cut by timeouts.write", async () => {
  await using office = new Office();
  const own = await office.make({ name: "own", alternatives: ["IP:127.0.0.1"] });
  await using child = spawn({
    ...pair(own),
    timeouts: { write: 300 },
    limits: { writeRate: 50_000_000 },
  });
  const port = await child.port();
  assertEquals(await fetched(port, own.certPath), "xx");
  // The runtime opens a few of its own now and then.
  const before = await descriptorsOf(child.pid) + 5;
  const conns = await Promise.all(Array.from({ length: 20 }, async () => {
    const conn = await Deno.connectTls({
      hostname: "127.0.0.1",
      port,
      caCerts: [own.cert],
    });
    await conn.write(new TextEncoder().encode("GET /8000000 HTTP/1.1\r\nHost: h\r\n\r\n"));
    return conn;
  }));
  await untilFree(child, before);
  for (const conn of conns) conn.close();
  const long = await fetched(port, own.certPath, "/5000000");
  assertEquals(long.length, 5_000_000);
  assertStringIncludes(await fetched(port, own.certPath), "xx");
});
