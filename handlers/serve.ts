/**
 * The composition root of the library: options + Deno's ports + reactor + fetch exchange = a server with
 * the interface of `Deno.serve`.
 *
 * @module
 */

import { denoListen, denoPorts } from "../reactor/deno_ports.ts";
import type { ConnectionInfo } from "../reactor/observer.ts";
import type { WorkQueue } from "../reactor/admission/admission.ts";
import type { Observer } from "../reactor/observer.ts";
import { type Options, resolveShutdown, type Shutdown } from "../reactor/options/options.ts";
import type { Address, Listener } from "../reactor/ports.ts";
import { proxiedListener } from "../reactor/proxy_protocol/proxied_listener.ts";
import { Reactor, type ShutdownReport } from "../reactor/reactor.ts";
import type { Phase } from "../reactor/states.ts";
import { fetchApplication, type FetchInit } from "./fetch/application.ts";
import { omitStacks, report, reportLine, reportsWritten } from "./report.ts";
import type { TraceEvent } from "./trace/events.ts";
import { trace, type TraceOptions } from "./trace/trace.ts";
import { ClientSource } from "./client/client_source.ts";
import { failureResponse } from "./failure.ts";
import { hostAndPort } from "./host_and_port.ts";
import { telemetryFor } from "./otel/telemetry.ts";
import type { HandlerContext } from "./fetch/handler_context.ts";
import { Terminator } from "./tls/terminator.ts";
import { tlsListener } from "./tls/tls_listener.ts";
import { type Certificate, checkCertificates } from "./tls/tls_options.ts";
import { serveArguments, type ServeCall } from "./serve_arguments.ts";
import type {
  ServeAddr,
  ServeHandler,
  ServeInit,
  ServeTcpOptions,
  ServeUnixOptions,
} from "./serve_options.ts";

/** A running server: the interface of `Deno.HttpServer`, and what Weir adds. */
export interface Server<Addr extends Deno.Addr = ServeAddr> extends AsyncDisposable {
  /** Where it listens. */
  readonly addr: Addr;
  /** Resolves when the server has ended and its port is free; never rejects. */
  readonly finished: Promise<void>;
  /** The connections that are open, live and for reading. */
  readonly connections: ReadonlySet<ConnectionInfo>;
  /** The time-outs and limits in force, with their defaults filled in. */
  readonly options: Options;
  /** Where it is in its life; anything but `"serving"` means that it will end. */
  readonly phase: Phase;
  /**
   * Serves on for `readyDelay` ms (default 0) with {@linkcode Server.phase} at `"leaving"`; then stops
   * accepting, closes idle connections, lets requests in flight finish; after `deadline` ms (default
   * 20,000) fires the signals of the handlers still at work, and `grace` ms (default 1,000) later cuts
   * what remains. Resolves when nothing is left, with a report; a further call joins the first.
   *
   * @throws {RangeError} If a duration is negative, fractional or over 2,147,483,647.
   */
  shutdown(times: Partial<Shutdown>): Promise<ShutdownReport>;
  /** The same with the defaults; the type is that of `Deno.HttpServer`, the report is there all the same. */
  shutdown(): Promise<void>;
  /**
   * Tells `observer` of all that happens on the server's connections from now on; the function returned
   * ends that. While nobody observes, nothing is reckoned for it.
   */
  observe(observer: Observer): () => void;
  /**
   * What happens to the server's connections from now on, event by event, for `for await`: each change of
   * state, and whatever was thrown away and why. Ends when the server has ended, or with a `break`. A slow
   * listener loses events, which are counted, and never costs memory.
   *
   * ```ts
   * import { serve } from "@weir/weir";
   *
   * const server = serve(() => new Response("Hello\n"));
   * for await (const event of server.trace({ events: ["drop"] })) console.log(event);
   * ```
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   * @throws {RangeError} If `buffer` is not whole or less than 1.
   */
  trace(options?: TraceOptions): AsyncIterableIterator<TraceEvent, undefined>;
  /**
   * Puts these certificates in the place of all that the server has: each handshake from now on gets one of
   * them, the first where no other is for the name that the client asks for. Open connections go on.
   *
   * @throws {TypeError} If the list is empty, or the server does not speak TLS.
   * @throws {Deno.errors.InvalidData} If one of them is no use; then all stay as they were.
   */
  setCertificates(certificates: readonly Certificate[]): void;
  /** The queue in front of the handler; `null` without the option `queue`. */
  readonly queue: WorkQueue | null;
  /** Keeps the process alive while the server runs; the default. */
  ref(): void;
  /** Lets the process end though the server runs. */
  unref(): void;
}

