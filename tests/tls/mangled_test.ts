/**
 * Whatever arrives in the place of TLS, at whatever point, costs its own connection and nothing else: a real
 * client's bytes with one of them changed, one left out, or the end too early.
 *
 * @module
 */

import type { CloseReason } from "../../mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { settles, until } from "../support/time.ts";
import { Office } from "./certificates.ts";
import { pair, sClient, tlsServer } from "./server.ts";

const CASES = 1_000;
const AT_A_TIME = 50;
const SEED = 20_261_201;

/** What is done to the client's bytes, at a place in them. */
type Mangling = "flip" | "omit" | "end" | "reset";
const MANGLINGS: readonly Mangling[] = ["flip", "omit", "end", "reset"];

interface Mangled {
  readonly kind: Mangling;
  readonly at: number;
}

/** mulberry32: a test has to be able to happen again. */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Passes bytes from a client to the server and back, but for one place in what the client sends. */
class Middle implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** What is done to the next connection. */
  readonly #next: () => Mangled;

  constructor(server: number, next: () => Mangled) {
    this.#next = next;
    this.#run(server);
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #run(server: number): Promise<void> {
    for await (const client of this.#listener) {
      this.#pass(client, await Deno.connect({ hostname: "127.0.0.1", port: server }));
    }
  }

  async #pass(client: Deno.TcpConn, server: Deno.TcpConn): Promise<void> {
    const back = server.readable.pipeTo(client.writable).catch(() => {});
    const { kind, at } = this.#next();
    let passed = 0;
    try {
      for await (const bytes of client.readable) {
        const place = at - passed;
        passed += bytes.length;
        if (place < 0 || place >= bytes.length) {
          await writeAll(server, bytes);
        } else if (kind === "flip") {
          bytes[place]! ^= 0x55;
          await writeAll(server, bytes);
        } else {
          await writeAll(server, bytes.subarray(0, place));
          if (kind === "omit") await writeAll(server, bytes.subarray(place + 1));
          else if (kind === "end") await server.closeWrite();
          else server.close();
        }
      }
      await server.closeWrite();
    } catch {
      // One of them is gone.
    }
    await back;
    for (const conn of [client, server]) tryClose(conn);
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function tryClose(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

Deno.test(`${CASES} mangled connections cost nothing but themselves (seed ${SEED})`, async () => {
  await using office = new Office();
  const own = await office.make({ name: "own", alternatives: ["IP:127.0.0.1"] });
  const other = await office.make({ name: "other", alternatives: ["DNS:other.test"] });
  const certificateFor = () => new Promise<null>((resolve) => setTimeout(() => resolve(null), 1));
  const clientCertificates = { ca: own.cert, mode: "optional" } as const;
  await using server = tlsServer({
    ...pair(own),
    timeouts: { handshake: 300, idle: 300, head: 300, linger: 100 },
    tls: { certificates: [other], certificateFor, clientCertificates },
  });
  const ends = new Map<CloseReason, number>();
  server.observe({
    closed: ({ closeReason }) => ends.set(closeReason!, (ends.get(closeReason!) ?? 0) + 1),
  });
  const random = randomFrom(SEED);
  using middle = new Middle(server.addr.port, () => ({
    kind: MANGLINGS[Math.floor(random() * MANGLINGS.length)]!,
    at: Math.floor(random() * 700),
  }));
  const attempt = async () => {
    const hostname = random() < 0.5 ? "127.0.0.1" : "localhost";
    const conn = await Deno.connectTls({ hostname, port: middle.port, caCerts: [own.cert] });
    try {
      const buffer = new Uint8Array(4_096);
      for (let asked = 0; asked < 2; asked++) {
        await writeAll(conn, new TextEncoder().encode("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
        if (await conn.read(buffer) === null) break;
      }
    } finally {
      tryClose(conn);
    }
  };
  for (let made = 0; made < CASES; made += AT_A_TIME) {
    const attempts = Array.from(
      { length: AT_A_TIME },
      () => settles(attempt().catch(() => {}), 900),
    );
    await Promise.all(attempts);
  }
  await until(() => server.connections.size === 0, "all connections to end");
  assertEquals(ends.get("internal_error") ?? 0, 0);
  assert((ends.get("handshake_failed") ?? 0) > CASES / 10, `${[...ends]}`);
  assertStringIncludes((await sClient(server)).stdout, "HTTP/1.1 200 OK");
});
