/**
 * What runs inside a worker: loads the module, runs its handler for one request at a time, and tells
 * the pool. Never imported for its values: a worker starts with this file.
 *
 * @module
 */

import { setPriority } from "node:os";
import { workerData } from "node:worker_threads";
import { loadHandlerModule } from "../threads/handler_module.ts";
import type { ThreadSetup } from "../threads/thread.ts";
import { sendPlan, type StreamPlan, type WholePlan } from "../fetch/response.ts";
import { type BodyMessage, BodySink, BodySource, parcel } from "./body_transfer.ts";
import type {
  FromExchange,
  FromWorker,
  Origin,
  PostedInfo,
  PostedRequest,
  PostedResponse,
  ToWorker,
} from "./messages.ts";
import { fromWire, toWire } from "./wire_error.ts";

/** What a worker is started with. */
export interface WorkerSetup {
  /** The URL of the handler's module. */
  readonly module: string;
}

type Handler = (request: Request, info: PostedInfo) => unknown;

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

const { data: { module }, port } = workerData as ThreadSetup<WorkerSetup>;

/** One request, from its head to the end of its answer. */
class Exchange {
  readonly #id: number;
  readonly #aborter = new AbortController();
  readonly #sink: BodySink | null;
  #source: BodySource | null = null;
  #bodyFailure: Error | undefined;

  constructor(id: number, head: PostedRequest) {
    this.#id = id;
    this.#sink = head.hasBody ? new BodySink((message) => this.#post(message)) : null;
  }

  async run(handler: Handler, head: PostedRequest): Promise<void> {
    try {
      const response = await handler(this.#request(head), head.info);
      await this.#answer(response);
    } catch (error) {
      this.#post({ kind: "threw", error: toWire(error), origin: this.#originOf(error) });
    }
    // From now on the pool would not answer a request for a piece.
    this.#sink?.fail(new TypeError("Cannot read the body: its request is over"));
    this.#post({ kind: "done" });
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "abort":
        return this.#aborter.abort(fromWire(message.reason));
      case "piece":
        return this.#sink?.piece(message.bytes);
      case "end":
        return this.#sink?.end();
      case "fail":
        this.#bodyFailure = fromWire(message.error);
        return this.#sink?.fail(this.#bodyFailure);
      case "pull":
        this.#source?.pull();
        return;
      case "cancel":
        return this.#source?.cancel();
    }
  }

  #request(head: PostedRequest): Request {
    return new Request(head.url, {
      method: head.method,
      headers: head.headers as [string, string][],
      body: this.#sink?.stream ?? null,
      signal: this.#aborter.signal,
      redirect: "manual",
    });
  }

  /** Posts the answer, and resolves when its body has ended. */
  async #answer(response: unknown): Promise<void> {
    let plan = sendPlan(response);
    if (plan.kind === "later") plan = await plan.plan;
    if (plan.kind === "stream") {
      this.#source = new BodySource(
        plan.stream,
        (message, transfer) => this.#post(message, transfer),
      );
    }
    const { body, transfer } = bodyOf(plan);
    this.#post({ kind: "response", head: headOf(response as Response, body, plan) }, transfer);
    await this.#source?.ended;
  }

  /** Which of the server's own errors the handler threw, so that the server can throw the same. */
  #originOf(error: unknown): Origin {
    if (error === this.#bodyFailure && error !== undefined) return "body";
    return this.#aborter.signal.aborted && error === this.#aborter.signal.reason
      ? "abort"
      : "handler";
  }

  #post(message: WithoutId<FromExchange> | BodyMessage, transfer: ArrayBuffer[] = []): void {
    port.postMessage({ ...message, id: this.#id }, transfer);
  }
}

type Body = PostedResponse["body"];

function bodyOf(plan: WholePlan | StreamPlan): { body: Body; transfer: ArrayBuffer[] } {
  if (plan.kind === "stream") return { body: null, transfer: [] };
  if (!(plan.body instanceof Uint8Array)) return { body: plan.body, transfer: [] };
  const { bytes, transfer } = parcel(plan.body);
  return { body: bytes, transfer };
}

function headOf(response: Response, body: Body, plan: WholePlan | StreamPlan): PostedResponse {
  const { status, statusText, headers } = response;
  return { status, statusText, headers: [...headers], body, streamed: plan.kind === "stream" };
}

function tell(message: FromWorker): void {
  port.postMessage(message);
}

/** An error that nobody caught leaves the worker in a state that nobody knows: it is not used again. */
function crash(event: Event, error: unknown): void {
  event.preventDefault();
  tell({ kind: "crashed", error: toWire(error) });
}

function serve(handler: Handler): void {
  let exchange: { readonly id: number; readonly run: Exchange } | null = null;
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "request") {
      exchange = { id: data.id, run: new Exchange(data.id, data.head) };
      exchange.run.run(handler, data.head);
    } else if (exchange?.id === data.id) {
      exchange.run.receive(data);
    }
  };
}

/**
 * Lets the server's thread go first when there is more work than cores. On Linux a priority is that
 * of the calling thread; without the permission, nothing changes.
 */
function stepBack(): void {
  if (Deno.build.os !== "linux") return;
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "setPriority" });
  if (state === "granted") setPriority(0, NICENESS);
}

/** The lowest priority: a worker computes, the server answers. */
const NICENESS = 19;

// Threads of Node have no `self`; modules written for the web need it.
Object.assign(globalThis, { self: globalThis });
addEventListener("unhandledrejection", (event) => crash(event, event.reason));
addEventListener("error", (event) => crash(event, event.error));
try {
  stepBack();
  const { handler } = await loadHandlerModule<PostedInfo>(module);
  serve(handler);
  tell({ kind: "ready" });
} catch (error) {
  tell({ kind: "crashed", error: toWire(error) });
}
