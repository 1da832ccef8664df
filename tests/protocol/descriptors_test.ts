/**
 * A process that has hardly any descriptors, and a storm of connections as soon as it listens: the storm neither
 * ends it nor keeps others out, and signals end it as always.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { fixture } from "../support/programs.ts";
import { LAST_GET } from "../support/requests.ts";
import { selfSigned } from "../support/self_signed.ts";
import { pause, within } from "../support/time.ts";

const DESCRIPTORS = 64;
const CLIENTS = 100;

/** From the start until the runtime needs its handling of signals, and more, in milliseconds. */
const STORM_MS = 1_500;

const SERVER = fixture("storm_server.ts");

/** How a server is started, given a folder for its files: the arguments of `deno`. */
const WAYS: Readonly<Record<string, (folder: string) => string[] | Promise<string[]>>> = {
  "deno run": () => ["run", "--no-prompt", "--allow-net=127.0.0.1", SERVER, "tcp"],
  "deno eval": () => ["eval", `await import(${JSON.stringify(`file://${SERVER}`)})`, "tcp"],
  "a unix socket": (folder) => {
    const path = `${folder}/socket`;
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    return ["run", "--no-prompt", "--allow-net", ...flags, SERVER, "unix", path];
  },
  "a worker": () => ["run", "--no-prompt", "--allow-net", "--allow-read", SERVER, "worker"],
  "a hungry handler": () => [
    "run",
    "--no-prompt",
    "--allow-net",
    "--allow-read=/dev/null",
    SERVER,
    "hungry",
  ],
  TLS: async (folder) => {
    const files = await selfSigned(folder);
    return ["run", "--no-prompt", "--allow-net", `--allow-read=${folder}`, SERVER, "tls", ...files];
  },
};

/** A server in a process with few descriptors. */
class Poor implements AsyncDisposable {
  readonly folder: string;
  readonly errors: Promise<string>;
  /** How it ended; `null` while it runs. */
  ended: Deno.CommandStatus | null = null;
  readonly #child: Deno.ChildProcess;
  readonly #ending: Promise<Deno.CommandStatus>;
  #target: Deno.ConnectOptions | Deno.UnixConnectOptions | null = null;

  private constructor(folder: string, child: Deno.ChildProcess) {
    this.folder = folder;
    this.#child = child;
    this.errors = new Response(child.stderr).text();
    this.#ending = this.#end();
  }

  static async start(way: string): Promise<Poor> {
    const folder = await Deno.makeTempDir();
    const args = await WAYS[way]!(folder);
    const child = new Deno.Command("sh", {
      args: ["-c", `ulimit -n ${DESCRIPTORS}; exec deno "$@"`, "sh", ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const poor = new Poor(folder, child);
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await within(reader.read(), "the server to listen");
    await reader.cancel();
    assertMatch(value, /^ready \d+\n$/);
    poor.#target = way === "a unix socket"
      ? { transport: "unix", path: `${folder}/socket` }
      : { hostname: "127.0.0.1", port: Number(value.split(" ")[1]) };
    return poor;
  }

  connect(): Promise<Deno.Conn> {
    return Deno.connect(this.#target as Deno.ConnectOptions);
  }

  /** Clients that connect at once and say nothing. */
  async storm(): Promise<Deno.Conn[]> {
    const all = await Promise.allSettled(Array.from({ length: CLIENTS }, () => this.connect()));
    return all.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  }

  async kill(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.#child.kill(signal);
    return await within(this.#ending, `${signal} to end it`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended === null) this.#child.kill("SIGKILL");
    await this.#ending;
    await this.errors;
    await Deno.remove(this.folder, { recursive: true });
  }

  async #end(): Promise<Deno.CommandStatus> {
    return this.ended = await this.#child.status;
  }
}

for (const way of ["deno run", "deno eval", "a unix socket", "a worker", "TLS"]) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.test(`${way}: a storm does not end it, ${signal} does`, async () => {
      await using poor = await Poor.start(way);
      const clients = await poor.storm();
      await pause(STORM_MS);
      assertEquals(poor.ended, null, "The storm has ended it");
      for (const each of clients) each.close();
      assertEquals((await poor.kill(signal)).signal, signal);
      assertMatch(await poor.errors, /^Cannot accept connections at present: Too many open files/m);
    });
  }
}

/** Asks, and reads the answer. */
async function asks(conn: Deno.Conn): Promise<string> {
  await conn.write(new TextEncoder().encode(LAST_GET));
  return await new Response(conn.readable).text();
}

for (const way of ["deno run", "a unix socket", "a worker", "TLS"]) {
  Deno.test(`${way}: who holds all descriptors with idle connections keeps nobody out`, async () => {
    await using poor = await Poor.start(way);
    const clients = await poor.storm();
    for (let turn = 0; turn < 5; turn++) {
      const plain = await within(poor.connect(), "a health check to connect");
      const conn = way === "TLS" ? await secured(plain, poor.folder) : plain;
      assertMatch(await within(asks(conn), "a health check to be answered"), /^HTTP\/1\.1 200 /);
    }
    for (const each of clients) each.close();
  });
}

Deno.test("an error without a descriptor left is a 500 and a report, and not the end", async () => {
  await using poor = await Poor.start("a hungry handler");
  const conn = await poor.connect();
  const answering = asks(conn);
  // By then the handler has taken them all, so that the server cannot accept this one.
  await pause(250);
  const next = await poor.connect();
  assertMatch(await within(answering, "the answer"), /^HTTP\/1\.1 500 /);
  next.close();
  assertEquals((await poor.kill("SIGTERM")).signal, "SIGTERM");
  assertMatch(await poor.errors, /^The handler failed: Hungry$/m);
});

/** The connection through TLS. */
async function secured(conn: Deno.Conn, folder: string): Promise<Deno.Conn> {
  const caCerts = [await Deno.readTextFile(`${folder}/cert.pem`)];
  const hostname = "127.0.0.1";
  const starting = Deno.startTls(conn as Deno.TcpConn, { hostname, caCerts });
  return await within(starting, "a health check's handshake");
}
