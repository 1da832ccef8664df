/**
 * What the server's thread and a worker say to each other about one request at a time, as types. The
 * bodies' own words are in `body_transfer.ts`, errors in `wire_error.ts`.
 *
 * @module
 */

import type { Client } from "../../reactor/request_head.ts";
import type { BodyMessage } from "./body_transfer.ts";
import type { WireError } from "./wire_error.ts";

/** Field lines as pairs, so that each Set-Cookie stays its own. */
export type FieldPairs = readonly (readonly [string, string])[];

/** What the handler gets beside the request; `null` for what the pool was called without. */
export interface PostedInfo {
  readonly remoteAddr: Deno.Addr | null;
  readonly client: Client | null;
}

/** A request without its body. */
export interface PostedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: FieldPairs;
  /** Whether a body can be pulled. */
  readonly hasBody: boolean;
  readonly info: PostedInfo;
}

/** A response; without its body, if that has to be pulled. */
export interface PostedResponse {
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

/** To a worker. `id` names the request, so that no late message is taken for the next one's. */
export type ToWorker =
  & { readonly id: number }
  & (
    | { readonly kind: "request"; readonly head: PostedRequest }
    | { readonly kind: "abort"; readonly reason: WireError }
    | BodyMessage
  );

/** From a worker about a request; `done` frees it for the next one. */
export type FromExchange =
  & { readonly id: number }
  & (
    | { readonly kind: "response"; readonly head: PostedResponse }
    | { readonly kind: "threw"; readonly error: WireError; readonly origin: Origin }
    | { readonly kind: "done" }
    | BodyMessage
  );

/** From a worker about itself, or about a request. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "crashed"; readonly error: WireError }
  | FromExchange;
