/**
 * The metrics of a server, by the names of the conventions.
 *
 * @module
 */

import { type Attributes, type Histogram, metrics, type UpDownCounter } from "@opentelemetry/api";
import {
  DURATION_BOUNDS,
  HTTP_REQUEST_METHOD,
  knownMethod,
  type Scheme,
  SIZE_BOUNDS,
  URL_SCHEME,
} from "./conventions.ts";

/** What one request took. */
export interface CallFigures {
  readonly ms: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** See the head of this file. */
export class Meters {
  readonly #scheme: Scheme;
  readonly #active: UpDownCounter;
  readonly #duration: Histogram;
  readonly #requestSize: Histogram;
  readonly #responseSize: Histogram;

  constructor(scope: string, scheme: Scheme) {
    const meter = metrics.getMeter(scope);
    const size = (side: string) =>
      meter.createHistogram(`http.server.${side}.body.size`, {
        description: `Size of HTTP server ${side} bodies.`,
        unit: "By",
        advice: { explicitBucketBoundaries: SIZE_BOUNDS },
      });
    this.#scheme = scheme;
    this.#active = meter.createUpDownCounter("http.server.active_requests", {
      description: "Number of active HTTP server requests.",
      unit: "{request}",
    });
    this.#duration = meter.createHistogram("http.server.request.duration", {
      description: "Duration of HTTP server requests.",
      unit: "s",
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    });
    this.#requestSize = size("request");
    this.#responseSize = size("response");
  }

  /** The number of requests under way changes by one. */
  active(method: string, change: 1 | -1): void {
    const attributes = { [HTTP_REQUEST_METHOD]: knownMethod(method), [URL_SCHEME]: this.#scheme };
    this.#active.add(change, attributes);
  }

  /** A request is over. */
  ended(attributes: Attributes, { ms, requestBytes, responseBytes }: CallFigures): void {
    this.#duration.record(ms / 1000, attributes);
    this.#requestSize.record(requestBytes, attributes);
    this.#responseSize.record(responseBytes, attributes);
  }

  /** A request was answered by the engine before there was an exchange: nothing is known of its bodies. */
  refused(attributes: Attributes): void {
    this.#duration.record(0, attributes);
  }
}
