/**
 * TLS as one server speaks it: its certificates, and what it asks of clients. Everything of the runtime that
 * it needs is loaded with the first server that uses TLS.
 *
 * @module
 */

import process from "node:process";
import type { Bytes, ClientCertificate } from "../../reactor/ports.ts";
import { reportLine } from "../report.ts";
import { ClientVerifier } from "./client_verifier.ts";
import { CredentialStore, type FindCredentials } from "./credential_store.ts";
import { type Credentials, credentialsOf } from "./credentials.ts";
import { flushHandshake } from "./socket_internals.ts";
import type { Certificate, CertificateFor, TlsSettings } from "./tls_options.ts";

type Duplex = import("node:stream").Duplex;
type TLSSocket = import("node:tls").TLSSocket;

/** The only protocol that is offered to clients that name some (RFC 7301). */
const PROTOCOLS = ["http/1.1"];

/** What the runtime is told when the certificate for a handshake has been found. */
type Chosen = (error: Error | null, context?: Credentials["context"]) => void;

/** Makes a client's certificate of its chain. */
type ReadCertificate = (chain: readonly Bytes[]) => ClientCertificate;

/** What the connections of one server have in common. */
export class Terminator {
  /** The class of `node:stream`. */
  readonly Duplex: typeof import("node:stream").Duplex;
  readonly #TLSSocket: typeof import("node:tls").TLSSocket;
  readonly #settings: TlsSettings;
  readonly #store: CredentialStore;
  readonly #verifier: ClientVerifier | null;
  #read: ReadCertificate | null = null;

  /** @throws {Deno.errors.InvalidData} If a certificate or key is no use. */
  constructor(settings: TlsSettings) {
    this.Duplex = process.getBuiltinModule("node:stream").Duplex;
    this.#TLSSocket = process.getBuiltinModule("node:tls").TLSSocket;
    this.#settings = settings;
    const { certificateFor, clientCertificates } = settings;
    const wallMs = Date.now;
    this.#store = new CredentialStore(this.#ready(settings.certificates), {
      find: certificateFor === null ? null : this.#finder(certificateFor),
      wallMs,
    });
    this.#verifier = clientCertificates === null
      ? null
      : new ClientVerifier({ required: clientCertificates.mode === "required", wallMs });
  }

  /** Resolves when connections may be accepted. */
  async load(): Promise<void> {
    if (this.#verifier === null) return;
    const { PeerCertificate } = await import("./peer_certificate.ts");
    this.#read = (chain) => new PeerCertificate(chain);
  }

  /**
   * Puts other certificates in the place of all that there were: for handshakes from now on.
   *
   * @throws {Deno.errors.InvalidData} If one of them is no use; then all stay as they were.
   */
  replace(certificates: readonly Certificate[]): void {
    this.#store.replace(this.#ready(certificates));
  }

  /** Begins TLS over a stream of encrypted bytes, as the server. */
  open(encrypted: Duplex): TLSSocket {
    const options = {
      isServer: true,
      secureContext: this.#store.default.context,
      ALPNProtocols: PROTOCOLS,
      requestCert: this.#verifier !== null,
      // Who is refused is decided by `clientOf`, so that the client can be told.
      rejectUnauthorized: false,
      ...this.#store.hasChoice
        ? { SNICallback: (name: string, done: Chosen) => void this.#choose(socket, name, done) }
        : {},
    };
    const socket = new this.#TLSSocket(encrypted as import("node:net").Socket, options);
    return socket;
  }

  /**
   * The certificate of the client at the other end; `null` if it has none.
   *
   * @throws {Error} If the client is to be refused.
   */
  clientOf(socket: TLSSocket): ClientCertificate | null {
    const chain = this.#verifier?.chainOf(socket) ?? null;
    return chain === null ? null : this.#read!(chain);
  }

  #ready(certificates: readonly Certificate[]): Credentials[] {
    return certificates.map((each) => credentialsOf(each, this.#settings));
  }

  #finder(certificateFor: CertificateFor): FindCredentials {
    return async (serverName) => {
      try {
        const found = await certificateFor(serverName);
        return found === null ? null : credentialsOf(found, this.#settings);
      } catch (error) {
        reportLine("The function for certificates failed, so does the handshake", error);
        throw error;
      }
    };
  }

  async #choose(socket: TLSSocket, serverName: string, done: Chosen): Promise<void> {
    try {
      const found = this.#store.forName(serverName);
      if (!(found instanceof Promise)) return done(null, found.context);
      done(null, (await found).context);
      flushHandshake(socket);
    } catch (error) {
      done(error as Error);
    }
  }
}
