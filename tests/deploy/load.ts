/**
 * Clients that ask a balancer again and again, and note each request that is not answered well: raw sockets,
 * because a client library would try again by itself. GET and POST in turn, on connections that are kept
 * for some requests.
 *
 * @module
 */

import { pause } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

/** A request that failed. */
export interface Failure {
  readonly method: string;
  /** When it began, by `performance.now()`. */
  readonly atMs: number;
  /** The status it got, or how its connection ended. */
  readonly reason: string;
}

/** A client takes a new connection after so many requests. */
const REQUESTS_PER_CONNECTION = 20;

/** The pause between two requests of a client, so that the machine is not full, in milliseconds. */
const PAUSE_MS = 5;

/** Clients at work. */
export class Load implements AsyncDisposable {
  readonly answered = { GET: 0, POST: 0 };
  readonly failures: Failure[] = [];
  /** The processes that have answered. */
  readonly pids = new Set<number>();
  readonly #port: number;
  readonly #clients: Promise<void[]>;
  #ending = false;

  constructor(port: number, clients: number) {
    this.#port = port;
    this.#clients = Promise.all(Array.from({ length: clients }, (_, at) => this.#run(at)));
  }

  /** Lets the requests that are under way end. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#clients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #run(client: number): Promise<void> {
    for (let number = 0; !this.#ending;) {
      using connection = await WireClient.connect(this.#port);
      for (let left = REQUESTS_PER_CONNECTION; left > 0 && !this.#ending; left--) {
        const method = (client + number++) % 2 === 0 ? "GET" : "POST";
        const isKept = await this.#ask(connection, method, `${client}:${number}`);
        if (!isKept) break;
        await pause(PAUSE_MS);
      }
    }
  }

  /** Resolves with whether the connection can be used again. */
  async #ask(connection: WireClient, method: "GET" | "POST", body: string): Promise<boolean> {
    const atMs = performance.now();
    const sent = method === "POST" ? body : "";
    const length = method === "POST" ? `Content-Length: ${sent.length}\r\n` : "";
    try {
      const request = `${method} / HTTP/1.1\r\nHost: weir\r\n${length}\r\n${sent}`;
      const { status, text, fields } = await connection.ask(request);
      const [pid, echo] = text.split(" ");
      if (status !== 200) this.failures.push({ method, atMs, reason: `status ${status}` });
      else if (echo !== sent) this.failures.push({ method, atMs, reason: `wrong body ${text}` });
      else {
        this.answered[method]++;
        this.pids.add(Number(pid));
      }
      return !fields.some(([name, value]) => /^connection$/i.test(name) && value === "close");
    } catch (error) {
      this.failures.push({ method, atMs, reason: String(error) });
      return false;
    }
  }
}
