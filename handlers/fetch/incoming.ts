/**
 * What a lazily filled request knows: its head, and where the rest comes from. Each part is derived when it
 * is first asked for. How this passes for a `Request` lives in
 * `request.ts`.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import type { Bytes } from "../../reactor/ports.ts";
import type { RequestHead } from "../../reactor/request_head.ts";
import { type Abortable, signalOf } from "./abort.ts";
import { withByob } from "./byob.ts";
import { IncomingBody, ownBytes } from "./body.ts";
import { lazyHeaders } from "./headers.ts";
import { realRequest } from "./real_request.ts";

/** The part of an exchange that a request uses. */
export type RequestExchange = Pick<Exchange, "secure" | "body"> & Abortable;

/** What a request is made from. */
export interface RequestOptions {
  readonly exchange: RequestExchange;
  readonly head: RequestHead;
  /** `host` or `host:port` of the listener: stands in the URL when an HTTP/1.0 request has no Host. */
  readonly defaultHost: string;
}

/** Strips a byte order mark and replaces what is not UTF-8, as the platform's `text()`. */
const utf8 = new TextDecoder();
const decodeUtf8 = (bytes: Bytes) => utf8.decode(bytes);

/** One request as received. */
export class Incoming {
  readonly method: string;
  readonly exchange: RequestExchange;
  readonly #head: RequestHead;
  readonly #defaultHost: string;
  #url: string | null = null;
  #headers: Headers | null = null;
  #signal: AbortSignal | null = null;
  #body: IncomingBody | null = null;
  #real: Request | null = null;
  /** What the real request was given of the body: all of it, or its stream. */
  #given: ReadableStream<Bytes> | "whole" | null = null;

  constructor({ exchange, head, defaultHost }: RequestOptions) {
    this.method = head.method;
    this.exchange = exchange;
    this.#head = head;
    this.#defaultHost = defaultHost;
  }

  /** Scheme, host and target as sent, RFC 9112 §3.3; nothing is normalized. */
  get url(): string {
    const scheme = this.exchange.secure ? "https://" : "http://";
    return this.#url ??= this.#head.url(scheme, this.#defaultHost);
  }

  get headers(): Headers {
    return this.#headers ??= lazyHeaders(this.#head.fields);
  }

  get signal(): AbortSignal {
    return this.#signal ??= signalOf(this.exchange);
  }

  /**
   * A body that is here is streamed by the real request: of a stream that the platform has made of bytes, it
   * knows the length, which it then sends on with `fetch(url, { body: request.body })`. It cannot be told the
   * length of any other stream.
   */
  get body(): ReadableStream<Bytes> | null {
    const own = this.#ownBody;
    if (own === null) return null;
    if (this.#given === null && !own.isHere) return own.stream;
    const { body } = this.real;
    return body !== null && this.#given === "whole" ? withByob(body) : body;
  }

  get bodyUsed(): boolean {
    // A `new Request(request)` uses the body up before it reads any of it.
    if (this.#given !== null && this.#real?.bodyUsed) return true;
    return this.#holder === null && this.#body !== null && this.#body.used;
  }

  /** A real `Request` with the same contents, for the platform's own methods; made once. */
  get real(): Request {
    return this.#real ??= realRequest({
      method: this.method,
      url: this.url,
      fields: this.#head.fields,
      body: this.#giveBody(),
    });
  }

  async text(): Promise<string> {
    if (this.#holder !== null) return this.#holder.text();
    const taken = this.#takeText();
    return typeof taken === "string" ? taken : await taken;
  }

  async json(): Promise<unknown> {
    if (this.#holder !== null) return this.#holder.json();
    const taken = this.#takeText();
    return JSON.parse(typeof taken === "string" ? taken : await taken);
  }

  async bytes(): Promise<Bytes> {
    if (this.#holder !== null) return this.#holder.bytes();
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
    const type = this.#head.fields.get("content-type");
    return new Response(
      await this.bytes(),
      type === null ? {} : {
        headers: { "content-type": type },
      },
    );
  }

  /** `null` for methods whose requests have no body for the platform, whatever came along. */
  get #ownBody(): IncomingBody | null {
    const { method } = this;
    if (method === "GET" || method === "HEAD" || method === "CONNECT") return null;
    return this.#body ??= new IncomingBody(this.exchange.body);
  }

  /**
   * The real request, once it has the body to itself: it was given all of it, or `clone()` has put one half
   * of it there in the stream's place.
   */
  get #holder(): Request | null {
    const given = this.#given;
    const real = this.#real;
    if (given === null || real === null) return null;
    return given === "whole" || real.body !== given ? real : null;
  }

  #take(): Bytes | Promise<Bytes> {
    return this.#ownBody?.take() ?? new Uint8Array(0);
  }

  #takeText(): string | Promise<string> {
    return this.#ownBody?.takeText(decodeUtf8) ?? "";
  }

  #giveBody(): ReadableStream<Bytes> | Bytes | "spent" | null {
    const body = this.#ownBody;
    if (body === null) return null;
    if (body.unusable) return "spent";
    if (!body.isHere) return this.#given = body.stream;
    this.#given = "whole";
    // Which is at hand, since it is here.
    return body.take() as Bytes;
  }
}
