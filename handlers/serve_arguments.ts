/**
 * From the arguments of `serve`, in all the shapes that `Deno.serve` takes, to one checked record.
 * Pure: opens nothing and reads no environment. Bad input fails as `Deno.serve` fails, with the same
 * class of error; where it would take nonsense in silence (`path: 5`), this throws a TypeError.
 *
 * @module
 */

import { describe } from "../reactor/options/option_checks.ts";
import { type Options, resolveOptions } from "../reactor/options/options.ts";
import type { Address } from "../reactor/ports.ts";
import type { TrustSettings } from "./client/client_source.ts";
import { hopEndOf, trustIn, trustInAddresses } from "./client/trust.ts";
import { type TlsSettings, tlsSettings } from "./tls/tls_options.ts";
import type {
  ServeHandler,
  ServeInit,
  ServeOptions,
  ServeTcpOptions,
  ServeUnixOptions,
} from "./serve_options.ts";

/** What to listen on. */
export type ListenTarget = TcpTarget | TlsTarget | { readonly kind: "unix"; readonly path: string };

/** A TCP port. */
export interface TcpTarget {
  readonly kind: "tcp";
  readonly hostname: string;
  /** 0 to 65535; 0 = any free one. */
  readonly port: number;
  readonly reusePort: boolean;
  /** Connections that the kernel holds before they are accepted. */
  readonly tcpBacklog: number;
}

/** A TCP port that speaks TLS. */
export interface TlsTarget extends Omit<TcpTarget, "kind"> {
  readonly kind: "tls";
  readonly tls: TlsSettings;
}

/** Everything that a call of `serve` said, with defaults filled in. */
export interface ServeCall {
  readonly target: ListenTarget;
  readonly handler: ServeHandler;
  readonly onError: ServeOptions["onError"] | undefined;
  readonly onListen: ServeOptions["onListen"] | undefined;
  readonly signal: AbortSignal | undefined;
  readonly automaticCompression: boolean;
  /** Which proxies say who sent a request; `null` where none is believed. */
  readonly trusted: TrustSettings | null;
  /** Whether a peer sends a PROXY header; `null` where none does. */
  readonly isProxy: ((peer: Address) => boolean) | null;
  readonly options: Options;
}

/** The first argument of `serve`. */
export type ServeFirst =
  | ServeHandler<Deno.NetAddr>
  | (ServeTcpOptions & Partial<ServeInit<Deno.NetAddr>>)
  | (ServeUnixOptions & Partial<ServeInit<Deno.UnixAddr>>);

/** The second argument of `serve`. */
export type ServeSecond = ServeHandler<Deno.NetAddr> | ServeHandler<Deno.UnixAddr>;

/** As values arrive from a program that no compiler has checked. */
type Given = Readonly<Record<string, unknown>>;

const UNSUPPORTED = {
  certFile: "use 'cert' with the text of the file",
  keyFile: "use 'key' with the text of the file",
  alpnProtocols: "Weir speaks HTTP/1.1 alone",
  cid: "Weir listens on TCP ports and unix sockets",
};

/**
 * Brings the arguments of `serve` into one shape.
 *
 * @throws {TypeError} If the handler is missing, or an option is of the wrong kind or not supported.
 * @throws {RangeError} If the port or a number among Weir's own options is out of range.
 */
export function serveArguments(first?: ServeFirst, second?: ServeSecond): ServeCall {
  const given = optionsOf(first);
  const handler = handlerOf(first, second, given);
  refuseUnsupported(given);
  const target = targetOf(given);
  const options = resolveOptions(given);
  return {
    target,
    handler: handler as ServeHandler,
    onError: functionOf("onError", given.onError) as ServeCall["onError"],
    onListen: functionOf("onListen", given.onListen) as ServeCall["onListen"],
    signal: signalOf(given.signal),
    automaticCompression: Boolean(given.automaticCompression),
    trusted: trustedIn(given),
    isProxy: isProxyIn(options),
    options,
  };
}

