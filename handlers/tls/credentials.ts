/**
 * A certificate and its key, checked and made ready for handshakes, and the server names that it is for.
 *
 * @module
 */

import process from "node:process";
import type { Certificate, TlsSettings } from "./tls_options.ts";

type SecureContext = import("node:tls").SecureContext;
type X509Certificate = import("node:crypto").X509Certificate;

/** What handshakes use. */
export interface Credentials {
  /** The DNS names of the certificate, in lower case; a wildcard as `*.example.com`. */
  readonly names: readonly string[];
  /** When the certificate expires, in milliseconds since 1970-01-01 UTC. */
  readonly validToMs: number;
  readonly context: SecureContext;
}

/** What holds for all certificates of a server. */
export type ContextSettings = Pick<TlsSettings, "clientCertificates" | "minVersion">;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g;

/**
 * Makes credentials of a certificate and its key.
 *
 * @throws {Deno.errors.InvalidData} If one of them cannot be read, or they do not belong together; as
 * `Deno.serve` has it.
 */
export function credentialsOf(
  { cert, key }: Certificate,
  { clientCertificates, minVersion }: ContextSettings,
): Credentials {
  const { createPrivateKey } = process.getBuiltinModule("node:crypto");
  const leaf = certificatesIn(cert, "certificate data")[0]!;
  const privateKey = readOr("No keys found in key data", () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new Deno.errors.InvalidData("The key is not the one of the certificate");
  }
  const { createSecureContext } = process.getBuiltinModule("node:tls");
  const ca = authorities(clientCertificates);
  const context = readOr(
    "Cannot use the certificate",
    () => createSecureContext({ cert, key, minVersion, ...ca }),
  );
  return { names: namesOf(leaf), validToMs: Date.parse(leaf.validTo), context };
}

/**
 * The certificates of a text in PEM format, at least one.
 *
 * @throws {Deno.errors.InvalidData} If there is none, or one cannot be read.
 */
function certificatesIn(pem: string, what: string): X509Certificate[] {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const found = pem.match(CERTIFICATE);
  if (found === null) throw new Deno.errors.InvalidData(`No certificates found in ${what}`);
  return found.map((one) => readOr(`Cannot read the ${what}`, () => new X509Certificate(one)));
}

function authorities(clients: ContextSettings["clientCertificates"]): { ca?: string } {
  if (clients === null) return {};
  certificatesIn(clients.ca, "'tls.clientCertificates.ca'");
  return { ca: clients.ca };
}

function readOr<T>(failed: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Deno.errors.InvalidData(failed, { cause });
  }
}

/** Of the subject's alternative names: a name in the subject itself counts no more (RFC 6125 §6.4.4). */
function namesOf({ subjectAltName }: X509Certificate): string[] {
  return [...(subjectAltName ?? "").matchAll(/(?:^|, )DNS:([^, ]+)/g)]
    .map(([, name]) => name!.toLowerCase());
}
