/**
 * Weir: an HTTP/1.1 server for Deno with time-outs, limits and a shutdown that keeps its deadline.
 * A drop-in for `Deno.serve`.
 *
 * ```ts
 * import { serve } from "@weir/weir";
 *
 * const server = serve({ port: 8000, timeouts: { handler: 5_000 } }, async (request) => {
 *   const { pathname } = new URL(request.url);
 *   return new Response(`Hello from ${pathname}\n`);
 * });
 * console.log(await server.shutdown({ deadline: 500 }));
 * ```
 *
 * @module
 */

export { serve, type Server } from "./handlers/serve.ts";
export type {
  ServeAddr,
  ServeHandler,
  ServeHandlerInfo,
  ServeInit,
  ServeOptions,
  ServeTcpOptions,
  ServeUnixOptions,
  UpgradeInit,
} from "./handlers/serve_options.ts";
export type {
  Limits,
  PathOverride,
  ReactorOptions,
  Shutdown,
  Timeouts,
} from "./reactor/options.ts";
export { type AbortCode, AbortError, type BodyCode, BodyError } from "./reactor/errors.ts";
export type { ConnectionInfo } from "./reactor/connection_info.ts";
export type { CloseReason, State } from "./reactor/states.ts";
export type { ShutdownReport } from "./reactor/reactor.ts";
export type { Address, Bytes, Conn } from "./reactor/ports.ts";