function trustedIn(
  { trustedProxies, forwardedFields = "x-forwarded" }: Given,
): TrustSettings | null {
  if (forwardedFields !== "x-forwarded" && forwardedFields !== "forwarded") {
    throw new TypeError(
      `Cannot use option 'forwardedFields': expected "x-forwarded" or "forwarded", received ${
        describe(forwardedFields)
      }`,
    );
  }
  if (trustedProxies === undefined) return null;
  return { trust: trustIn("trustedProxies", trustedProxies), fields: forwardedFields };
}

function isProxyIn({ proxyProtocol }: Options): ServeCall["isProxy"] {
  if (proxyProtocol === null) return null;
  const trust = trustInAddresses("proxyProtocol.from", proxyProtocol.from);
  return (peer) => trust(hopEndOf(peer), 0);
}

function optionsOf(first: unknown): Given {
  if (first === null) {
    throw new TypeError("Cannot serve HTTP requests: options must be an object, received null");
  }
  return typeof first === "object" ? first as Given : {};
}

/** A function in the first place wins over the second, and that over one among the options. */
function handlerOf(first: unknown, second: unknown, given: Given): unknown {
  if (typeof first === "function") return first;
  if (typeof second === "function") return second;
  if (first === undefined) {
    throw new TypeError(
      "Cannot serve HTTP requests: either a 'handler' or 'options' must be specified",
    );
  }
  if (typeof given.handler === "function") return given.handler;
  throw new TypeError(
    `Cannot serve HTTP requests: 'handler' must be a function, received ${describe(given.handler)}`,
  );
}

function refuseUnsupported(given: Given): void {
  const found = unsupportedOption(given);
  if (found !== null) throw new TypeError(`Cannot use ${found}`);
}

/** The first option of `Deno.serve` that Weir has not, and why; `null` if there is none. */
export function unsupportedOption(given: object): string | null {
  const name = Object.keys(UNSUPPORTED).find((each) => Reflect.get(given, each) !== undefined);
  return name === undefined ? null : `option '${name}': ${Reflect.get(UNSUPPORTED, name)}`;
}

/** A path wins over a port and over a certificate, as in `Deno.serve`. */
function targetOf(given: Given): ListenTarget {
  if (given.path !== undefined) return { kind: "unix", path: textOf("path", given.path) };
  const tcp = {
    hostname: textOf("hostname", given.hostname ?? "0.0.0.0"),
    port: portOf(given.port ?? 8000),
    reusePort: Boolean(given.reusePort),
    tcpBacklog: backlogOf(given.tcpBacklog ?? 511),
  };
  const tls = tlsSettings(given);
  return tls === null ? { kind: "tcp", ...tcp } : { kind: "tls", ...tcp, tls };
}

/** Strings count as in `Number`, so that a port from the environment works: `"4501"`, `"0x1195"`. */
function portOf(given: unknown): number {
  if (typeof given !== "number" && typeof given !== "string") {
    throw new TypeError(`Invalid port (expected number): ${describe(given)}`);
  }
  const port = typeof given === "string" && given.trim() === "" ? NaN : Number(given);
  if (!Number.isInteger(port)) throw new TypeError(`Invalid port: ${describe(given)}`);
  if (port < 0 || port > 65535) {
    throw new RangeError(`Invalid port (out of range): ${describe(given)}`);
  }
  return port;
}

function backlogOf(given: unknown): number {
  if (typeof given === "number") return given;
  throw new TypeError(
    `Cannot use option 'tcpBacklog': expected a number, received ${describe(given)}`,
  );
}

function textOf(name: string, given: unknown): string {
  if (typeof given === "string") return given;
  throw new TypeError(
    `Cannot use option '${name}': expected a string, received ${describe(given)}`,
  );
}

/** `null` counts as absent, as in `Deno.serve`. */
function functionOf(name: string, given: unknown): unknown {
  if (given === undefined || given === null) return undefined;
  if (typeof given === "function") return given;
  throw new TypeError(
    `Cannot use option '${name}': expected a function, received ${describe(given)}`,
  );
}

/** Not `instanceof`: signals of polyfills and other realms work as well. */
function signalOf(given: unknown): AbortSignal | undefined {
  if (given === undefined || given === null) return undefined;
  const signal = given as Partial<AbortSignal>;
  if (typeof signal.addEventListener === "function") return given as AbortSignal;
  throw new TypeError(
    `Cannot use option 'signal': expected an AbortSignal, received ${describe(given)}`,
  );
}
