/**
 * One request and its answer on a connection: what the application may still do with it, how its answer is
 * framed, and what became of it. Bytes go to the connection's outbox; when they are written, and what
 * happens after the answer, the connection decides.
 *
 * @module
 */

import type { ClientShare } from "../admission/client_limit.ts";
import type { Ticket } from "../admission/ticket.ts";
import { type AnswerFraming, answerFraming, answerHead, asksToClose } from "../answer/answer.ts";
import type { PlainAnswers } from "../answer/plain_answers.ts";
import { type Rejection, REJECTIONS } from "../answer/refusal.ts";
import type { Observers } from "../dispatch/observers.ts";
import { type AbortError, BodyError, type ProtocolError } from "../errors.ts";
import type {
  Application,
  ClientOf,
  ClientRequest,
  Exchange,
  ResponseHead,
  TakenConn,
} from "../exchange.ts";
import type { ParsedHead } from "../h1/parsed_head.ts";
import { bodyAllowed, chunkHead, interimHead, LAST_CHUNK, lastChunk } from "../h1/serialize.ts";
import type { Outbox } from "../memory/outbox.ts";
import type { ConnectionInfo, ExchangeInfo, Refusal } from "../observer.ts";
import type { Address, Bytes, ClientCertificate, Codec, ProxyHeader } from "../ports.ts";
import type { Client, RequestHead } from "../request_head.ts";
import type { CloseReason } from "../states.ts";
import type { Delivery } from "./deliveries.ts";
import type { Ending } from "./lifecycle.ts";
import type { LiveBody } from "./request_body.ts";

/** What is the same for all exchanges of a reactor. */
export interface ExchangeContext {
  readonly ports: { readonly codec: Codec };
  readonly plainAnswers: PlainAnswers;
  /** Who watches; `null` while nobody does. */
  readonly observers: Observers | null;
  /** The `date` field line of the current second. */
  readonly dateLine: string;
  /** A `keep-alive` field line, or nothing. */
  readonly keepAliveLine: string;
  /** Finds out who sent a request. */
  readonly clientOf: ClientOf;
}

/** What an exchange needs of its connection. */
export interface ExchangeHost {
  readonly localAddr: Address;
  readonly remoteAddr: Address;
  readonly secure: boolean;
  readonly proxyHeader: ProxyHeader | null;
  readonly clientCertificate: ClientCertificate | null;
  /** The connection as others see it. */
  readonly view: ConnectionInfo;
  readonly outbox: Outbox;
  readonly context: ExchangeContext;
  /** How the connection is to end. */
  readonly ending: Ending;
  /** Has `call` made once the transition under way is complete. */
  note(call: () => void): void;
  /** The engine answers in place of the application. */
  noteRefused(refusal: Refusal): void;
  /** Carries out what has become pending; called at the end of what the application calls. */
  settle(): void;
  /** Whether the next request may follow a whole answer; settles what becomes of an unread body. */
  mayPersist(exchange: LiveExchange): boolean;
  /** The same for a streamed answer, during which the request's body may still be read. */
  mayPersistStreaming(exchange: LiveExchange): boolean;
  /** The answer's head is in the outbox. */
  onAnswerBegun(): void;
  /** The whole answer is in the outbox. */
  onAnswerComplete(exchange: LiveExchange): void;
  /** The answer cannot be completed. */
  onAnswerCut(exchange: LiveExchange): void;
  /** Writes what is in the outbox now. */
  flush(): void;
  /** The same; resolves when the kernel has taken it, with `false` when the connection is gone. */
  flushed(): Promise<boolean>;
  /** The application takes the connection over. */
  onUpgrade(exchange: LiveExchange): TakenConn;
}

/** What an exchange begins with. */
export interface LiveExchangeInit {
  readonly head: RequestHead;
  /** What the parser found out about that head; read in the constructor alone. */
  readonly parsed: ParsedHead;
  readonly body: LiveBody | null;
}

/** How far the answer has come. `over`: it is delivered, or never will be. */
type AnswerPhase = "open" | "streaming" | "complete" | "over";

/** Text up to this length goes out in one piece with its head: one conversion instead of two. */
const SHORT_TEXT = 4096;

/** RFC 9110 §9.3.6: a 2xx to CONNECT turns the connection into a tunnel, which nobody here would serve. */
const CONNECT_REFUSED: ResponseHead = { status: 501, fields: [] };

