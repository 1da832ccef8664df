/**
 * A thousand streams at once: all of them get their events, and what they took is given back when they have
 * gone.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { eachOf, until, within } from "../support/time.ts";

const STREAMS = 1_000;

interface Held {
  readonly streams: number;
  readonly bytes: number;
  readonly rss: number;
}

/** The program beside this file, at work. */
class ManyServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor() {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-net=127.0.0.1",
        "--v8-flags=--expose-gc",
        decodeURIComponent(new URL("./many_program.ts", import.meta.url).pathname),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#writer = this.#child.stdin.getWriter();
  }

  async line(): Promise<string> {
    const { value } = await within(this.#lines.next(), "a line of the server");
    return value ?? "";
  }

  async ask(command: string): Promise<Held> {
    await this.#writer.write(new TextEncoder().encode(`${command}\n`));
    return JSON.parse(await this.line());
  }

  /** Shuts it down, and gives its report. */
  async end(): Promise<{ forced: number; ms: number }> {
    await this.#writer.close();
    return JSON.parse(await this.line());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#lines.return?.();
    await within(this.#child.status, "the server to end").catch(() => this.#child.kill("SIGKILL"));
    await this.#child.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** A client that counts what it gets. */
class Counter {
  readonly #conn: Deno.TcpConn;
  bytes = 0;
  ended = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#read();
  }

  static async open(port: number): Promise<Counter> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    return new Counter(conn);
  }

  close(): void {
    this.#conn.close();
  }

  async #read(): Promise<void> {
    const into = new Uint8Array(65_536);
    try {
      for (let got = await this.#conn.read(into); got !== null; got = await this.#conn.read(into)) {
        this.bytes += got;
      }
    } catch {
      // It was closed here.
    }
    this.ended = true;
  }
}

Deno.test("1,000 streams get their events, and give back what they took", async () => {
  await using server = new ManyServer();
  const port = Number(await server.line());
  const opened = async () => {
    const clients: Counter[] = [];
    await eachOf(Array(STREAMS).keys(), async () => void clients.push(await Counter.open(port)));
    await until(() => clients.every(({ bytes }) => bytes > 150), "the heads");
    return clients;
  };
  /** Opens all, sends to all, closes all. */
  const round = async () => {
    const clients = await opened();
    const open = await server.ask("count");
    assertEquals(open.streams, STREAMS);
    const before = clients.map(({ bytes }) => bytes);
    await server.ask("send 1000");
    await until(() => clients.every(({ bytes }, at) => bytes > before[at]! + 1_000), "the events");
    for (const client of clients) client.close();
    let left = await server.ask("count");
    for (let i = 0; left.streams > 0 && i < 50; i++) left = await server.ask("count");
    assertEquals(left.streams, 0);
    return { open, left };
  };
  // What is made once, is made in the first two.
  await round();
  const { left: before } = await round();
  await round();
  const { open, left } = await round();
  const perStream = Math.round((open.bytes - left.bytes) / STREAMS);
  const grown = left.bytes - before.bytes;
  console.log(
    `a stream holds ${perStream} bytes; 2,000 that have gone leave ${grown}; ` +
      `resident with 1,000 open ${(open.rss / 2 ** 20).toFixed(0)} MiB`,
  );
  assert(perStream < 40_000, `${perStream} bytes a stream`);
  // A collection leaves a MiB more or less; of 2,000 streams that nobody lets go, 20 MiB would be left.
  assert(grown < 4_000_000, `${grown} bytes are left`);
  const last = await opened();
  const { forced, ms } = await server.end();
  await until(() => last.every(({ ended }) => ended), "the ends");
  for (const client of last) client.close();
  assertEquals(forced, 0);
  console.log(`a shutdown ends 1,000 streams in ${ms.toFixed(0)} ms`);
  assert(ms < 8_000, `${ms} ms`);
});