/** Serves HTTP/1.1 on `0.0.0.0:8000`. */
export function serve(handler: ServeHandler<Deno.NetAddr>): Server<Deno.NetAddr>;
/** Serves HTTP/1.1 on a TCP port, through TLS with `cert` and `key`. */
export function serve(
  options: ServeTcpOptions,
  handler: ServeHandler<Deno.NetAddr>,
): Server<Deno.NetAddr>;
/** Serves HTTP/1.1 on a unix socket. */
export function serve(
  options: ServeUnixOptions,
  handler: ServeHandler<Deno.UnixAddr>,
): Server<Deno.UnixAddr>;
/** Serves HTTP/1.1 on a TCP port. */
export function serve(
  options: ServeTcpOptions & ServeInit<Deno.NetAddr>,
): Server<Deno.NetAddr>;
/** Serves HTTP/1.1 on a unix socket. */
export function serve(
  options: ServeUnixOptions & ServeInit<Deno.UnixAddr>,
): Server<Deno.UnixAddr>;
/**
 * Serves HTTP/1.1: `Deno.serve` with time-outs, limits and a shutdown that keeps its deadline.
 *
 * Makes spans and metrics through OpenTelemetry's API if that has its providers when `serve` is called, as
 * with `OTEL_DENO=true`; else nothing of it is loaded.
 *
 * @throws {TypeError} If the handler is missing or an option is of the wrong kind.
 * @throws {RangeError} If a number among the options is out of range.
 * @throws {Deno.errors.AddrInUse} If the address is taken.
 */
export function serve(
  first: Parameters<typeof serveArguments>[0],
  second?: Parameters<typeof serveArguments>[1],
): Server {
  const call = serveArguments(first, second);
  const { target } = call;
  if (target.kind !== "tls") return start(call, denoListen(target));
  const { tls, ...rest } = target;
  const terminator = new Terminator(tls);
  return start(call, denoListen({ ...rest, kind: "tcp" }), terminator);
}

/**
 * The same on a listener that is there already, which need not be one of Deno's.
 *
 * @internal
 */
export function serveOn(listener: Listener, options: Parameters<typeof serveArguments>[0]): Server {
  return start(serveArguments(options), listener);
}

function start(call: ServeCall, bound: Listener, terminator: Terminator | null = null): Server {
  const plain = proxied(call, bound);
  const listener = terminator === null ? plain : tlsListener(plain, terminator);
  const clients = call.trusted === null ? null : new ClientSource(call.trusted);
  const telemetry = telemetryFor(call.target.kind === "tls" ? "https" : "http");
  try {
    const reactor = new Reactor({
      ports: denoPorts(),
      listener,
      options: call.options,
      ...clients === null ? {} : { clientOf: clients.clientOf },
      application: fetchApplication(fetchInit(call, listener.addr, telemetry)),
      onAcceptError: reportAcceptError,
      onExhausted: omitStacks,
      onDefect: reportDefect,
      onObserverError: reportObserverError,
      onLaneError: reportLaneError,
    });
    const server = new ReactorServer(reactor, { call, terminator });
    announce(call, server.addr);
    server.run(telemetry?.watch(server), clients?.load(), terminator?.load());
    return server;
  } catch (error) {
    listener.close();
    throw error;
  }
}

function proxied({ isProxy, options }: ServeCall, listener: Listener): Listener {
  if (isProxy === null) return listener;
  return proxiedListener(listener, { isProxy, others: options.proxyProtocol!.others });
}

function fetchInit(
  call: ServeCall,
  addr: Address,
  context: HandlerContext | null,
): FetchInit {
  return {
    handler: call.handler,
    onError: call.onError ?? failureResponse,
    addr,
    defaultHost: authority(addr),
    compressing: call.automaticCompression,
    context,
  };
}

