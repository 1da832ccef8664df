/**
 * What is put in front of a handler on paths of its own: health and metrics.
 *
 * @module
 */

import type { Measured } from "./metrics/measured.ts";
import type { ServeHandler, ServeHandlerInfo } from "./serve_options.ts";

/** What answers on some paths, and watches the server for it. */
export interface Mount {
  readonly handler: (request: Request, info: ServeHandlerInfo) => Response | Promise<Response>;
  observe(server: Measured): unknown;
}

/** By its path, what is in front of a handler. */
export type Mounts = Map<string, Mount>;

/** Which paths are wanted. */
export interface MountFlags {
  /** `/healthz` and `/readyz`. */
  readonly health: boolean;
  /** `/metrics`. */
  readonly metrics: boolean;
}

/** Where the metrics are. */
export const METRICS_PATH = "/metrics";

/** Loads what is wanted. */
export async function loadMounts({ health, metrics }: MountFlags): Promise<Mounts> {
  const mounts: Mounts = new Map();
  if (health) {
    const { Health } = await import("./health.ts");
    const both = new Health();
    mounts.set("/healthz", both).set("/readyz", both);
  }
  if (metrics) {
    const { Metrics } = await import("./metrics/metrics.ts");
    mounts.set(METRICS_PATH, new Metrics());
  }
  return mounts;
}

/** `handler` with `mounts` in front of it; without any of them it stays as it is. */
export function mounted(handler: ServeHandler, mounts: Mounts): ServeHandler {
  if (mounts.size === 0) return handler;
  return (request, info) => {
    const mount = mounts.get(new URL(request.url).pathname);
    return (mount ?? { handler }).handler(request, info);
  };
}

/** Lets all mounts watch `server`. */
export function watchFrom(mounts: Mounts, server: Measured): void {
  for (const mount of new Set(mounts.values())) mount.observe(server);
}
