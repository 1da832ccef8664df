/**
 * A proxy as an oracle: what it passes on is what it has read. The number of a stream is the client's
 * address in the PROXY header before it, and the proxy hands it on in a field of each request.
 *
 * @module
 */

import { nginxConfiguration } from "../../support/nginx.ts";
import { eachOf, until, within } from "../../support/time.ts";
import { fromLatin1, latin1 } from "../../support/wire.ts";
import type { Oracle, Reading } from "../reading.ts";
import { Recorder, STREAM_FIELD } from "./recorder.ts";

const STREAM_MS = 20_000;
const AT_ONCE = 32;
/** HAProxy reads no further request when it sees the client's end first: that comes after a silence. */
const SILENCE_MS = 100;

/** Which proxy. */
export interface ProxyKind {
  readonly name: string;
  readonly program: string;
  readonly args: (file: string) => string[];
  /** The text of its configuration, with all files in `folder`: it listens on `front`, and sends to `back`. */
  readonly configure: (sockets: { folder: string; front: string; back: string }) => string;
}

/** nginx, which sends a request on when it has all of it. */
export const NGINX: ProxyKind = {
  name: "nginx",
  program: "nginx",
  args: (file) => ["-c", file],
  configure: ({ folder, front, back }) =>
    nginxConfiguration(
      folder,
      `  large_client_header_buffers 8 64k;
  server {
    listen unix:${front} proxy_protocol;
    client_max_body_size 0;
    location / {
      proxy_pass http://unix:${back}:;
      proxy_ignore_client_abort on;
      proxy_next_upstream off;
      proxy_set_header Connection close;
      proxy_set_header X-Stream $proxy_protocol_addr;
    }
  }`,
    ),
};

/** HAProxy with its defaults. */
export const HAPROXY: ProxyKind = {
  name: "HAProxy",
  program: "haproxy",
  args: (file) => ["-db", "-q", "-f", file],
  configure: ({ front, back }) =>
    `defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  retries 0
frontend front
  bind unix@${front} accept-proxy
  http-request set-header ${STREAM_FIELD} %[src]
  default_backend back
backend back
  http-reuse never
  server recorder unix@${back}
`,
};

/** See the head of this file. */
export class ProxyOracle implements Oracle {
  readonly name: string;
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;
  readonly #recorder: Recorder;
  #streams = 0;

  private constructor({ name, program, args }: ProxyKind, folder: string) {
    this.name = name;
    this.#folder = folder;
    this.#recorder = new Recorder(`${folder}/back`);
    this.#child = new Deno.Command(program, {
      args: args(`${folder}/conf`),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  static async start(kind: ProxyKind): Promise<ProxyOracle> {
    const folder = await Deno.makeTempDir();
    const sockets = { folder, front: `${folder}/front`, back: `${folder}/back` };
    await Deno.writeTextFile(`${folder}/conf`, kind.configure(sockets));
    const oracle = new ProxyOracle(kind, folder);
    await until(() => oracle.#listens(), `${kind.name} to listen`);
    return oracle;
  }

  async read(streams: readonly string[]): Promise<Reading[]> {
    const readings: Reading[] = [];
    await eachOf([...streams.entries()], async ([index, bytes]) => {
      readings[index] = await within(this.#readOne(bytes), `${this.name} to end`, STREAM_MS);
    }, { width: AT_ONCE });
    return readings;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    this.#recorder[Symbol.dispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #readOne(bytes: string): Promise<Reading> {
    const number = ++this.#streams;
    const address = [10, number >>> 16 & 255, number >>> 8 & 255, number & 255].join(".");
    const header = `PROXY TCP4 ${address} 127.0.0.1 1000 80\r\n`;
    using conn = await Deno.connect({ transport: "unix", path: `${this.#folder}/front` });
    const answers = new Answers(conn);
    const text = answers.all();
    await send(conn, latin1(header + bytes));
    await answers.silence();
    await end(conn);
    const error = (await text).match(/HTTP\/1\.[01] [45]\d\d /g)?.at(-1)?.slice(9, 12) ?? null;
    return { requests: this.#recorder.take(address), error };
  }

  #listens(): boolean {
    try {
      return Deno.statSync(`${this.#folder}/front`).isSocket === true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}

/** What comes back on a connection. */
class Answers {
  readonly #conn: Deno.UnixConn;
  #lastAt = performance.now();
  #over = false;

  constructor(conn: Deno.UnixConn) {
    this.#conn = conn;
  }

  async all(): Promise<string> {
    const piece = new Uint8Array(16_384);
    let text = "";
    try {
      for (;;) {
        const count = await this.#conn.read(piece);
        if (count === null) return text;
        this.#lastAt = performance.now();
        text += fromLatin1(piece.subarray(0, count));
      }
    } catch (error) {
      if (!hasClosed(error)) throw error;
      return text;
    } finally {
      this.#over = true;
    }
  }

  /** Resolves when nothing has come for a while, or nothing more can. */
  async silence(): Promise<void> {
    this.#lastAt = performance.now();
    while (!this.#over && performance.now() - this.#lastAt < SILENCE_MS) {
      await delay(SILENCE_MS / 4);
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function send(conn: Deno.UnixConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  } catch (error) {
    if (!hasClosed(error)) throw error;
  }
}

async function end(conn: Deno.UnixConn): Promise<void> {
  try {
    await conn.closeWrite();
  } catch (error) {
    if (!hasClosed(error)) throw error;
  }
}

/** The proxy has refused the stream and closed. */
function hasClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionReset;
}
