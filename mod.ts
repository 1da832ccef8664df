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
export { AccessLog, type AccessLogOptions } from "./handlers/access_log/access_log.ts";
export type { LogFormat } from "./handlers/access_log/formats.ts";
export { type FileHandler, staticFiles } from "./handlers/files/static_files.ts";
export type { CacheRule, FileCoding, StaticFilesOptions } from "./handlers/files/options.ts";
export { eventStream } from "./handlers/events/event_stream.ts";
export type { ServerSentEvent } from "./handlers/events/encoding.ts";
export type {
  EventStreamOptions,
  FullStreamPolicy,
  StreamShutdownPolicy,
} from "./handlers/events/options.ts";
export type {
  EventIterable,
  EventSink,
  EventStreamSource,
  SourceResult,
  StreamCleanup,
} from "./handlers/events/source.ts";
export { serveParallel } from "./handlers/parallel/serve_parallel.ts";
export type { ParallelServer } from "./handlers/parallel/parallel_server.ts";
export type { ParallelOptions } from "./handlers/parallel/options.ts";
export { Health, type Phased } from "./handlers/health.ts";
export type {
  DropEvent,
  LostEvent,
  StateEvent,
  TracedConnection,
  TraceEvent,
} from "./handlers/trace/events.ts";
export type { TraceOptions } from "./handlers/trace/trace.ts";
export { Metrics } from "./handlers/metrics/metrics.ts";
export type { Measured } from "./handlers/metrics/measured.ts";
export {
  StatusPage,
  type StatusPageInfo,
  type StatusPageOptions,
} from "./handlers/status/status_page.ts";
export type { Sampled } from "./handlers/status/sampler.ts";
export type { Watched } from "./handlers/status/server_source.ts";
export {
  WorkerCrash,
  type WorkerHandler,
  type WorkerHandlerInfo,
  type Workers,
  workers,
  type WorkersOptions,
  type WorkersStats,
} from "./handlers/workers/workers.ts";
export {
  upgradeWebSocket,
  type WebSocketUpgrade,
} from "./handlers/websocket/upgrade_web_socket.ts";
export type {
  AllowedOrigins,
  FullBufferPolicy,
  UpgradeWebSocketOptions,
} from "./handlers/websocket/options.ts";
export { UpgradeError, type UpgradeErrorStatus } from "./handlers/websocket/upgrade_error.ts";
export type {
  ServeAddr,
  ServeHandler,
  ServeHandlerInfo,
  ServeInit,
  ServeOptions,
  ServeTcpOptions,
  ServeUnixOptions,
  TrustedProxies,
  UpgradeInit,
} from "./handlers/serve_options.ts";
export type {
  LaneFunction,
  Limits,
  Options,
  PathOptions,
  PathOverride,
  ProxyProtocol,
  Queue,
  ReactorOptions,
  ResolvedOverride,
  Shutdown,
  Timeouts,
} from "./reactor/options/options.ts";
export { type AbortCode, AbortError, type BodyCode, BodyError } from "./reactor/errors.ts";
export type { QueueOptions } from "./reactor/options/queue_options.ts";
export type { QueueStats, WorkQueue } from "./reactor/admission/admission.ts";
export type { WaitPercentiles } from "./reactor/admission/waits.ts";
export type { CloseReason, Phase, State } from "./reactor/states.ts";
export type { ShutdownReport } from "./reactor/reactor.ts";
export type {
  ConnectionInfo,
  Drop,
  DropReason,
  ExchangeInfo,
  Observer,
  Refusal,
} from "./reactor/observer.ts";
export type { ProtocolCode } from "./reactor/errors.ts";
export type { Client, QueuedRequest, RequestView } from "./reactor/request_head.ts";
export type { ForwardedFields } from "./handlers/client/trusted_client.ts";
export type {
  Certificate,
  CertificateFor,
  ClientCertificates,
  TlsOptions,
  TlsVersion,
} from "./handlers/tls/tls_options.ts";
export type { Address, Bytes, Conn, ProxyHeader, ProxyTlv } from "./reactor/ports.ts";
export type { CertificateName, ClientCertificate, SubjectAttribute } from "./reactor/ports.ts";
