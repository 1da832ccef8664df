/**
 * One request on its way through a worker, seen from the server's thread: request → messages,
 * messages → response, and what becomes of both when the client leaves, the time is over or the worker
 * fails.
 *
 * @module
 */

import { type BodyMessage, BodySink, BodySource } from "./body_transfer.ts";
import type { FromExchange, PostedInfo, PostedRequest, PostedResponse } from "./messages.ts";
import { fromWire, toWire } from "./wire_error.ts";
import type { Pool, PoolRefusal, Task } from "./pool.ts";
import type { WorkerPort } from "./worker_port.ts";

/** A request's worker failed: its module did not load, it ended itself, or nobody caught an error in it. */
export class WorkerCrash extends Error {
  /** Always "WorkerCrash". */
  override readonly name = "WorkerCrash";

  /** `cause` is what went wrong in the worker. */
  constructor(cause: Error) {
    super(`The worker failed: ${cause.message}`, { cause });
  }
}

/** What an exchange is made of. */
export interface ExchangeInit {
  /** Tells it from the others of its pool. */
  readonly id: number;
  readonly info: PostedInfo;
  readonly pool: Pool;
}

/** A task that is a request. */
export class WorkerExchange implements Task {
  readonly #id: number;
  readonly #request: Request;
  readonly #info: PostedInfo;
  readonly #pool: Pool;
  readonly #answer = Promise.withResolvers<Response>();
  readonly #onAbort = () => this.#abort();
  #port: WorkerPort | null = null;
  #source: BodySource | null = null;
  #sink: BodySink | null = null;

  constructor(request: Request, { id, info, pool }: ExchangeInit) {
    this.#id = id;
    this.#request = request;
    this.#info = info;
    this.#pool = pool;
  }

  /**
   * Resolves with the answer; rejects with the handler's error, a {@linkcode WorkerCrash}, or the reason
   * of the request's signal.
   */
  async run(): Promise<Response> {
    const { signal, body, bodyUsed } = this.#request;
    signal.throwIfAborted();
    if (bodyUsed || body?.locked) throw new TypeError("Cannot send the request: its body is used");
    signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#pool.submit(this);
    return await this.#answer.promise;
  }

  begin(port: WorkerPort): void {
    this.#port = port;
    try {
      const head = requestHead(this.#request, this.#info);
      if (this.#request.body !== null) {
        this.#source = new BodySource(
          this.#request.body,
          (message, transfer) => this.#post(message, transfer),
        );
      }
      port.post({ kind: "request", id: this.#id, head }, []);
    } catch (error) {
      this.#answer.reject(error);
      this.#release();
    }
  }

  receive(message: FromExchange): void {
    if (message.id !== this.#id) return;
    switch (message.kind) {
      case "response":
        return this.#respond(message.head);
      case "threw":
        return this.#answer.reject(this.#original(message.origin) ?? fromWire(message.error));
      case "done":
        return this.#release();
      case "pull":
        this.#source?.pull();
        return;
      case "cancel":
        return this.#source?.cancel();
      case "piece":
        return this.#sink?.piece(message.bytes);
      case "end":
        return this.#sink?.end();
      case "fail":
        return this.#sink?.fail(fromWire(message.error));
    }
  }

  crashed(error: Error): void {
    this.#fail(new WorkerCrash(error));
  }

  timedOut(): void {
    const reason = new DOMException("The handler's time in the worker is over", "TimeoutError");
    this.#answer.resolve(unavailable());
    this.#tellAbort(reason);
    this.#sink?.abort(reason);
  }

  refused(why: PoolRefusal): void {
    // A moment later the same request may find a place, but not in a pool that has ended.
    this.#answer.resolve(unavailable(why === "closed" ? {} : { "retry-after": "1" }));
    this.#end();
  }

  #respond(head: PostedResponse): void {
    const { status, statusText, headers, body, streamed } = head;
    if (streamed) {
      // A reader that gives up leaves the worker with nothing to do: it has to come back soon.
      const giveUp = () => this.#pool.abandon(this);
      this.#sink = new BodySink((message) => this.#post(message), giveUp);
    }
    const init = { status, statusText, headers: headers as [string, string][] };
    try {
      this.#answer.resolve(new Response(this.#sink?.stream ?? body, init));
    } catch (error) {
      this.#answer.reject(error);
      this.#pool.abandon(this);
    }
  }

  /** The error itself, not the worker's copy of it: `onError` and the engine recognize it. */
  #original(origin: "handler" | "body" | "abort"): unknown {
    if (origin === "body") return this.#source?.failure;
    return origin === "abort" ? this.#request.signal.reason : undefined;
  }

  #abort(): void {
    const { reason } = this.#request.signal;
    this.#tellAbort(reason);
    this.#pool.abandon(this);
    this.#answer.reject(reason);
    this.#sink?.abort(reason);
    if (this.#port === null) this.#end();
  }

  #tellAbort(reason: unknown): void {
    this.#port?.post({ kind: "abort", id: this.#id, reason: toWire(reason) }, []);
  }

  #fail(error: Error): void {
    this.#answer.reject(error);
    this.#sink?.fail(error);
    this.#source?.cancel();
    this.#end();
  }

  #release(): void {
    this.#source?.cancel();
    this.#end();
    this.#pool.release(this);
  }

  #end(): void {
    this.#request.signal.removeEventListener("abort", this.#onAbort);
  }

  #post(message: BodyMessage, transfer: ArrayBuffer[] = []): void {
    this.#port?.post({ ...message, id: this.#id }, transfer);
  }
}

function requestHead(request: Request, info: PostedInfo): PostedRequest {
  const { method, url } = request;
  const hasBody = request.body !== null;
  return { method, url, headers: [...request.headers], hasBody, info };
}

/**
 * 503, and not 504 (RFC 9110 §15.6.5): a worker is not an upstream server but a part of this one,
 * which cannot answer at the moment; and `timeouts.handler` answers the same.
 */
function unavailable(headers: Record<string, string> = {}): Response {
  const response = new Response("Service Unavailable", { status: 503, headers });
  response.headers.delete("content-type");
  return response;
}
