/**
 * The span of one call of the handler: from the call to the end of its answer.
 *
 * @module
 */

import {
  type AttributeValue,
  type Context,
  context,
  type Exception,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Arrival } from "../fetch/handler_context.ts";
import {
  ERROR_TYPE,
  HTTP_RESPONSE_STATUS_CODE,
  HTTP_ROUTE,
  requestAttributes,
  type Scheme,
  type SpanEnding,
  spanName,
} from "./conventions.ts";

/** Reads what the caller says of its trace. */
const FIELDS: TextMapGetter<Headers> = {
  get: (headers, name) => headers.get(name) ?? undefined,
  keys: (headers) => [...headers.keys()],
};

/** See the head of this file. */
export class CallSpan {
  readonly #span: Span;
  readonly #context: Context;
  readonly #method: string;
  #named = false;
  /** What the handler, or the stream of its answer, threw. */
  failure: unknown = undefined;
  /** The route, if the handler, or a framework in it, gave the span one. */
  route: string | undefined = undefined;

  /** Begins, as a child of the caller's span if the request names one. */
  constructor(tracer: Tracer, arrival: Arrival, scheme: Scheme) {
    // Not from the active context: that is whatever was active when `serve` was called.
    const parent = propagation.extract(ROOT_CONTEXT, arrival.request.headers, FIELDS);
    const attributes = requestAttributes(arrival, scheme);
    const options = { kind: SpanKind.SERVER, attributes };
    this.#method = spanName(arrival.exchange.method);
    this.#span = tracer.startSpan(this.#method, options, parent);
    this.#context = trace.setSpan(parent, this.#span);
    this.#listen();
  }

  /** Calls `begin` with the span active, there and in everything that it starts. */
  run(begin: () => void): void {
    context.with(this.#context, begin);
  }

  /** Something was thrown. */
  failed(error: unknown): void {
    this.failure = error;
    this.#span.recordException(exceptionOf(error));
  }

  /** Ends it, named by its route if the handler gave it no other name. */
  end({ status, errorType, isError }: SpanEnding): void {
    if (this.route !== undefined && !this.#named) {
      this.#span.updateName(`${this.#method} ${this.route}`);
    }
    if (status > 0) this.#span.setAttribute(HTTP_RESPONSE_STATUS_CODE, status);
    if (errorType !== undefined) this.#span.setAttribute(ERROR_TYPE, errorType);
    if (isError) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
  }

  /**
   * Watches what the handler writes to the span: a span cannot be read, and the metrics need the
   * route too, as with Deno.serve. It overrides the span's methods and does not wrap the span,
   * because the provider accepts only its own spans.
   */
  #listen(): void {
    const span = this.#span;
    const { setAttribute, setAttributes, updateName } = span;
    const note = (route: AttributeValue | undefined) => {
      if (typeof route === "string") this.route = route;
    };
    span.setAttribute = (name, value) => {
      if (name === HTTP_ROUTE) note(value);
      return setAttribute.call(span, name, value);
    };
    span.setAttributes = (attributes) => {
      note(attributes[HTTP_ROUTE]);
      return setAttributes.call(span, attributes);
    };
    span.updateName = (name) => {
      this.#named = true;
      return updateName.call(span, name);
    };
  }
}

function exceptionOf(error: unknown): Exception {
  if (error instanceof Error) return error;
  return typeof error === "string" ? error : Deno.inspect(error);
}
