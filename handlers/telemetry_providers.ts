/**
 * Where OpenTelemetry's API keeps its providers: one look at a property, which is all that a program without
 * OpenTelemetry pays.
 *
 * @module
 */

/**
 * Where the first version of OpenTelemetry's API finds its providers, whoever put them there: Deno with
 * `OTEL_DENO=true`, or an SDK. The environment itself could be read with a permission only.
 */
const PROVIDERS = Symbol.for("opentelemetry.js.api.1");

/** The providers; `null` where there are none. */
export function otelProviders(): object | null {
  const providers: unknown = Reflect.get(globalThis, PROVIDERS);
  return typeof providers === "object" ? providers : null;
}

/** Whether what `console` prints may be exported: Deno does that with the logs, unless it is told not to. */
export function collectsConsole(): boolean {
  return otelProviders() !== null;
}
