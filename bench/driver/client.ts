/**
 * One connection of the driver: sends a batch of requests, waits for all their answers, sends the next.
 *
 * Built on `node:net`, because reads on `Deno.connect` starve each other above some hundred connections,
 * and a driver that starves its own connections cannot tell whether the server does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { type Answer, BadAnswer, joined, maybeAnswer } from "./answers.ts";

/** What all clients of a run share. */
export interface ClientOptions {
  readonly port: number;
  /** The bytes of one batch. */
  readonly batch: Uint8Array;
  /** Requests in a batch. */
  readonly depth: number;
  /** The size of the right answer's body. */
  readonly bodyBytes: number;
  /** Called when the last answer of a batch has come; says whether to send another. */
  readonly onBatch: (client: Client, ms: number) => boolean;
}

/** Longer than sixteen small answers, so that a batch comes in one read. */
const READ_BYTES = 8_192;
/** Where the first digit of the status stands in an answer. */
const STATUS_AT = "HTTP/1.1 ".length;
const DIGIT_2 = 0x32;

/** A connection with its counts. */
export class Client {
  /** Since the counts were last cleared. */
  good = 0;
  bad = 0;
  /** Whether the connection was lost before this side closed it. */
  lost = false;
  readonly #options: ClientOptions;
  readonly #socket: Socket;
  /** Length of a right answer on the wire, known from the first; `Date` has a fixed length. */
  #answerBytes = 0;
  #missing = 0;
  #rest = new Uint8Array();
  #sentAt = 0;
  #closing = false;

  private constructor(options: ClientOptions, events: { onOpen(): void; onLost(): void }) {
    this.#options = options;
    this.#socket = connect({
      host: "127.0.0.1",
      port: options.port,
      noDelay: true,
      onread: {
        buffer: new Uint8Array(READ_BYTES),
        callback: (count, buffer) => {
          this.#receive(buffer.subarray(0, count));
          return true;
        },
      },
    }, events.onOpen);
    // An error is always followed by "close"; without a listener it would end the process.
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.lost = !this.#closing;
      if (this.lost) events.onLost();
    });
  }

  /** Opens a connection; resolves also when that fails, with the client marked as lost. */
  static open(options: ClientOptions): Promise<Client> {
    return new Promise((resolve) => {
      const done = () => resolve(client);
      const client = new Client(options, { onOpen: done, onLost: done });
    });
  }

  /** Sends one batch. */
  send(): void {
    this.#missing = this.#options.depth;
    this.#sentAt = performance.now();
    this.#socket.write(this.#options.batch);
  }

  /** Closes without waiting; the answers under way are not wanted. */
  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closing) return;
    const whole = this.#rest.length === 0 ? this.#wholeAnswers(bytes) : 0;
    this.good += whole;
    this.#missing -= whole;
    if (whole === 0) this.#scan(bytes);
    if (this.#missing === 0 && !this.#closing) this.#endBatch();
  }

  /**
   * The usual case, without parsing: how many answers the bytes hold, if they hold only answers of
   * the known length, each with a 2xx status; otherwise 0.
   */
  #wholeAnswers(bytes: Uint8Array): number {
    const each = this.#answerBytes;
    const count = bytes.length / each;
    if (each === 0 || !Number.isInteger(count) || count > this.#missing) return 0;
    for (let at = STATUS_AT; at < bytes.length; at += each) {
      if (bytes[at] !== DIGIT_2) return 0;
    }
    return count;
  }

  #scan(bytes: Uint8Array): void {
    let rest = joined([this.#rest, bytes]) as Uint8Array<ArrayBuffer>;
    try {
      for (;;) {
        const answer = maybeAnswer(rest);
        if (answer === null) break;
        this.#count(answer);
        rest = rest.subarray(answer.length);
      }
      this.#rest = rest;
    } catch (error) {
      if (!(error instanceof BadAnswer)) throw error;
      // Where the next answer begins is not known any more.
      this.bad++;
      this.close();
    }
  }

  #count(answer: Answer): void {
    if (answer.status === 200 && answer.body.length === this.#options.bodyBytes) {
      this.good++;
      this.#answerBytes = answer.length;
    } else {
      this.bad++;
    }
    this.#missing--;
  }

  #endBatch(): void {
    const again = this.#options.onBatch(this, performance.now() - this.#sentAt);
    if (again) this.send();
  }
}

/** The same request, `depth` times. */
export function batchOf(request: string, depth: number): Uint8Array {
  return Buffer.from(request.repeat(depth));
}