/** The exchange of the request that its connection is handling, or has handled. */
export class LiveExchange implements Exchange, ExchangeInfo, ClientRequest, Delivery {
  readonly #host: ExchangeHost;
  readonly head: RequestHead;
  readonly body: LiveBody | null;
  readonly method: string;
  readonly minorVersion: 0 | 1;
  /** What the request itself says about persistence (RFC 9112 §9.3). */
  readonly keepAlive: boolean;
  /** A `100 (Continue)` is owed as soon as the body is wanted. */
  expectsContinue: boolean;
  /** Whether the connection goes on after the answer; known once the head is in the outbox. */
  persists = true;
  status = 0;
  bodyBytes = 0;
  begunMs = -1;
  next: Delivery | null = null;
  /** Its place in the queue; `null` where there is no queue. */
  ticket: Ticket | null = null;
  /** What it counts for at its client; `null` where that is not limited. */
  share: ClientShare | null = null;
  /** How long its handler may take, in milliseconds; 0 is without a bound. */
  handlerMs = 0;
  /** What the engine answers unless the handler does, now that it was told to stop. */
  verdict: ProtocolError | null = null;
  abortReason: AbortError | undefined = undefined;
  onAbort: ((reason: Error) => void) | null = null;
  onAsked: ((reason: CloseReason) => void) | null = null;
  readonly #mayUpgrade: boolean;
  #client: Client | null = null;
  #called = false;
  #onDelivered: ((error?: Error) => void) | null = null;
  #outcome: "pending" | "delivered" | AbortError = "pending";
  #phase: AnswerPhase = "open";
  /** The raw connection, once the application has taken it over. */
  #raw: TakenConn | null = null;
  #framing: AnswerFraming = "none";
  /** Bytes that the announced Content-Length still asks for. */
  #owed = 0;

  constructor(host: ExchangeHost, { head, parsed, body }: LiveExchangeInit) {
    this.#host = host;
    this.head = head;
    this.body = body;
    this.method = parsed.method;
    this.minorVersion = parsed.minorVersion;
    this.keepAlive = parsed.keepAlive;
    this.expectsContinue = parsed.expectContinue && body !== null;
    this.#mayUpgrade = body === null && (parsed.upgrade || parsed.method === "CONNECT");
  }

  get connection(): ConnectionInfo {
    return this.#host.view;
  }

  get info(): ExchangeInfo {
    return this;
  }

  get requestBodyBytes(): number {
    return this.body?.received ?? 0;
  }

  get localAddr(): Address {
    return this.#host.localAddr;
  }

  get remoteAddr(): Address {
    return this.#host.remoteAddr;
  }

  get secure(): boolean {
    return this.#host.secure;
  }

  get proxyHeader(): ProxyHeader | null {
    return this.#host.proxyHeader;
  }

  get clientCertificate(): ClientCertificate | null {
    return this.#host.clientCertificate;
  }

  get client(): Client {
    return this.#client ??= this.#host.context.clientOf(this);
  }

  get queuedMs(): number {
    return this.ticket?.queuedMs ?? 0;
  }

  get asked(): CloseReason | null {
    return this.#host.ending.reason;
  }

  settled(): void {
    this.ticket?.settled();
    this.share?.settled();
  }

  /** Whether the application has not been called for it yet. */
  get uncalled(): boolean {
    return !this.#called;
  }

  /** Calls the application: at once, or when the queue admits the request. */
  call(application: Application): void {
    const { ticket } = this;
    this.#called = true;
    if (ticket !== null) ticket.beginning = true;
    try {
      application(this, this.head);
    } catch (error) {
      this.settled();
      throw error;
    } finally {
      if (ticket !== null) ticket.beginning = false;
    }
  }

  get responded(): boolean {
    return this.#phase !== "open";
  }

  get onDelivered(): ((error?: Error) => void) | null {
    return this.#onDelivered;
  }

