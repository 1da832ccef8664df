/**
 * The public types of `serve`: those of `Deno.serve` by the same names, so that a typed program moves
 * over unchanged, and what Weir adds to them. Types only; `serve_arguments.ts` checks the values.
 *
 * @module
 */

import type { ReactorOptions } from "../reactor/options/options.ts";
import type { ClientCertificate, Conn, ProxyHeader } from "../reactor/ports.ts";
import type { Client } from "../reactor/request_head.ts";
import type { ForwardedFields } from "./client/trusted_client.ts";
import type { TlsOptions } from "./tls/tls_options.ts";

/** Where a server listens and a client comes from. */
export type ServeAddr = Deno.NetAddr | Deno.UnixAddr;

/** The head of the answer with which {@linkcode ServeHandlerInfo.upgrade} takes a connection over. */
export interface UpgradeInit {
  /** 101, or 200 to 299 as the answer to a CONNECT. @default {101, or 200 for CONNECT} */
  status?: number;
  /**
   * Header fields of the answer. A 101 has to name the new protocol in `Upgrade`, one of those that the
   * request names (RFC 9110 §7.8); `Connection: upgrade` is added.
   */
  headers?: HeadersInit;
}

/** What a handler gets beside the request. */
export interface ServeHandlerInfo<Addr extends Deno.Addr = ServeAddr> {
  /** The client's end of the connection: a proxy's, if there is one in front that passes requests on. */
  remoteAddr: Addr;
  /** Where the server listens: its {@linkcode Server.addr}. */
  readonly serverAddr: Addr;
  /**
   * Who sent the request: the far end of the connection, or whoever the proxies in front say, as far as
   * {@linkcode ServeOptions.trustedProxies} has them believed. Found out when it is first asked for.
   */
  readonly client: Client;
  /** The PROXY header at the connection's beginning; `null` if there was none. */
  readonly proxyHeader: ProxyHeader | null;
  /**
   * The certificate that the client has shown, accepted as {@linkcode ServeTcpOptions.tls} says; `null` if
   * it was asked for none, or has none.
   */
  readonly clientCertificate: ClientCertificate | null;
  /**
   * Resolves when the kernel has taken the last byte of the answer; rejects with
   * `Deno.errors.Interrupted` when the answer could not be sent whole.
   */
  completed: Promise<void>;
  /**
   * Answers a request that asked for it (`Connection: upgrade`, or CONNECT) and hands over the raw
   * connection, beginning with the bytes already read after the request. The connection stays in
   * the server's shutdown. The `Response` that the handler returns afterwards is not sent.
   *
   * @throws {TypeError} If the request did not ask for an upgrade, has a body or was answered, or a 101 has
   * no `Upgrade` field, or one with a protocol that the request does not name.
   */
  upgrade(init?: UpgradeInit): Conn;
  /**
   * Sends `103 Early Hints` (RFC 8297) at once, so that the client can load what `Link` fields name while
   * the answer is made; may be called several times. Returns whether it went out: not to a client of
   * HTTP/1.0, and not once the answer has begun.
   *
   * @throws {TypeError} If a field speaks of content or of the connection.
   */
  earlyHints(headers: HeadersInit): boolean;
  /**
   * The same with another status: 102 tells a client that the request is being worked on.
   *
   * @throws {RangeError} If the status is not a whole number from 102 to 199.
   * @throws {TypeError} If a field speaks of content or of the connection.
   */
  sendInterim(status: number, headers?: HeadersInit): boolean;
  /**
   * The trailer fields of the request (RFC 9110 §6.5), never merged with its headers. Resolves when the
   * body has come whole, so somebody has to read it; with empty headers unless the body is chunked and has
   * trailers. Rejects when the body cannot come whole.
   */
  readonly trailers: Promise<Headers>;
  /**
   * Has trailer fields sent after the answer's body, if that is a stream of unknown length; given as a
   * function, they are made when the body has ended. To be called before the answer begins. Returns whether
   * the client takes them, by `TE: trailers`; if not, nothing is sent.
   *
   * A function that throws, or gives a forbidden field, cuts the answer.
   *
   * @throws {TypeError} If a field may not be a trailer (RFC 9110 §6.5.1), such as `Content-Type`.
   */
  responseTrailers(
    trailers: HeadersInit | (() => HeadersInit | Promise<HeadersInit>),
  ): boolean;
}

