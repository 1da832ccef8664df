/**
 * One measurement: a server, its clients, and what the server holds with few sockets and with all.
 *
 * @module
 */

import { within } from "../../support/time.ts";

/** The servers that are compared. */
export const SERVERS = ["weir", "deno"] as const;

/** One of them. */
export type ServerName = typeof SERVERS[number];

/** How many processes the clients are in. */
const CLIENTS = 4;

/** What the server takes for so many sockets is not counted: it includes what the runtime takes once. */
const FIRST_SOCKETS = 2_000;

/** What a process may take to open its sockets, in milliseconds. */
const PATIENCE_MS = 120_000;

/** What one idle socket takes of the server's memory, in bytes. */
export interface SocketMemory {
  /** Of what the kernel gives to the process. */
  readonly resident: number;
  /** Of JavaScript's heap. */
  readonly heap: number;
  /** Of what JavaScript's objects hold outside of it, such as buffers. */
  readonly external: number;
  /** What the whole process has resident in the end, in bytes. */
  readonly process: number;
}

/** What a server tells of itself. */
interface Look {
  readonly sockets: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** How many sockets are opened, and what each of them echoes before it is idle. */
export interface Idle {
  readonly sockets: number;
  readonly messages: number;
  /** The length of each message. */
  readonly bytes: number;
}

/** Opens sockets on a server of this kind; returns what each takes. */
export async function idleMemory(
  name: ServerName,
  { sockets, messages, bytes }: Idle,
): Promise<SocketMemory> {
  const opened = async (count: number) => {
    const clients = new Child("clients.ts", [port, `${count}`, `${messages}`, `${bytes}`]);
    await clients.line();
    return clients;
  };
  await using server = new Child("server.ts", [name]);
  const port = await server.line();
  await using _first = await opened(FIRST_SOCKETS);
  const before = await look(server, FIRST_SOCKETS);
  const each = Math.ceil((sockets - FIRST_SOCKETS) / CLIENTS);
  await using clients = new AsyncDisposableStack();
  for (let at = 0; at < CLIENTS; at++) clients.use(await opened(each));
  const after = await look(server, FIRST_SOCKETS + each * CLIENTS);
  const per = (total: (look: Look) => number) =>
    (total(after) - total(before)) / (after.sockets - before.sockets);
  return {
    resident: per(({ rss }) => rss),
    heap: per(({ heapUsed }) => heapUsed),
    external: per((of) => of.external),
    process: after.rss,
  };
}

async function look(server: Child, sockets: number): Promise<Look> {
  await server.send("look");
  const look: Look = JSON.parse(await server.line());
  if (look.sockets !== sockets) throw new Error(`${look.sockets} of ${sockets} sockets are open`);
  return look;
}

/** A process of one of the files beside this one; ends with its stdin. */
class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #stdout: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(file: string, args: readonly string[]) {
    const path = decodeURIComponent(new URL(file, import.meta.url).pathname);
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-net=127.0.0.1",
        "--v8-flags=--expose-gc",
        path,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#stdout = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async send(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    while (!this.#text.includes("\n")) {
      const { done, value } = await within(this.#stdout.read(), "a line", PATIENCE_MS);
      if (done) throw new Error("The process has ended");
      this.#text += value;
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#stdout.cancel();
  }
}
