/**
 * What the flags put around the handler.
 *
 * @module
 */

import type { ServeHandler, Server } from "../mod.ts";

/** A handler with more paths in front of it. */
export interface Mounted {
  readonly handler: ServeHandler;
  /** To be called with the server, once there is one. */
  readonly watch: (server: Server) => void;
}

/** What answers on some paths, and watches the server for it. */
interface Mount {
  readonly handler: ServeHandler;
  observe(server: Server): unknown;
}

/** Which paths are wanted. */
export interface MountFlags {
  readonly health: boolean;
  readonly metrics: boolean;
}

/** Puts what the flags ask for in front of `handler`; without any of them it stays as it is. */
export async function mount(
  handler: ServeHandler,
  { health, metrics }: MountFlags,
): Promise<Mounted> {
  const mounts = new Map<string, Mount>();
  if (health) {
    const { Health } = await import("../handlers/health.ts");
    const both = new Health();
    mounts.set("/healthz", both).set("/readyz", both);
  }
  if (metrics) {
    const { Metrics } = await import("../handlers/metrics/metrics.ts");
    mounts.set("/metrics", new Metrics());
  }
  if (mounts.size === 0) return { handler, watch: () => {} };
  return {
    handler: (request, info) => {
      const mounted = mounts.get(new URL(request.url).pathname);
      return (mounted ?? { handler }).handler(request, info);
    },
    watch: (server) => new Set(mounts.values()).forEach((each) => each.observe(server)),
  };
}
