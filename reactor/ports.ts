/**
 * What the engine needs from the outside, as interfaces: a clock, a listener, its connections, text
 * encoding and abort controllers. `deno_ports.ts` fills them for production, the tests with fakes.
 * Nothing here may name a global of a platform: the engine type-checks with `lib: ["esnext"]` alone.
 *
 * @module
 */

/** Bytes that the engine reads and writes; never backed by shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Where a socket is: an IP address and port, or the path of a unix socket. */
export type Address =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** One type-length-value field of a PROXY header of version 2. */
export interface ProxyTlv {
  /** What it is: 0x01 ALPN, 0x02 authority, 0x05 unique id, 0x20 TLS, 0x30 namespace, 0xE0 on for own use. */
  readonly type: number;
  /** Its bytes, whose meaning depends on the type. */
  readonly value: Bytes;
}

/** What a proxy said about a connection before its first request, by the PROXY protocol. */
export interface ProxyHeader {
  /** The version of the protocol: 1 is text, 2 binary. */
  readonly version: 1 | 2;
  /** `"local"`: the proxy speaks for itself, as in a health check. */
  readonly command: "proxy" | "local";
  /** The client's end; `null` where the header names none, and the socket's addresses hold. */
  readonly source: Address | null;
  /** The end that the client connected to; `null` together with `source`. */
  readonly destination: Address | null;
  /** What else it said, in its order, without padding; version 1 has none. */
  readonly tlvs: readonly ProxyTlv[];
}

/** One attribute of a name in a certificate, such as `{ type: "CN", value: "alice" }`. */
export interface SubjectAttribute {
  /** What it is usually called (RFC 4514 §3): CN, O, OU, C, …; for others the number in dots. */
  readonly type: string;
  /** What it says. */
  readonly value: string;
}

/** One alternative name of a certificate (RFC 5280 §4.2.1.6). */
export interface CertificateName {
  /** Which kind of name it is. */
  readonly type: "dns" | "email" | "uri" | "ip";
  /** The name; an IP address in its usual text. */
  readonly value: string;
}

/** The certificate that a client has proved to hold the key of. */
export interface ClientCertificate {
  /** Whom it is made out to, in the certificate's order. */
  readonly subject: readonly SubjectAttribute[];
  /** Who has issued it. */
  readonly issuer: readonly SubjectAttribute[];
  /** Further names of its holder; other kinds of names are left out. */
  readonly alternativeNames: readonly CertificateName[];
  /** Its number with the issuer, in hexadecimal digits. */
  readonly serialNumber: string;
  /** From when on it is valid. */
  readonly validFrom: Date;
  /** Until when it is valid. */
  readonly validTo: Date;
  /** The SHA-256 hash of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly fingerprint: string;
  /** What the client has sent, in DER: its own certificate first, then those of its issuers. */
  readonly chain: readonly Bytes[];
}

/** One accepted byte stream. */
export interface Conn {
  /** This end. */
  readonly localAddr: Address;
  /** The other end. */
  readonly remoteAddr: Address;
  /** Resolves with the number of bytes put at the start of `into`, or `null` at the peer's end of stream. */
  read(into: Bytes): Promise<number | null>;
  /** Resolves with the number of bytes taken, at least one and perhaps fewer than given. */
  write(bytes: Bytes): Promise<number>;
  /** Sends the end of the stream (FIN; for TLS a close_notify before it) and leaves reading open. */
  closeWrite(): Promise<void>;
  /** Frees the descriptor; pending reads and writes reject. Called once. */
  close(): void;
  /** Completes the TLS handshake; absent on a plain connection. */
  handshake?(): Promise<void>;
  /** Reads the PROXY header, from which the addresses are taken then; absent where there is none. */
  readProxyHeader?(): Promise<void>;
  /** That header; `null` or absent where there is none. */
  readonly proxyHeader?: ProxyHeader | null;
  /** The client's certificate; `null` or absent where it has shown none. */
  readonly clientCertificate?: ClientCertificate | null;
  /** Keeps the process alive while a read is pending; the default. */
  ref(): void;
  /** Lets the process end though a read is pending. */
  unref(): void;
}

/**
 * Why an accept failed: `closed` by whoever owns the listener, `fatal` for good, `exhausted` because no
 * descriptor is left, `transient` for any other reason; these two are worth another try after a pause.
 */
export type AcceptFailure = "closed" | "fatal" | "exhausted" | "transient";

/** Accepts connections, also through `for await`. */
export interface Listener extends AsyncIterable<Conn> {
  readonly addr: Address;
  /** How the reactor should take an error that the iteration threw. */
  classify(error: unknown): AcceptFailure;
  close(): void;
  ref(): void;
  unref(): void;
}

/** Ends a timer; harmless after it fired. */
export type StopTimer = () => void;

/** Time, in milliseconds from an arbitrary origin, never going back. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`; keeps the process alive only if `hold` is set. */
  after(ms: number, call: () => void, options?: { readonly hold?: boolean }): StopTimer;
  /** Calls back every `ms` until stopped; never keeps the process alive. */
  every(ms: number, call: () => void): StopTimer;
  /** Calls back once, as soon as the platform has looked at all its sockets; may keep the process alive. */
  afterPoll(call: () => void): StopTimer;
  /** The time of day in milliseconds since 1970-01-01 UTC, for the `Date` field. */
  wallMs(): number;
}

/** Conversions between strings and bytes. */
export interface Codec {
  /** Writes `text` as UTF-8 at `at`; returns the bytes written, or -1 when the rest of `into` may be too small. */
  utf8Into(text: string, into: Bytes, at: number): number;
  /** The UTF-8 bytes of `text`. */
  utf8(text: string): Bytes;
  /** One character a byte. */
  latin1(bytes: Bytes, from: number, to: number): string;
}

/** The part of an `AbortController` that the engine uses. */
export interface Aborter<Signal = unknown> {
  readonly signal: Signal;
  abort(reason: unknown): void;
}

/** Everything above that is not a socket, and a few single functions, handed to the reactor once. */
export interface Ports {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly newAborter: () => Aborter;
  /** Whether the platform's URL parser takes this text as an absolute URL. */
  readonly isUrl: (text: string) => boolean;
}
