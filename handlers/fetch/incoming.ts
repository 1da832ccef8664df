/**
 * What a lazily filled request knows: the head's text, its offsets, and where the rest comes from.
 * Each part is derived when it is first asked for. How this passes for a `Request` lives in
 * `request.ts`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Exchange } from "../../reactor/exchange.ts";
import type { KnownFields } from "../../reactor/h1/field_memory.ts";
import type { RequestHead } from "../../reactor/h1/head.ts";
import type { KnownTarget } from "../../reactor/h1/target_memory.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { type Abortable, signalOf } from "./abort.ts";
import { IncomingBody, ownBytes } from "./body.ts";
import { FieldSection } from "../../reactor/h1/field_section.ts";
import { lazyHeaders } from "./headers.ts";
import { realRequest } from "./real_request.ts";

/** The part of an exchange that a request uses. */
export type RequestExchange = Pick<Exchange, "secure" | "body"> & Abortable;

/** What a request is made from. `head` and `bytes` are not kept: the engine uses them again. */
export interface RequestOptions {
  readonly exchange: RequestExchange;
  readonly head: RequestHead;
  readonly bytes: Bytes;
  /** Where the head begins in `bytes`. */
  readonly start: number;
  /** `host` or `host:port` of the listener: stands in the URL when an HTTP/1.0 request has no Host. */
  readonly defaultHost: string;
}

/** One character a byte; six times as fast as a latin-1 `TextDecoder` at the length of a head. */
const latin1Slice = Buffer.prototype.latin1Slice;
/** Strips a byte order mark and replaces what is not UTF-8, as the platform's `text()`. */
const utf8 = new TextDecoder();
const decodeUtf8 = (bytes: Bytes) => utf8.decode(bytes);

/** One request as received. */
export class Incoming {
  readonly method: string;
  readonly #exchange: RequestExchange;
  readonly #defaultHost: string;
  /** Without the fields, where those are known; empty, where the target is too. */
  readonly #head: string;
  readonly #known: KnownFields | null;
  readonly #knownTarget: KnownTarget | null;
  readonly #targetForm: RequestHead["targetForm"];
  readonly #targetStart: number;
  readonly #targetEnd: number;
  readonly #hostStart: number;
  readonly #hostEnd: number;
  readonly #fieldsStart: number;
  #url: string | null = null;
  #fields: FieldSection | null = null;
  #headers: Headers | null = null;
  #signal: AbortSignal | null = null;
  #body: IncomingBody | null = null;
  #real: Request | null = null;
  /** The stream that the real request was given, if any. */
  #lent: ReadableStream<Bytes> | null = null;

  constructor(options: RequestOptions) {
    const { head, start } = options;
    this.method = head.method;
    this.#exchange = options.exchange;
    this.#defaultHost = options.defaultHost;
    const length = head.known === null ? head.length : head.targetEnd;
    this.#head = head.knownTarget === null
      ? latin1Slice.call(options.bytes, start, start + length)
      : "";
    this.#known = head.known;
    this.#knownTarget = head.knownTarget;
    this.#targetForm = head.targetForm;
    this.#targetStart = head.targetStart;
    this.#targetEnd = head.targetEnd;
    this.#hostStart = head.hostStart;
    this.#hostEnd = head.hostEnd;
    this.#fieldsStart = head.fieldsStart;
  }

  /** Scheme, host and target as sent, RFC 9112 §3.3; nothing is normalized. */
  get url(): string {
    return this.#url ??= this.#targetUrl();
  }

  get headers(): Headers {
    return this.#headers ??= lazyHeaders(this.#fieldSection);
  }

  get signal(): AbortSignal {
    return this.#signal ??= signalOf(this.#exchange);
  }

  get body(): ReadableStream<Bytes> | null {
    if (this.#real !== null && this.#lent !== null) return this.#real.body;
    return this.#ownBody?.stream ?? null;
  }

  get bodyUsed(): boolean {
    // A `new Request(request)` uses the body up before it reads any of it.
    if (this.#lent !== null && this.#real?.bodyUsed) return true;
    return this.#teed === null && this.#body !== null && this.#body.used;
  }

  /** A real `Request` with the same contents, for the platform's own methods; made once. */
  get real(): Request {
    return this.#real ??= realRequest({
      method: this.method,
      url: this.url,
      fields: this.#fieldSection,
      body: this.#lendBody(),
    });
  }

  async text(): Promise<string> {
    if (this.#teed !== null) return this.#teed.text();
    const taken = this.#takeText();
    return typeof taken === "string" ? taken : await taken;
  }

  async json(): Promise<unknown> {
    if (this.#teed !== null) return this.#teed.json();
    const taken = this.#takeText();
    return JSON.parse(typeof taken === "string" ? taken : await taken);
  }

  async bytes(): Promise<Bytes> {
    if (this.#teed !== null) return this.#teed.bytes();
    return ownBytes(await this.#take());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return await (await this.#asResponse()).blob();
  }

  async formData(): Promise<FormData> {
    return await (await this.#asResponse()).formData();
  }

  /** The platform's parsers of media types and forms, past any stream. */
  async #asResponse(): Promise<Response> {
    const type = this.#fieldSection.get("content-type");
    return new Response(
      await this.bytes(),
      type === null ? {} : {
        headers: { "content-type": type },
      },
    );
  }

  get #fieldSection(): FieldSection {
    return this.#fields ??= this.#known?.section ??
      new FieldSection(this.#head, this.#fieldsStart);
  }

  /** `null` for methods whose requests have no body for the platform, whatever came along. */
  get #ownBody(): IncomingBody | null {
    const { method } = this;
    if (method === "GET" || method === "HEAD" || method === "CONNECT") return null;
    return this.#body ??= new IncomingBody(this.#exchange.body);
  }

  /** The real request, once `clone()` has put one half of the body there in the stream's place. */
  get #teed(): Request | null {
    const real = this.#real;
    return real !== null && this.#lent !== null && real.body !== this.#lent ? real : null;
  }

  #take(): Bytes | Promise<Bytes> {
    return this.#ownBody?.take() ?? new Uint8Array(0);
  }

  #takeText(): string | Promise<string> {
    return this.#ownBody?.takeText(decodeUtf8) ?? "";
  }

  #lendBody(): ReadableStream<Bytes> | "spent" | null {
    const body = this.#ownBody;
    if (body === null) return null;
    if (body.unusable) return "spent";
    return this.#lent = body.stream;
  }

  #targetUrl(): string {
    const scheme = this.#exchange.secure ? "https://" : "http://";
    if (this.#knownTarget !== null) return this.#knownTarget.urlAt(scheme, this.#host());
    const target = this.#head.slice(this.#targetStart, this.#targetEnd);
    // RFC 9112 §3.2.2: an absolute target wins over Host.
    if (this.#targetForm === "absolute") return withPath(target);
    if (this.#targetForm === "authority") return scheme + target;
    return scheme + this.#host() + (this.#targetForm === "asterisk" ? "/*" : target);
  }

  #host(): string {
    if (this.#known !== null) return this.#known.host;
    if (this.#hostStart < 0) return this.#defaultHost;
    return this.#head.slice(this.#hostStart, this.#hostEnd);
  }
}

/** `http://host` is `http://host/`, RFC 9110 §4.2.3. */
function withPath(absolute: string): string {
  const authority = absolute.indexOf("://") + 3;
  return absolute.includes("/", authority) || absolute.includes("?", authority)
    ? absolute
    : absolute + "/";
}
