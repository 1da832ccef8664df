/**
 * What is around the app of a worker: health, metrics and the access log, as parts of what all workers say
 * together.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import type { LogFormat } from "../access_log/formats.ts";
import type { MetricValues } from "../metrics/aggregate.ts";
import type { Measured } from "../metrics/measured.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { READING, refuseMethod } from "../methods.ts";
import { loadMounts, METRICS_PATH, mounted, type MountFlags, watchFrom } from "../mounts.ts";
import type { ServeHandler } from "../serve_options.ts";
import { LineBatch } from "./ordered_lines.ts";
import type { SupervisorChannel } from "./worker.ts";

/** Which of them are wanted. */
export interface FeatureFlags extends MountFlags {
  /** The format of the access log; `null` without it. */
  readonly log: LogFormat | null;
}

/** What is around one app. */
export interface Features {
  /** The app's handler with what is in front of it. */
  readonly handler: ServeHandler;
  watch(view: Measured): void;
  metrics(): Promise<MetricValues | null>;
  /** Tells what has not been told. */
  end(): void;
}

/** The media type of Prometheus' text format. */
const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/** Puts what is wanted around `handler`. */
export async function loadFeatures(
  handler: ServeHandler,
  flags: FeatureFlags,
  channel: SupervisorChannel,
): Promise<Features> {
  const mounts = await loadMounts(flags);
  const metrics = mounts.get(METRICS_PATH) as Metrics | undefined;
  if (metrics !== undefined) {
    mounts.set(METRICS_PATH, {
      handler: (request) => answerMetrics(request, channel),
      observe: (server) => metrics.observe(server),
    });
  }
  const log = flags.log === null ? null : await loadLog(flags.log, channel);
  return {
    handler: mounted(handler, mounts),
    watch: (view) => {
      watchFrom(mounts, view);
      if (log !== null) view.observe(log.observer);
    },
    metrics: async () => await metrics?.values() ?? null,
    end: () => log?.batch.flush(),
  };
}

async function answerMetrics(request: Request, channel: SupervisorChannel): Promise<Response> {
  const refusal = refuseMethod(request, READING);
  if (refusal !== null) return refusal;
  const headers = { "content-type": TEXT_FORMAT, "cache-control": "no-store" };
  return new Response(await channel.ask("metrics", null), { headers });
}

async function loadLog(format: LogFormat, channel: SupervisorChannel) {
  const { LogObserver } = await import("../access_log/log_observer.ts");
  const { clock } = denoPorts();
  const batch = new LineBatch(clock, (lines) => channel.tell("log", lines));
  return { batch, observer: new LogObserver({ clock, format, write: (line) => batch.add(line) }) };
}
