/**
 * Clients that ask again and again while servers are exchanged, and know how each request ended: raw sockets,
 * because a client library would try again by itself.
 *
 * @module
 */

/** How requests ended. */
export interface Tally {
  /** Answered, whole and right. */
  answered: number;
  /** Failed on a connection that was new: the connect, a reset, an end without an answer. */
  failedNew: number;
  /** Failed after a part of the answer had come. */
  cut: number;
  /**
   * Got no byte of an answer on a connection that had been used before: the server was closing it as idle when
   * the request came. HTTP/1.1 cannot avoid that, and clients try again.
   */
  idleCloses: number;
  /** What failures looked like, and how often. */
  readonly reasons: Map<string, number>;
}

/** No request yet. */
export function noRequests(): Tally {
  return { answered: 0, failedNew: 0, cut: 0, idleCloses: 0, reasons: new Map() };
}

/** How many requests have ended, however they did. */
export function ended({ answered, failedNew, cut, idleCloses }: Tally): number {
  return answered + failedNew + cut + idleCloses;
}

/** One request, and the body that has to come back. */
interface Kind {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: string;
  readonly answer: string;
}

const GET: Kind = { method: "GET", path: "/", body: "", answer: "0123456789" };
const POST: Kind = {
  method: "POST",
  path: "/",
  body: "b".repeat(3_000),
  answer: "b".repeat(3_000),
};
const STREAM: Kind = { method: "GET", path: "/stream", body: "", answer: "0123456789".repeat(10) };

/** What a client does. */
export interface ClientInit {
  readonly port: number;
  readonly tally: Tally;
  /** Whether it has to go on. */
  readonly goesOn: () => boolean;
}

/** One client for each way to ask; `count` of each but the streams. */
export async function runClients(init: ClientInit, count: number): Promise<void> {
  const clients = Array.from({ length: count }, () => [
    askAnew(init, GET),
    askAnew(init, POST),
    askAgain(init, [GET, POST, GET]),
  ]);
  await Promise.all([...clients.flat(), askAnew(init, STREAM), askAgain(init, [STREAM])]);
}

/** Each request on a connection of its own. */
async function askAnew(init: ClientInit, kind: Kind): Promise<void> {
  while (init.goesOn()) {
    const connection = await connect(init);
    if (connection === null) continue;
    await connection.ask(kind, { last: true });
    connection.close();
  }
}

/** All requests on one connection, for as long as the server keeps it. */
async function askAgain(init: ClientInit, kinds: readonly Kind[]): Promise<void> {
  let connection: Connection | null = null;
  for (let at = 0; init.goesOn(); at++) {
    connection ??= await connect(init);
    if (connection === null) continue;
    const isKept = await connection.ask(kinds[at % kinds.length]!, { last: false });
    if (isKept) continue;
    connection.close();
    connection = null;
  }
  connection?.close();
}

async function connect({ port, tally }: ClientInit): Promise<Connection | null> {
  try {
    return new Connection(await Deno.connect({ hostname: "127.0.0.1", port }), tally);
  } catch (error) {
    tally.failedNew++;
    note(tally, `connect: ${nameOf(error)}`);
    // A port that nobody listens on would be asked without a pause.
    await new Promise((resolve) => setTimeout(resolve, 10));
    return null;
  }
}

/** How long an answer may take, in milliseconds. */
const PATIENCE_MS = 15_000;

class Connection {
  readonly #conn: Deno.TcpConn;
  readonly #tally: Tally;
  readonly #buffer = new Uint8Array(16_384);
  #requests = 0;

  constructor(conn: Deno.TcpConn, tally: Tally) {
    this.#conn = conn;
    this.#tally = tally;
  }

  /** Resolves with whether the connection can be used again. */
  async ask(kind: Kind, { last }: { readonly last: boolean }): Promise<boolean> {
    this.#requests++;
    let received = "";
    const late = setTimeout(() => this.close(), PATIENCE_MS);
    try {
      await this.#send(kind, last);
      while (!isWhole(received)) {
        const length = await this.#conn.read(this.#buffer);
        if (length === null) throw new Error("end of stream");
        received += latin1(this.#buffer.subarray(0, length));
      }
      if (!isRight(received, kind)) throw new Error(`wrong answer: ${received.slice(0, 60)}`);
      this.#tally.answered++;
      return !/^connection: close\r$/im.test(received.slice(0, received.indexOf("\r\n\r\n") + 1));
    } catch (error) {
      this.#failed(nameOf(error), received);
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // It is closed.
    }
  }

  async #send({ method, path, body }: Kind, last: boolean): Promise<void> {
    const close = last ? "Connection: close\r\n" : "";
    const length = method === "POST" ? `Content-Length: ${body.length}\r\n` : "";
    const text = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${close}${length}\r\n${body}`;
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  #failed(reason: string, received: string): void {
    const tally = this.#tally;
    if (received !== "") tally.cut++;
    else if (this.#requests > 1) tally.idleCloses++;
    else tally.failedNew++;
    const when = received !== "" ? "in an answer" : this.#requests > 1 ? "reused" : "new";
    note(tally, `${when}: ${reason}`);
  }
}

function note(tally: Tally, reason: string): void {
  tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Whether an answer has come to its end, by its length or its last chunk. */
function isWhole(received: string): boolean {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) return false;
  const length = /^content-length: (\d+)\r$/im.exec(received.slice(0, headEnd + 1))?.[1];
  if (length !== undefined) return received.length >= headEnd + 4 + Number(length);
  return received.endsWith("\r\n0\r\n\r\n");
}

function isRight(received: string, { answer }: Kind): boolean {
  if (!received.startsWith("HTTP/1.1 200 ")) return false;
  const bodyAt = received.indexOf("\r\n\r\n") + 4;
  const body = received.slice(bodyAt);
  if (!/^transfer-encoding: chunked\r$/im.test(received.slice(0, bodyAt))) return body === answer;
  return body.replace(/[0-9a-f]+\r\n([0-9b]*)\r\n/gi, "$1").trimEnd() === answer;
}