  set onDelivered(call: ((error?: Error) => void) | null) {
    this.#onDelivered = call;
    if (this.#outcome === "pending") return;
    this.#tellDelivered();
    this.#host.settle();
  }

  interim(head: ResponseHead): boolean {
    if (this.#phase !== "open" || this.minorVersion === 0) return false;
    this.#append(interimHead(head));
    this.#host.flush();
    this.#host.settle();
    return true;
  }

  respond(head: ResponseHead, body: string | Bytes | null): void {
    if (this.#phase !== "open") return;
    this.#answer(head, body);
    this.#host.settle();
  }

  #answer(head: ResponseHead, body: string | Bytes | null): void {
    const answer = this.#admissible(head);
    this.status = answer.status;
    this.persists = this.#host.mayPersist(this) && this.#connectionGoesOn(answer);
    if (answer !== head || !bodyAllowed(this.method, head.status)) {
      this.#putBytes(answer, null, answer === head ? this.#byteLength(body) : 0);
    } else if (typeof body === "string") {
      this.#putText(answer, body);
    } else {
      this.#putBytes(answer, body, 0);
    }
    this.#complete();
  }

  /** There is no room for the request: the application is never called. */
  reject(code: Rejection): void {
    this.#called = true;
    this.settled();
    const answer = REJECTIONS[code];
    this.#host.noteRefused({ code, status: answer.status, exchange: this });
    this.#answer(answer, "");
  }

  beginBody(head: ResponseHead, length: number | null): boolean {
    if (this.#phase !== "open") return false;
    const answer = this.#admissible(head);
    this.status = answer.status;
    this.#framing = answerFraming(answer, this, answer === head ? length : 0);
    this.persists = this.#host.mayPersistStreaming(this) && this.#framing !== "close" &&
      this.#connectionGoesOn(answer);
    this.#append(this.#headText(answer, this.#framing));
    if (answer !== head || !bodyAllowed(this.method, head.status)) {
      if (this.#framing === "chunked") this.#append(LAST_CHUNK);
      this.#complete();
      this.#host.settle();
      return false;
    }
    this.#owed = length ?? 0;
    this.#phase = "streaming";
    this.#host.onAnswerBegun();
    this.#host.settle();
    return true;
  }

  async writeBody(piece: Bytes): Promise<boolean> {
    if (this.#phase !== "streaming") return false;
    this.#appendPiece(piece);
    if (!await this.#host.flushed()) return false;
    const full = typeof this.#framing === "number" && this.#owed === 0;
    return this.#phase === "streaming" && !full;
  }

  flush(): void {
    if (this.#phase === "streaming") this.#host.flush();
  }

  endBody(trailers: readonly string[] = []): void {
    if (this.#phase !== "streaming") return;
    if (this.#owed > 0) return this.cut();
    if (this.#framing === "chunked") this.#append(lastChunk(trailers));
    this.#phase = "complete";
    this.#answered();
    this.#host.onAnswerComplete(this);
    this.#host.settle();
  }

  cut(): void {
    if (this.#phase === "streaming" || this.#phase === "open") {
      this.#host.onAnswerCut(this);
      this.#host.settle();
    } else {
      this.#raw?.close();
    }
  }

  upgrade(head: ResponseHead): TakenConn {
    if (this.#phase !== "open") {
      throw new TypeError("Cannot upgrade the connection: the request was already answered");
    }
    if (!this.#mayUpgrade) {
      throw new TypeError("Cannot upgrade the connection: the request did not ask for it");
    }
    const { status } = head;
    if (this.method === "CONNECT" ? status < 200 || status > 299 : status !== 101) {
      throw new TypeError(`Cannot upgrade the connection: status ${status} does not hand it over`);
    }
    this.#append(this.#headText(head, "none", ""));
    this.status = status;
    this.#phase = "complete";
    this.ticket?.answered();
    this.#raw = this.#host.onUpgrade(this);
    this.#host.settle();
    return this.#raw;
  }

  /** Has the application told to stop; unless it answers then, the engine does, by `verdict`. */
  overrule(verdict: ProtocolError, reason: AbortError): void {
    this.verdict = verdict;
    this.abort(reason);
  }

  /** Has the application told to stop, unless the answer was delivered. */
  abort(reason: AbortError): void {
    if (this.abortReason !== undefined || this.#outcome !== "pending") return;
    this.abortReason = reason;
    this.ticket?.aborted();
    if (this.#called) this.share?.aborted();
    const call = this.onAbort;
    this.onAbort = null;
    if (call !== null) this.#host.note(() => call(reason));
  }

  /** The connection's end is asked for; the second time nobody listens any more. */
  askedToEnd(reason: CloseReason): void {
    const call = this.onAsked;
    this.onAsked = null;
    if (this.#phase === "open" || this.#phase === "streaming") call?.(reason);
  }

  /** The kernel has taken the whole answer. */
  delivered(): void {
    this.#settle("delivered");
  }

  /** The answer will never be complete: aborts, and fails what still reads the body. */
  lost(reason: AbortError): void {
    this.#phase = "over";
    this.abort(reason);
    const code = reason.code === "peer_gone" ? "peer_closed" : "aborted";
    this.body?.fail(new BodyError(code, reason.message, { cause: reason }));
    this.#answered();
    this.#settle(reason);
    // A handler that is never called can never settle.
    if (!this.#called) this.settled();
  }

  /** The engine answers in the application's place, and tells it why. */
  overruled(status: number, reason: AbortError): void {
    this.status = status;
    this.lost(reason);
  }

  /** The engine refuses it for what its head says: the application never hears of it. */
  refused(status: number, reason: AbortError): void {
    this.status = status;
    this.#called = true;
    this.#settle(reason);
  }

  #settle(outcome: "delivered" | AbortError): void {
    if (this.#outcome !== "pending") return;
    this.#outcome = outcome;
    this.#phase = "over";
    const error = outcome === "delivered" ? undefined : outcome;
    const settled = this.#host.context.observers?.settled ?? null;
    if (settled !== null) this.#host.note(() => settled(this, error));
    this.#tellDelivered();
  }

  #tellDelivered(): void {
    const call = this.#onDelivered;
    if (call === null) return;
    this.#onDelivered = null;
    const outcome = this.#outcome;
    this.#host.note(() => outcome instanceof Error ? call(outcome) : call());
  }

  #complete(): void {
    this.#phase = "complete";
    this.#host.onAnswerBegun();
    this.#answered();
    this.#host.onAnswerComplete(this);
  }

  /** The answer is complete, or never will be. */
  #answered(): void {
    this.ticket?.answered();
    this.share?.answered();
  }

  #admissible(head: ResponseHead): ResponseHead {
    return this.method === "CONNECT" && head.status < 300 ? CONNECT_REFUSED : head;
  }

  /** After a refused CONNECT the client may already have sent what was meant for the tunnel. */
  #connectionGoesOn(head: ResponseHead): boolean {
    return this.method !== "CONNECT" && !asksToClose(head);
  }

  #putText(head: ResponseHead, text: string): void {
    const { context, outbox } = this.#host;
    const { keepAliveLine, plainAnswers } = context;
    const usual = this.persists && this.minorVersion === 1 && keepAliveLine === "";
    const written = usual ? plainAnswers.put(outbox, head, text) : -1;
    this.bodyBytes = written < 0 ? text.length : written;
    if (written >= 0) return;
    // Right if all of it is ASCII, which the number of bytes written tells.
    const headText = this.#headText(head, text.length);
    const short = text.length <= SHORT_TEXT;
    if (this.#putAscii(short ? headText + text : headText)) {
      if (short || this.#putAscii(text)) return;
      outbox.retract(headText.length);
    }
    this.#putBytes(head, this.#host.context.ports.codec.utf8(text), 0);
  }

  #putAscii(text: string): boolean {
    const { outbox } = this.#host;
    const written = outbox.text(text);
    if (written === text.length) return true;
    if (written > 0) outbox.retract(written);
    return false;
  }

  #byteLength(body: string | Bytes | null): number {
    if (body === null) return 0;
    return typeof body === "string"
      ? this.#host.context.ports.codec.utf8(body).length
      : body.length;
  }

  #putBytes(head: ResponseHead, bytes: Bytes | null, unsentLength: number): void {
    const length = bytes === null ? unsentLength : bytes.length;
    const framing = answerFraming(head, this, length);
    this.#append(this.#headText(head, framing));
    this.bodyBytes = bytes === null ? 0 : bytes.length;
    if (bytes !== null) this.#host.outbox.bytes(bytes);
    else if (framing === "chunked") this.#append(LAST_CHUNK);
  }

  #appendPiece(piece: Bytes): void {
    const { outbox } = this.#host;
    if (this.#framing === "chunked") {
      if (piece.length === 0) return;
      this.#append(chunkHead(piece.length));
      this.bodyBytes += piece.length;
      outbox.bytes(piece);
      this.#append("\r\n");
    } else if (this.#framing === "close") {
      this.bodyBytes += piece.length;
      outbox.bytes(piece);
    } else {
      // Cut at the announced length, where the client stops to listen.
      const bytes = piece.length > this.#owed ? piece.subarray(0, this.#owed) : piece;
      this.#owed -= bytes.length;
      this.bodyBytes += bytes.length;
      outbox.bytes(bytes);
    }
  }

  #headText(
    head: ResponseHead,
    framing: AnswerFraming,
    keepAliveLine = this.#host.context.keepAliveLine,
  ): string {
    const { dateLine } = this.#host.context;
    const { minorVersion, persists } = this;
    return answerHead(head, { minorVersion, framing, persists, dateLine, keepAliveLine });
  }

  #append(text: string): void {
    // Field values are latin-1 (RFC 9110 §5.5): what is not ASCII must not go out as UTF-8.
    if (!this.#putAscii(text)) this.#host.outbox.latin1(text);
  }
}
