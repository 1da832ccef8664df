/**
 * A server's spans and metrics through OpenTelemetry's API. Spans begin with the call of the handler and
 * end when the engine says that the answer is delivered or lost, so that they and the metrics say what
 * was sent, and not what a handler returned.
 *
 * Loaded by `telemetry.ts`, and only when OpenTelemetry is on.
 *
 * @module
 */

import { trace } from "@opentelemetry/api";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { AbortError } from "../../reactor/errors.ts";
import type { ExchangeInfo, Observer, Refusal } from "../../reactor/observer.ts";
import type { Arrival } from "../fetch/handler_context.ts";
import { CallSpan } from "./call_span.ts";
import {
  answerAttributes,
  endingOf,
  ERROR_TYPE,
  HTTP_REQUEST_METHOD,
  HTTP_RESPONSE_STATUS_CODE,
  OTHER_METHOD,
  type Scheme,
  URL_SCHEME,
} from "./conventions.ts";
import { Meters } from "./meters.ts";

/** The instrumentation's own name. */
const SCOPE = "weir";

/** See the head of this file. */
export class Instrumentation implements Observer {
  readonly #scheme: Scheme;
  readonly #meters: Meters;
  readonly #tracer = trace.getTracer(SCOPE);
  /** The spans of the handlers at work and the answers under way. */
  readonly #spans = new WeakMap<ExchangeInfo, CallSpan>();

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
    this.#meters = new Meters(SCOPE, scheme);
  }

  /** The span of a call that is about to begin. */
  open(arrival: Arrival): CallSpan {
    const span = new CallSpan(this.#tracer, arrival, this.#scheme);
    this.#spans.set(arrival.exchange, span);
    return span;
  }

  /** The call failed. */
  failed(exchange: ExchangeInfo, error: unknown): void {
    this.#spans.get(exchange)?.failed(error);
  }

  begun(exchange: ExchangeInfo): void {
    this.#meters.active(exchange.method, 1);
  }

  settled(exchange: ExchangeInfo, error: AbortError | undefined): void {
    const span = this.#spans.get(exchange);
    this.#spans.delete(exchange);
    const ending = endingOf(exchange, { error, failure: span?.failure });
    span?.end(ending);
    this.#meters.active(exchange.method, -1);
    const scheme = this.#scheme;
    this.#meters.ended(answerAttributes(exchange, { scheme, route: span?.route, ending }), {
      ms: performance.now() - exchange.begunMs,
      requestBytes: exchange.requestBodyBytes,
      responseBytes: exchange.bodyBytes,
    });
  }

  /** A request without an exchange has no method that could be trusted, and no time: it was never whole. */
  refused(_connection: ConnectionInfo, { code, status, exchange }: Refusal): void {
    if (exchange !== null) return;
    this.#meters.refused({
      [HTTP_REQUEST_METHOD]: OTHER_METHOD,
      [URL_SCHEME]: this.#scheme,
      [HTTP_RESPONSE_STATUS_CODE]: status,
      [ERROR_TYPE]: code,
    });
  }
}
