/**
 * Metrics of a server for Prometheus.
 *
 * prom-client, which knows the text format, takes 0.1 s to load. So only a server that is measured
 * loads it, and it does so after its start: at the first scrape, the load would delay other
 * requests.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import type { Clock } from "../../reactor/ports.ts";
import { READING, refuseMethod } from "../methods.ts";
import type { MetricValues } from "./aggregate.ts";
import { Counts } from "./counts.ts";
import type { Exposition, Source } from "./exposition.ts";
import type { Measured } from "./measured.ts";

/** How often a timer is looked at for its lateness, in milliseconds. */
const LAG_EVERY_MS = 100;

/**
 * Counts what a server does and answers with it in the text format of Prometheus. Counting begins
 * with {@linkcode Metrics.observe}; README lists all metrics.
 *
 * ```ts
 * import { Metrics, serve } from "@weir/weir";
 *
 * const metrics = new Metrics();
 * const server = serve({ port: 8000 }, () => new Response("Hello\n"));
 * metrics.observe(server);
 * serve({ hostname: "127.0.0.1", port: 9100 }, metrics.handler);
 * ```
 */
export class Metrics {
  #exposition: Promise<Exposition> | null = null;

  /** Counts what `server` does from now on, beginning at zero, and no other; the function returned ends that. */
  observe(server: Measured): () => void {
    const { clock } = denoPorts();
    const counts = new Counts(clock);
    const exposition = load({ server, counts });
    this.#exposition = exposition;
    const stopLags = countLags(counts, clock);
    const stopCounting = server.observe(counts);
    const stop = () => {
      stopLags();
      stopCounting();
      stopWaiting();
    };
    const stopWaiting = server.observe({
      entered: (phase) => {
        if (phase === "ended") stop();
      },
    });
    if (server.phase === "ended") stop();
    return () => {
      stop();
      if (this.#exposition === exposition) this.#exposition = null;
    };
  }

  /**
   * All metrics as plain data, to be added to those of other threads; `null` when no server is measured.
   *
   * @internal
   */
  async values(): Promise<MetricValues | null> {
    return await (await this.#exposition)?.values() ?? null;
  }

  /** The handler, to be mounted where you like; answers GET and HEAD on every path that it is given. */
  readonly handler = async (request: Request, _info?: unknown): Promise<Response> => {
    const refusal = refuseMethod(request, READING);
    if (refusal !== null) return refusal;
    if (this.#exposition === null) return new Response("No server is measured\n", { status: 503 });
    const exposition = await this.#exposition;
    const headers = { "content-type": exposition.contentType, "cache-control": "no-store" };
    return new Response(await exposition.text(), { headers });
  };
}

async function load(source: Source): Promise<Exposition> {
  const { Exposition } = await import("./exposition.ts");
  return new Exposition(source);
}

/** A timer that is late says how long the event loop was busy. */
function countLags(counts: Counts, clock: Clock): () => void {
  let last = clock.now();
  return clock.every(LAG_EVERY_MS, () => {
    const now = clock.now();
    counts.lags.add(Math.max(0, now - last - LAG_EVERY_MS));
    last = now;
  });
}
