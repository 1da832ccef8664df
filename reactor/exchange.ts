/**
 * The seam between the engine and what runs on it: one exchange is one request and its answer. The
 * connection implements these interfaces, `handlers/` uses them, and neither knows more of the other.
 *
 * @module
 */

import type { ExchangeInfo } from "./observer.ts";
import type { Address, Bytes, ClientCertificate, Conn, ProxyHeader } from "./ports.ts";
import type { Client, RequestHead } from "./request_head.ts";
import type { CloseReason } from "./states.ts";

/** The head of an answer. */
export interface ResponseHead {
  /** 200 to 599; 101 only through {@linkcode Exchange.upgrade}, others below 200 through `interim`. */
  readonly status: number;
  /** Field lines as name, value, name, value, …, in the order and case in which they go out. */
  readonly fields: readonly string[];
}

/** A request's body, pulled by whoever wants it; bytes not pulled stay in the kernel. */
export interface RequestBody {
  /** The length announced by Content-Length in bytes, or `null` for a chunked body. */
  readonly length: number | null;
  /**
   * Whether all of a body with a length has arrived and nobody has begun to read it: `readAll` gives it at
   * once, however large it is.
   */
  readonly isHere: boolean;
  /**
   * The next piece, which the caller then owns, or `null` at the end. One call at a time.
   *
   * Rejects with a `BodyError` when the client left, was too slow, broke the framing or went over
   * `limits.bodyBytes`, and when the exchange was aborted.
   */
  read(): Promise<Bytes | null>;
  /**
   * Everything that is left: at once when it has already arrived, else as a promise. Fails as
   * {@linkcode RequestBody.read} does, and with code `body_too_large` over `limits.bufferedBodyBytes`.
   */
  readAll(): Bytes | Promise<Bytes>;
  /**
   * The same as text. `decode` must neither keep the bytes nor throw: they are decoded where they lie, if
   * all of them have arrived.
   */
  readText(decode: (bytes: Bytes) => string): string | Promise<string>;
  /**
   * The trailer fields as name, value, name, value, …: when the body has come whole, by whoever it was read
   * or discarded. There are none unless it is chunked. Rejects with a `BodyError` when that cannot happen
   * any more.
   */
  trailers(): Promise<readonly string[]>;
  /** The rest is not wanted: later reads give `null`, the engine drains it or closes. */
  cancel(): void;
}

/** A connection that the application has taken over. */
export interface TakenConn extends Conn {
  /**
   * Called at most once, when somebody asks for the connection's end in good order: the server shuts down,
   * or `close()` was called on it. Nothing else happens to it then, until it is cut.
   */
  onAsked: ((reason: CloseReason) => void) | null;
  /** Why its end was asked for; `null` while it was not. */
  readonly asked: CloseReason | null;
  /** The next bytes, as many as have arrived, in an array of the caller's own; `null` at the end. */
  take(): Promise<Bytes | null>;
}

/** One request and its answer, as the application sees it. Every method is harmless once it has ended. */
export interface Exchange {
  /** The request's method, case as sent. */
  readonly method: string;
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  /** Whether the bytes travel through TLS. */
  readonly secure: boolean;
  /** The PROXY header at the connection's beginning; `null` if there was none. */
  readonly proxyHeader: ProxyHeader | null;
  /** The client's certificate; `null` if it was not asked for one, or has none. */
  readonly clientCertificate: ClientCertificate | null;
  /** The same exchange, as those who observe the server know it. */
  readonly info: ExchangeInfo;
  /** `null` when the request has no body: neither Content-Length over zero nor Transfer-Encoding. */
  readonly body: RequestBody | null;
  /** Whether the answer's head has gone into the output. */
  readonly responded: boolean;
  /** Why the exchange was aborted, or `undefined`. Stays `undefined` when the answer was delivered. */
  readonly abortReason: Error | undefined;
  /** Called at most once, when the exchange is aborted before its answer was delivered. */
  onAbort: ((reason: Error) => void) | null;
  /**
   * Called at most once, when somebody asks for the connection's end in good order while the answer is under
   * way: the server shuts down, or `close()` was called on the connection. What has no end of its own should
   * end then; anything else may go on, until it is aborted.
   */
  onAsked: ((reason: CloseReason) => void) | null;
  /** Why the connection's end was asked for; `null` while it was not. */
  readonly asked: CloseReason | null;
  /** Called at most once: with no argument when the kernel has taken the answer's last byte, else with why not. */
  onDelivered: ((error?: Error) => void) | null;

  /**
   * Sends an interim answer at once (RFC 9110 §15.2): `head` with a status of 102 to 199. Returns whether
   * it went out: not to HTTP/1.0, and not once the answer has begun.
   *
   * @throws {TypeError} If a field cannot be sent.
   */
  interim(head: ResponseHead): boolean;
  /** Answers with a body that is here. Content-Length is added by the engine, HEAD and 304 are minded. */
  respond(head: ResponseHead, body: string | Bytes | null): void;
  /**
   * Sends the head of an answer whose body follows in pieces. `length` in bytes, or `null` when unknown:
   * then chunked, or to the end of the connection for HTTP/1.0. Returns whether the body is wanted at all
   * (not for HEAD, 204, 205, 304).
   */
  beginBody(head: ResponseHead, length: number | null): boolean;
  /** Sends what has been begun without waiting for the body's first piece. */
  flush(): void;
  /** Resolves when the kernel has taken the piece, with `false` when nobody wants more. */
  writeBody(piece: Bytes): Promise<boolean>;
  /**
   * Ends the body; cuts the connection when fewer bytes than announced were written. `trailers` as name,
   * value, name, value, …, go out after a chunked body; after any other they are dropped.
   *
   * @throws {TypeError} If a trailer field cannot be sent.
   */
  endBody(trailers?: readonly string[]): void;
  /**
   * The handler has settled: whatever it returned is here, and it is not at work any more. To be called
   * once for each exchange, whatever became of it; its slot in the queue depends on it.
   */
  settled(): void;
  /** The answer cannot be completed: closes the connection so that the client can tell. */
  cut(): void;
  /**
   * Takes the connection over: `head` is sent (101, or a 2xx to CONNECT), then the raw bytes belong to
   * the caller, beginning with those that were read after the request. The connection stays in the Set,
   * in the state `upgraded`, and in the shutdown.
   *
   * @throws {TypeError} If the request has a body, did not ask for an upgrade or was answered, or the status
   * is neither 101 nor, for CONNECT, 2xx.
   */
  upgrade(head: ResponseHead): TakenConn;
}

/** What the connection calls for each request. */
export type Application = (exchange: Exchange, head: RequestHead) => void;

/** A request, and what the connection itself knows of its sender. */
export interface ClientRequest {
  readonly head: RequestHead;
  readonly remoteAddr: Address;
  readonly secure: boolean;
  readonly proxyHeader: ProxyHeader | null;
}

/** Finds out who sent a request; called when somebody asks. */
export type ClientOf = (request: ClientRequest) => Client;