/** Answers one request. */
export type ServeHandler<Addr extends Deno.Addr = ServeAddr> = (
  request: Request,
  info: ServeHandlerInfo<Addr>,
) => Response | Promise<Response>;

/**
 * The proxies that are believed: IP addresses, ranges such as `"10.0.0.0/8"`, `"loopback"`, `"private"`
 * (RFC 1918, RFC 4193), `"unix"` for the peers at a unix socket; or how many proxies there are in a row.
 */
export type TrustedProxies = readonly string[] | number;

/** Options of every server: those of `Deno.serve`, and Weir's time-outs and limits. */
export interface ServeOptions<Addr extends Deno.Addr = ServeAddr> extends ReactorOptions {
  /** Aborting it closes the server and every connection at once. */
  signal?: AbortSignal;
  /** Answers in the place of a handler that failed. @default {a 500 answer, and the error on stderr} */
  onError?: (error: unknown) => Response | Promise<Response>;
  /** Called once, before `serve` returns, with the address. @default {prints the address} */
  onListen?: (localAddr: Addr) => void;
  /**
   * Whether to compress answers (brotli, gzip) for clients that accept it, where it pays.
   * @default {false}
   */
  automaticCompression?: boolean;
  /**
   * The proxies that are believed when they say who came to them. {@linkcode ServeHandlerInfo.client} is then
   * the first hop, counted from the server, that is not one of them. It is also what the access log,
   * OpenTelemetry's `client.address` and the queue's lane function see.
   *
   * A number trusts so many hops, whatever their addresses: only for a server that nobody can reach but
   * through all of them. @default {none: the client is the far end of the connection}
   */
  trustedProxies?: TrustedProxies;
  /**
   * The fields in which the proxies say it: X-Forwarded-For, -Proto and -Host, or `Forwarded` (RFC 7239).
   * The others are not looked at: a proxy that writes one kind passes on the other as the client made it up.
   * @default {"x-forwarded"}
   */
  forwardedFields?: ForwardedFields;
}

/** Options of a server on a TCP port; with `cert` and `key`, or with `tls`, it speaks TLS. */
export interface ServeTcpOptions extends ServeOptions<Deno.NetAddr> {
  /** For the sake of `Deno.ServeTcpOptions`. */
  transport?: "tcp";
  /** The port, from 0 to 65535; 0 = any free one. @default {8000} */
  port?: number;
  /** A literal IP address, or a name that resolves to one. @default {"0.0.0.0"} */
  hostname?: string;
  /** Sets `SO_REUSEPORT`. @default {false} */
  reusePort?: boolean;
  /** Connections that the kernel holds before they are accepted. @default {511} */
  tcpBacklog?: number;
  /** The certificate chain in PEM format; together with `key`. */
  cert?: string;
  /** The private key in PEM format; together with `cert`. */
  key?: string;
  /** Certificates by server name, those of clients, and versions of TLS. @default {none of that} */
  tls?: TlsOptions;
}

/** Options of a server on a unix socket. */
export interface ServeUnixOptions extends ServeOptions<Deno.UnixAddr> {
  /** For the sake of `Deno.ServeUnixOptions`. */
  transport?: "unix";
  /** The socket's path in the file system. */
  path: string;
}

/** A handler given among the options. */
export interface ServeInit<Addr extends Deno.Addr = ServeAddr> {
  /** Answers each request. */
  handler: ServeHandler<Addr>;
}
