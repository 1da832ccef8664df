/**
 * A `Request` that is filled when it is read. `new Request` costs more than all the rest of a
 * small exchange in JavaScript (docs/performance.md, "Primitives"); this one costs the decoding of the head, and the platform cannot tell
 * it from its own (`stand_in.ts` says how). What it knows lives in `incoming.ts`.
 *
 * @module
 */

import { Incoming, type RequestExchange, type RequestOptions } from "./incoming.ts";
import { standIn } from "./stand_in.ts";

export type { RequestOptions } from "./incoming.ts";

/** A symbol and not a private field, so that a `Proxy` of a request works as it does with Deno.serve. */
const STATE = Symbol("incoming");

const native = Request.prototype;

/** Passes for a `Request`; never handed out under its own type. */
class LazyRequest {
  declare readonly [STATE]: Incoming;

  constructor(incoming: Incoming) {
    this[STATE] = incoming;
  }

  get method(): string {
    return this[STATE].method;
  }

  get url(): string {
    return this[STATE].url;
  }

  get headers(): Headers {
    return this[STATE].headers;
  }

  get signal(): AbortSignal {
    return this[STATE].signal;
  }

  get body(): Request["body"] {
    return this[STATE].body;
  }

  get bodyUsed(): boolean {
    return this[STATE].bodyUsed;
  }

  text(): Promise<string> {
    return this[STATE].text();
  }

  json(): Promise<unknown> {
    return this[STATE].json();
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this[STATE].bytes();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this[STATE].arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this[STATE].blob();
  }

  formData(): Promise<FormData> {
    return this[STATE].formData();
  }
}

/** A request off the wire has the defaults in `cache`, `mode` and their like: a sample tells them once. */
function answerDefaults(prototype: object, sample: Request): void {
  Object.keys(Object.getOwnPropertyDescriptors(native)).forEach((name) => {
    const isAccessor = Object.getOwnPropertyDescriptor(native, name)?.get !== undefined;
    if (!isAccessor || Object.hasOwn(prototype, name)) return;
    const value: unknown = Reflect.get(sample, name);
    if (typeof value === "object") return;
    Object.defineProperty(prototype, name, { get: () => value, configurable: true });
  });
}

answerDefaults(LazyRequest.prototype, new Request("http://localhost/"));
standIn<Request>(LazyRequest.prototype, {
  native: Request,
  sample: new Request("http://localhost/"),
  shared: ["headers", "signal"],
  fixed: [],
  real: (self) => (self as LazyRequest)[STATE].real,
});

/** The request that a handler gets. Reads nothing but the head's text, once. */
export function lazyRequest(options: RequestOptions): Request {
  return new LazyRequest(new Incoming(options)) as unknown as Request;
}

/** What a request that {@linkcode lazyRequest} made came in; `null` for any other. */
export function requestExchange(request: Request): RequestExchange | null {
  const incoming: unknown = Reflect.get(request, STATE);
  return incoming instanceof Incoming ? incoming.exchange : null;
}
