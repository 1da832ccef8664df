/**
 * What the flags put around the handler.
 *
 * @module
 */

import { Health, type ServeHandler, type Server } from "../mod.ts";
import type { ServeCommand } from "./command.ts";

/** A handler with more paths in front of it. */
export interface Mounted {
  readonly handler: ServeHandler;
  /** To be called with the server, once there is one. */
  readonly watch: (server: Server) => void;
}

/** Puts what `command` asks for around `handler`; without any flag it stays as it is. */
export function mount(handler: ServeHandler, { health }: ServeCommand): Mounted {
  return health ? withHealth(handler) : { handler, watch: () => {} };
}

function withHealth(handler: ServeHandler): Mounted {
  const health = new Health();
  const paths = ["/healthz", "/readyz"];
  return {
    handler: (request, info) =>
      paths.includes(new URL(request.url).pathname)
        ? health.handler(request)
        : handler(request, info),
    watch: (server) => health.observe(server),
  };
}
