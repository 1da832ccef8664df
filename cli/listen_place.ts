/**
 * Where the program is to listen.
 *
 * @module
 */

import type { ClientCertificates, TlsVersion } from "../mod.ts";

/** The files of a server that speaks TLS, and what it asks of clients. */
export interface TlsFiles {
  /** At least one; the first is the default. */
  readonly pairs: readonly { readonly cert: string; readonly key: string }[];
  /** The authorities of client certificates; `null` if none are asked for. */
  readonly clientCa: string | null;
  readonly clientCert: NonNullable<ClientCertificates["mode"]>;
  readonly minVersion: TlsVersion;
}

/** Where to listen, as the flags say it. */
export type ListenPlace =
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | {
    readonly kind: "tls";
    readonly hostname: string;
    readonly port: number;
    readonly tls: TlsFiles;
  }
  | { readonly kind: "unix"; readonly path: string };
