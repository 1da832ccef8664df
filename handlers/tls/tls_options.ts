/**
 * The options of TLS, from what a program gives to one checked record. The certificates themselves are
 * checked where they are put to use (`credentials.ts`).
 *
 * @module
 */

import { checkNames, checkRecord, describe } from "../../reactor/options/option_checks.ts";

/** A certificate with its key. */
export interface Certificate {
  /** The certificate chain in PEM format, the server's own certificate first. */
  readonly cert: string;
  /** The private key of the first certificate in PEM format. */
  readonly key: string;
}

/**
 * Finds the certificate for a server name that none of `certificates` has, in lower case; `null` if there is
 * none, and the client gets the default one.
 */
export type CertificateFor = (
  serverName: string,
) => Certificate | null | Promise<Certificate | null>;

/** Which certificates of clients are accepted. */
export interface ClientCertificates {
  /** The certificates of the authorities that have to have issued them, in PEM format. */
  readonly ca: string;
  /**
   * `"required"`: a client without one is refused. `"optional"`: it is served, and
   * `info.clientCertificate` is `null`. One that is expired, or that none of the authorities has issued, is
   * refused in both cases. @default {"required"}
   */
  readonly mode?: "required" | "optional";
}

/** The versions of TLS that Weir speaks. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** How a server speaks TLS, besides its `cert` and `key`. */
export interface TlsOptions {
  /**
   * Certificates by the server name that the client asks for (SNI, RFC 6066 §3): each counts for the DNS
   * names that it is made out to, wildcards included. A client that asks for no name, or for another one, gets
   * `cert` and `key`; without those the first of the list. @default {none}
   */
  readonly certificates?: readonly Certificate[];
  /**
   * Asked for a name that no certificate of the list has. What it finds is kept for an hour, for up to 1,000
   * names; at most 100 names are looked up at a time, and `timeouts.handshake` holds meanwhile. If it
   * fails, the handshake fails. @default {none}
   */
  readonly certificateFor?: CertificateFor;
  /** Asks clients for a certificate; `info.clientCertificate` has it. @default {none is asked for} */
  readonly clientCertificates?: ClientCertificates;
  /** The oldest version that is accepted. @default {"TLSv1.2"} */
  readonly minVersion?: TlsVersion;
}

/** All that a server has to know to speak TLS. */
export interface TlsSettings {
  /** At least one; the first is the default. */
  readonly certificates: readonly Certificate[];
  readonly certificateFor: CertificateFor | null;
  readonly clientCertificates: Required<ClientCertificates> | null;
  readonly minVersion: TlsVersion;
}

/** As values arrive from a program that no compiler has checked. */
interface Given {
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly tls?: unknown;
}

const NAMES = ["certificates", "certificateFor", "clientCertificates", "minVersion"] as const;

/**
 * Reads `cert`, `key` and `tls` of the options of `serve`; `null` for a server without TLS.
 *
 * @throws {TypeError} If one is of the wrong kind, or there is TLS without a certificate.
 */
export function tlsSettings({ cert, key, tls }: Given): TlsSettings | null {
  if (tls === undefined && cert === undefined && key === undefined) return null;
  const given = tls === undefined ? {} : checkRecord("tls", tls as TlsOptions);
  checkNames("tls", given, NAMES);
  const list = given.certificates === undefined
    ? []
    : checkCertificates("tls.certificates", given.certificates);
  const certificates = [...defaultOf(cert, key, list.length > 0), ...list];
  return {
    certificates,
    certificateFor: certificateForOf(given.certificateFor),
    clientCertificates: clientsOf(given.clientCertificates),
    minVersion: minVersionOf(given.minVersion),
  };
}

/**
 * Checks a list of certificates as far as that can be done without reading them.
 *
 * @throws {TypeError} If it is none, or empty.
 */
export function checkCertificates(name: string, given: unknown): readonly Certificate[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new TypeError(
      `Cannot use option '${name}': expected a list of certificates, received ${
        Array.isArray(given) ? "an empty one" : describe(given)
      }`,
    );
  }
  return given.map((each, index) => {
    const { cert, key } = checkRecord(`${name}[${index}]`, each as Certificate);
    return {
      cert: textOf(`${name}[${index}].cert`, cert),
      key: textOf(`${name}[${index}].key`, key),
    };
  });
}

/** The messages are those of `Deno.serve`. */
function defaultOf(cert: unknown, key: unknown, hasOthers: boolean): Certificate[] {
  if (cert === undefined && key === undefined && hasOthers) return [];
  if (!cert || !key) {
    throw new TypeError("Both 'cert' and 'key' must be provided to enable HTTPS");
  }
  return [{ cert: textOf("cert", cert), key: textOf("key", key) }];
}

function textOf(name: string, given: unknown): string {
  if (typeof given === "string") return given;
  throw new TypeError(
    `Cannot use option '${name}': expected a string, received ${describe(given)}`,
  );
}

function certificateForOf(given: unknown): CertificateFor | null {
  if (given === undefined) return null;
  if (typeof given === "function") return given as CertificateFor;
  throw new TypeError(
    `Cannot use option 'tls.certificateFor': expected a function, received ${describe(given)}`,
  );
}

function clientsOf(given: unknown): Required<ClientCertificates> | null {
  if (given === undefined) return null;
  const clients = checkRecord("tls.clientCertificates", given as ClientCertificates);
  checkNames("tls.clientCertificates", clients, ["ca", "mode"]);
  const { ca, mode = "required" } = clients;
  if (mode !== "required" && mode !== "optional") {
    throw new TypeError(
      `Cannot use option 'tls.clientCertificates.mode': expected "required" or "optional", received ${
        describe(mode)
      }`,
    );
  }
  return { ca: textOf("tls.clientCertificates.ca", ca), mode };
}

function minVersionOf(given: unknown = "TLSv1.2"): TlsVersion {
  if (given === "TLSv1.2" || given === "TLSv1.3") return given;
  throw new TypeError(
    `Cannot use option 'tls.minVersion': expected "TLSv1.2" or "TLSv1.3", received ${
      describe(given)
    }`,
  );
}
