/**
 * After its handshake a connection goes past the runtime's streams where the runtime lets it. Whether it does
 * here, that nothing is lost where it does not, and new keys in mid-connection.
 *
 * @module
 */

import { createSecureContext, TLSSocket } from "node:tls";
import { Duplex } from "node:stream";
import type { CloseReason, Server } from "../../mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { until } from "../support/time.ts";
import { type Made, Office } from "./certificates.ts";
import { pair, tlsServer } from "./server.ts";

const LOCAL = { name: "own", alternatives: ["DNS:localhost", "IP:127.0.0.1"] };

/** Where the runtime keeps the method by which the plain text is had. */
interface Methods {
  setOnread?: (this: object, call: unknown) => void;
}

function methodsOf({ cert, key }: Made): Methods {
  const encrypted = new Duplex({ read() {} }) as unknown as import("node:net").Socket;
  const secureContext = createSecureContext({ cert, key });
  const socket = new TLSSocket(encrypted, { isServer: true, secureContext });
  const { ssl } = socket as unknown as { ssl: object };
  socket.destroy();
  let methods = ssl as Methods;
  while (!Object.hasOwn(methods, "setOnread")) methods = Object.getPrototypeOf(methods);
  return methods;
}

/** Sends 3 MB, which come back. */
async function echoes(server: Server<Deno.NetAddr>, { certPath }: Made): Promise<void> {
  const sent = "0123456789".repeat(300_000);
  const url = `https://127.0.0.1:${server.addr.port}/`;
  const args = ["-sS", "--cacert", certPath, "-H", "Expect:", "--data-binary", "@-", url];
  const { stdout, stderr } = await run("curl", args, { stdin: sent });
  assertEquals([stdout.length, stderr], [sent.length, ""]);
  assert(stdout === sent, "the bytes are others");
}

for (const way of ["past the streams", "through the streams"]) {
  Deno.test(`3 MB come back that go ${way}`, async () => {
    await using office = new Office();
    const own = await office.make(LOCAL);
    const methods = methodsOf(own);
    const { setOnread } = methods;
    let uses = 0;
    if (way === "through the streams") delete methods.setOnread;
    else {
      methods.setOnread = function (call) {
        uses++;
        setOnread!.call(this, call);
      };
    }
    try {
      await using server = tlsServer(pair(own), ({ body }) => new Response(body));
      await echoes(server, own);
    } finally {
      methods.setOnread = setOnread!;
    }
    assertEquals(uses, way === "past the streams" ? 1 : 0);
  });
}

Deno.test("a client that asks for new keys gets them, and its next request is answered", async () => {
  await using office = new Office();
  await using server = tlsServer(pair(await office.make(LOCAL)));
  await using client = new Openssl(server.addr.port);
  await client.say("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  await client.hears("200 OK", 1);
  // The command of s_client for a KeyUpdate that asks for one in return (RFC 8446 §4.6.3).
  for (let updates = 1; updates <= 3; updates++) {
    await client.say("K\n");
    await client.hears("KEYUPDATE", updates);
    await client.say("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    await client.hears("200 OK", 1 + updates);
  }
  assertStringIncludes(client.heard, "TLSv1.3");
});

/** A client that changes a byte of its second request, and prints what it hears then. */
const CHANGED_RECORD = `
import socket, ssl, sys
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = ssl._create_unverified_context().wrap_bio(incoming, outgoing)
conn = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
def until_done(step):
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            conn.sendall(outgoing.read())
            received = conn.recv(65536)
            if not received:
                return b"the end without an alert"
            incoming.write(received)
until_done(tls.do_handshake)
tls.write(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n")
print(until_done(lambda: tls.read(15)).decode())
tls.write(b"GET / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n")
changed = bytearray(outgoing.read())
changed[-1] ^= 1
conn.sendall(changed)
try:
    while True:
        heard = until_done(lambda: tls.read(1000))
        if heard.startswith(b"the end"):
            print(heard.decode())
            break
except ssl.SSLError as error:
    print(error.reason)
`;

Deno.test("a record that was changed on its way is answered with an alert", async () => {
  await using office = new Office();
  await using server = tlsServer(pair(await office.make(LOCAL)));
  const ends: CloseReason[] = [];
  server.observe({ closed: ({ closeReason }) => ends.push(closeReason!) });
  const { stdout } = await run("python3", ["-c", CHANGED_RECORD, `${server.addr.port}`]);
  const [status, said] = stdout.trim().split("\n");
  assertEquals([status, said], ["HTTP/1.1 200 OK", "SSLV3_ALERT_BAD_RECORD_MAC"]);
  await until(() => ends.length === 1, "the connection to end");
  assertEquals(ends, ["peer_reset"]);
});

/** `openssl s_client` that is told something now and then. */
class Openssl implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #ends: Promise<unknown>;
  heard = "";

  constructor(port: number) {
    const args = ["s_client", "-tls1_3", "-connect", `127.0.0.1:${port}`];
    const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#child = new Deno.Command("openssl", { args, ...piped }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    const { stdout, stderr } = this.#child;
    this.#ends = Promise.all([stdout, stderr].map((each) => this.#hear(each)));
  }

  async #hear(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.heard += text;
  }

  say(text: string): Promise<void> {
    return this.#stdin.write(new TextEncoder().encode(text));
  }

  hears(text: string, times: number): Promise<void> {
    return until(() => this.heard.split(text).length > times, `${text}, ${times} times`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    await this.#ends;
    await this.#child.status;
  }
}
