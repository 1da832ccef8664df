/**
 * What load balancers and supervisors ask: is the process alive, and should it get requests.
 *
 * @module
 */

import type { Phase } from "../reactor/states.ts";
import { READING, refuseMethod } from "./methods.ts";

/** What {@linkcode Health} looks at; every server of `serve` has it. */
export interface Phased {
  /** Where the server is in its life. */
  readonly phase: Phase;
}

/**
 * Answers a path that ends in `/healthz` with 200 for as long as it can answer at all, and one that ends
 * in `/readyz` with 200 only while the server is `"serving"`: 503 from the first moment of a shutdown, its
 * `readyDelay` included, and before {@linkcode Health.observe} was called. All else is 404.
 *
 * ```ts
 * import { Health, serve } from "@weir/weir";
 *
 * const health = new Health();
 * const server = serve((request, info) =>
 *   /\/(healthz|readyz)$/.test(new URL(request.url).pathname)
 *     ? health.handler(request, info)
 *     : new Response("Hello\n")
 * );
 * health.observe(server);
 * await server.shutdown({ readyDelay: 5_000 });
 * ```
 */
export class Health {
  #server: Phased | null = null;

  /** Answers for `server` from now on; the function returned ends that. */
  observe(server: Phased): () => void {
    this.#server = server;
    return () => {
      if (this.#server === server) this.#server = null;
    };
  }

  /** The handler, to be mounted where you like; answers GET and HEAD. */
  readonly handler = (request: Request, _info?: unknown): Response => {
    const { pathname } = new URL(request.url);
    const alive = pathname.endsWith("/healthz");
    if (!alive && !pathname.endsWith("/readyz")) return answer(404, "Not found");
    const refusal = refuseMethod(request, READING);
    if (refusal !== null) return refusal;
    if (alive) return answer(200, "ok");
    const phase = this.#server?.phase ?? "not ready";
    return phase === "serving" ? answer(200, "ok") : answer(503, phase);
  };
}

function answer(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "cache-control": "no-store" } });
}