const LOCAL_NAMES = ["0.0.0.0", "127.0.0.1", "::", "::1"];

/** The authority of `request.url` where the client names none (HTTP/1.0), as Deno.serve has it. */
function authority(addr: Address): string {
  if (addr.transport === "unix") return "localhost";
  const { hostname, port } = addr;
  if (LOCAL_NAMES.includes(hostname)) return `localhost:${port}`;
  return hostAndPort(hostname, port);
}

function announce(call: ServeCall, addr: ServeAddr): void {
  if (call.onListen !== undefined) return call.onListen(addr);
  // In order with what the program itself prints as it starts; no client can have it repeated.
  console.error(`Listening on ${locationOf(call, addr)}`);
}

function locationOf(call: ServeCall, addr: ServeAddr): string {
  if (addr.transport === "unix") return (addr as Deno.UnixAddr).path;
  const scheme = call.target.kind === "tls" ? "https" : "http";
  const { hostname, port } = addr as Deno.NetAddr;
  const url = `${scheme}://${hostAndPort(hostname, port)}/`;
  return hostname === "0.0.0.0" || hostname === "::"
    ? `${url} (${scheme}://localhost:${port}/)`
    : url;
}

function reportAcceptError(error: unknown): void {
  reportLine("Cannot accept connections at present", error);
}

function reportDefect(error: unknown): void {
  report("A connection was cut, because Weir itself failed:", error);
}

function reportObserverError(error: unknown): void {
  report("An observer failed:", error);
}

function reportLaneError(error: unknown): void {
  report("The queue's lane function failed, such requests count as normal:", error);
}

/** What `serve` returns. */
class ReactorServer implements Server {
  readonly addr: ServeAddr;
  readonly finished: Promise<void>;
  readonly #reactor: Reactor;
  readonly #terminator: Terminator | null;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#reactor.force();
  #finish!: () => void;

  constructor(
    reactor: Reactor,
    { call, terminator }: { call: ServeCall; terminator: Terminator | null },
  ) {
    this.addr = reactor.addr as ServeAddr;
    this.finished = new Promise((resolve) => this.#finish = resolve);
    this.#reactor = reactor;
    this.#terminator = terminator;
    this.#signal = call.signal;
  }

  get queue(): WorkQueue | null {
    return this.#reactor.admission;
  }

  get connections(): ReadonlySet<ConnectionInfo> {
    return this.#reactor.connections;
  }

  get options(): Options {
    return this.#reactor.options;
  }

  get phase(): Phase {
    return this.#reactor.phase;
  }

  /** Serves to the end; connections wait in the backlog until all that is loaded for them is ready. */
  async run(...ready: readonly (Promise<void> | undefined)[]): Promise<void> {
    const signal = this.#signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#reactor.force();
    for (let at = 0; at < ready.length; at++) {
      const each = ready[at];
      if (each !== undefined) await each;
    }
    await this.#reactor.run();
    signal?.removeEventListener("abort", this.#onAbort);
    // A program may end itself as soon as it has finished.
    await reportsWritten();
    this.#finish();
  }

  shutdown(times: Partial<Shutdown>): Promise<ShutdownReport>;
  shutdown(): Promise<void>;
  async shutdown(times?: Partial<Shutdown>): Promise<ShutdownReport | void> {
    const report = await this.#reactor.shutdown(resolveShutdown(times));
    await this.finished;
    return report;
  }

  observe(observer: Observer): () => void {
    return this.#reactor.observe(observer);
  }

  trace(options?: TraceOptions): AsyncIterableIterator<TraceEvent, undefined> {
    return trace(this.#reactor, options);
  }

  setCertificates(certificates: readonly Certificate[]): void {
    if (this.#terminator === null) {
      throw new TypeError("Cannot set certificates: the server does not speak TLS");
    }
    this.#terminator.replace(checkCertificates("certificates", certificates));
  }

  ref(): void {
    this.#reactor.ref();
  }

  unref(): void {
    this.#reactor.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}
