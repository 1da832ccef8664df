/**
 * Whether OpenTelemetry is on, and if so, its way into a server. All that this file costs where it is off
 * is one look at a property: everything else of the folder, and OpenTelemetry's API, is loaded from here.
 *
 * @module
 */

import type { ExchangeInfo, Observer } from "../../reactor/observer.ts";
import type { Arrival, HandlerContext } from "../fetch/handler_context.ts";
import { report } from "../report.ts";
import { otelProviders } from "../telemetry_providers.ts";
import type { Scheme } from "./conventions.ts";
import type { Instrumentation } from "./instrumentation.ts";

/** What telemetry needs of a server. */
export interface Observable {
  observe(observer: Observer): () => void;
}

/** The telemetry of a server that begins now; `null` when OpenTelemetry is off. */
export function telemetryFor(scheme: Scheme): Telemetry | null {
  const providers = otelProviders();
  if (providers === null) return null;
  return "trace" in providers || "metrics" in providers ? new Telemetry(scheme) : null;
}

/** Spans and metrics of one server. */
export class Telemetry implements HandlerContext {
  readonly #scheme: Scheme;
  #instrumentation: Instrumentation | null = null;

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  /**
   * Resolves when the API is loaded and the server watched. No connection may be accepted before, so that
   * none is missed. If it cannot be loaded, that is reported, and the server runs without it.
   */
  async watch(server: Observable): Promise<void> {
    try {
      const { Instrumentation } = await import("./instrumentation.ts");
      const instrumentation = new Instrumentation(this.#scheme);
      server.observe(instrumentation);
      this.#instrumentation = instrumentation;
    } catch (error) {
      report("Cannot load OpenTelemetry's API, there will be no spans and no metrics:", error);
    }
  }

  enter(arrival: Arrival, begin: () => void): void {
    const span = this.#attempt((instrumentation) => instrumentation.open(arrival));
    if (span === undefined) begin();
    else span.run(begin);
  }

  failed(exchange: ExchangeInfo, error: unknown): void {
    this.#attempt((instrumentation) => instrumentation.failed(exchange, error));
  }

  /** A provider that fails must not fail the request. */
  #attempt<Result>(call: (instrumentation: Instrumentation) => Result): Result | undefined {
    try {
      return this.#instrumentation === null ? undefined : call(this.#instrumentation);
    } catch (error) {
      report("OpenTelemetry's provider failed:", error);
      return undefined;
    }
  }
}
