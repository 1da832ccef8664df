/**
 * What the server's thread and a worker say to each other about one request at a time, as types, and
 * errors as messages. The bodies' own words are in `body_transfer.ts`.
 *
 * @module
 */

import type { BodyMessage } from "./body_transfer.ts";

/** An error on its way: an `Error` loses its name and its class when it is cloned. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Field lines as pairs, so that each Set-Cookie stays its own. */
export type FieldPairs = readonly (readonly [string, string])[];

/** A request without its body. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: FieldPairs;
  /** Whether a body can be pulled. */
  readonly hasBody: boolean;
  /** The client's address; `null` when the pool was called without an `info`. */
  readonly remoteAddr: Deno.Addr | null;
}

/** A response without a body that has to be pulled. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: FieldPairs;
  /** The body if it is here; `null` when there is none, or it has to be pulled. */
  readonly body: Uint8Array<ArrayBuffer> | string | null;
  /** Whether it has to be pulled. */
  readonly streamed: boolean;
}

/** Which of the server's own errors came back out of the handler, if it was one of them. */
export type Origin = "handler" | "body" | "abort";

/** To a worker. `id` tells the request, so that what crossed its end on the way is not taken for the next one's. */
export type ToWorker =
  & { readonly id: number }
  & (
    | { readonly kind: "request"; readonly head: RequestHead }
    | { readonly kind: "abort"; readonly reason: WireError }
    | BodyMessage
  );

/** From a worker about a request; `done` frees it for the next one. */
export type FromExchange =
  & { readonly id: number }
  & (
    | { readonly kind: "response"; readonly head: ResponseHead }
    | { readonly kind: "threw"; readonly error: WireError; readonly origin: Origin }
    | { readonly kind: "done" }
    | BodyMessage
  );

/** From a worker about itself, or about a request. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "crashed"; readonly error: WireError }
  | FromExchange;

/** Anything that was thrown, as a message. Reading it may run code of the error, which may throw. */
export function toWire(error: unknown): WireError {
  try {
    if (error instanceof Error) {
      return {
        name: String(error.name),
        message: String(error.message),
        stack: String(error.stack),
      };
    }
    return { name: "Error", message: String(error), stack: "" };
  } catch {
    return { name: "Error", message: "An error that cannot be read", stack: "" };
  }
}

/** The error again, with the name, message and stack that it had. */
export function fromWire({ name, message, stack }: WireError): Error {
  const error = new Error(message);
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(error, "name", { value: name, ...hidden });
  if (stack !== "") Object.defineProperty(error, "stack", { value: stack, ...hidden });
  return error;
}
