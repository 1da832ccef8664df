/**
 * Clients that ask again and again while servers are exchanged, and know how each request ended: raw sockets,
 * because a client library would try again by itself.
 *
 * @module
 */

import { request } from "../support/requests.ts";
import { pause } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

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
    using connection = await connect(init);
    await connection?.ask(kind, { last: true });
  }
}

/** All requests on one connection, for as long as the server keeps it. */
async function askAgain(init: ClientInit, kinds: readonly Kind[]): Promise<void> {
  for (let at = 0; init.goesOn();) {
    using connection = await connect(init);
    let isKept = connection !== null;
    while (isKept && init.goesOn()) {
      isKept = await connection!.ask(kinds[at++ % kinds.length]!, { last: false });
    }
  }
}

async function connect({ port, tally }: ClientInit): Promise<Connection | null> {
  try {
    return new Connection(await WireClient.connect(port), tally);
  } catch (error) {
    tally.failedNew++;
    note(tally, `connect: ${error}`);
    // A port that nobody listens on would be asked without a pause.
    await pause(10);
    return null;
  }
}

class Connection implements Disposable {
  readonly #client: WireClient;
  readonly #tally: Tally;
  #requests = 0;

  constructor(client: WireClient, tally: Tally) {
    this.#client = client;
    this.#tally = tally;
  }

  /** Resolves with whether the connection can be used again. */
  async ask(kind: Kind, { last }: { readonly last: boolean }): Promise<boolean> {
    this.#requests++;
    const before = this.#client.received;
    try {
      const answer = await this.#client.ask(requestOf(kind, last));
      if (answer.status !== 200 || answer.text !== kind.answer) {
        throw new Error(`wrong answer: ${answer.status} ${answer.text.slice(0, 60)}`);
      }
      this.#tally.answered++;
      return answer.header("connection")?.toLowerCase() !== "close";
    } catch (error) {
      this.#failed(error, this.#client.received > before);
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #failed(error: unknown, hasBegun: boolean): void {
    const tally = this.#tally;
    if (hasBegun) tally.cut++;
    else if (this.#requests > 1) tally.idleCloses++;
    else tally.failedNew++;
    const when = hasBegun ? "in an answer" : this.#requests > 1 ? "reused" : "new";
    note(tally, `${when}: ${error}`);
  }
}

function requestOf({ method, path, body }: Kind, last: boolean): string {
  const fields = last ? ["Connection: close"] : [];
  return request({ method, target: path, fields, ...method === "POST" ? { body } : {} });
}

function note(tally: Tally, reason: string): void {
  tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
}
