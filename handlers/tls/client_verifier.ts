/**
 * Whether a client's certificate is accepted.
 *
 * The runtime checks a certificate only in a full handshake, and lets one through that failed: its error has to
 * be asked for. A resumed session brings the certificate along with no error at all, also after a full
 * handshake that was refused, and also from another server of the process with other authorities (Deno
 * 2.9.6: all share the key of their tickets). So a certificate in a resumed session counts only if it was
 * accepted here before.
 *
 * @module
 */

import process from "node:process";
import type { Bytes } from "../../reactor/ports.ts";
import { forgetOldest } from "../oldest.ts";
import { verifyErrorOf } from "./socket_internals.ts";

type TLSSocket = import("node:tls").TLSSocket;
type DetailedPeerCertificate = import("node:tls").DetailedPeerCertificate;

/** How many accepted certificates are remembered. Who is forgotten has to make a full handshake. */
const REMEMBERED = 10_000;

/** A chain is not followed further. */
const LONGEST_CHAIN = 16;

/** What a check is about. */
export interface ClientVerifierInit {
  /** Whether a client has to have a certificate. */
  readonly required: boolean;
  /** The time of day, in milliseconds since 1970-01-01 UTC. */
  readonly wallMs: () => number;
}

/** Checks the certificates of a server's clients. */
export class ClientVerifier {
  readonly #init: ClientVerifierInit;
  /** Until when each accepted certificate is valid, by its fingerprint; the longest unused first. */
  readonly #accepted = new Map<string, number>();

  constructor(init: ClientVerifierInit) {
    this.#init = init;
  }

  /**
   * The chain that a client has sent, its own certificate first, in DER; `null` if it has sent none.
   *
   * @throws {Error} If the client is to be refused.
   */
  chainOf(socket: TLSSocket): readonly Bytes[] | null {
    const chain = chainIn(socket.getPeerCertificate(true));
    const own = chain[0];
    if (own === undefined) {
      if (this.#init.required) throw new Error("The client has sent no certificate");
      return null;
    }
    const fingerprint = fingerprintOf(own);
    if (socket.isSessionReused()) {
      if (!this.#isAccepted(fingerprint)) {
        throw new Error("The client's certificate was not accepted before");
      }
    } else {
      const why = verifyErrorOf(socket);
      if (why !== "") throw new Error(`The client's certificate is not accepted: ${why}`);
      this.#accept(fingerprint, own);
    }
    return chain;
  }

  #isAccepted(fingerprint: string): boolean {
    const untilMs = this.#accepted.get(fingerprint);
    if (untilMs === undefined) return false;
    this.#accepted.delete(fingerprint);
    if (untilMs < this.#init.wallMs()) return false;
    this.#accepted.set(fingerprint, untilMs);
    return true;
  }

  #accept(fingerprint: string, certificate: Bytes): void {
    this.#accepted.delete(fingerprint);
    const { X509Certificate } = process.getBuiltinModule("node:crypto");
    this.#accepted.set(fingerprint, Date.parse(new X509Certificate(certificate).validTo));
    forgetOldest(this.#accepted, REMEMBERED);
  }
}

function fingerprintOf(certificate: Bytes): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(certificate).digest("hex");
}

function chainIn(first: DetailedPeerCertificate | null): Bytes[] {
  const chain: Bytes[] = [];
  let next: DetailedPeerCertificate | null | undefined = first;
  while (next?.raw !== undefined && chain.length < LONGEST_CHAIN) {
    chain.push(new Uint8Array(next.raw));
    if (next.issuerCertificate === next) break;
    next = next.issuerCertificate;
  }
  return chain;
}
