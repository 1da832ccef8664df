/**
 * What a handler gets beside the request: the client's address, the fate of the answer, the raw connection.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import type { Address, ClientCertificate, Conn, ProxyHeader } from "../../reactor/ports.ts";
import type { Client } from "../../reactor/request_head.ts";
import type { UpgradeInit } from "../serve_options.ts";
import { elementsOf, fieldsOf } from "./fields.ts";
import { sendInterim } from "./interim.ts";
import { giveTrailers, requestTrailers, type TrailersInit } from "./trailers.ts";

/** One exchange's information; nothing is made before it is asked for. */
export class HandlerInfo {
  readonly #exchange: Exchange;
  readonly #request: Request;
  readonly serverAddr: Address;
  #completed: Promise<void> | null = null;
  #trailers: Promise<Headers> | null = null;

  constructor(
    exchange: Exchange,
    { request, serverAddr }: { readonly request: Request; readonly serverAddr: Address },
  ) {
    this.#exchange = exchange;
    this.#request = request;
    this.serverAddr = serverAddr;
  }

  get remoteAddr(): Address {
    return this.#exchange.remoteAddr;
  }

  get client(): Client {
    return this.#exchange.info.client;
  }

  get proxyHeader(): ProxyHeader | null {
    return this.#exchange.proxyHeader;
  }

  get clientCertificate(): ClientCertificate | null {
    return this.#exchange.clientCertificate;
  }

  get completed(): Promise<void> {
    return this.#completed ??= completion(this.#exchange);
  }

  get trailers(): Promise<Headers> {
    if (this.#trailers === null) {
      this.#trailers = requestTrailers(this.#exchange);
      ignoreRejection(this.#trailers);
    }
    return this.#trailers;
  }

  earlyHints(headers: HeadersInit): boolean {
    return sendInterim(this.#exchange, { status: 103, headers });
  }

  sendInterim(status: number, headers?: HeadersInit): boolean {
    return sendInterim(this.#exchange, { status, headers });
  }

  responseTrailers(trailers: TrailersInit): boolean {
    return giveTrailers(this.#exchange, this.#request, trailers);
  }

  upgrade(init: UpgradeInit = {}): Conn {
    const { status = this.#exchange.method === "CONNECT" ? 200 : 101 } = init;
    const headers = new Headers(init.headers);
    if (status === 101) {
      sayUpgrade(headers);
      checkOffered(headers.get("upgrade")!, this.#request.headers.get("upgrade"));
    }
    return this.#exchange.upgrade({ status, fields: fieldsOf(headers) });
  }
}

/** RFC 9110 §7.8: a 101 names the new protocol, and Connection says that it does. */
function sayUpgrade(headers: Headers): void {
  if (!headers.has("upgrade")) {
    throw new TypeError("Cannot upgrade the connection: no Upgrade field names the protocol");
  }
  if (!elementsOf(headers.get("connection")).includes("upgrade")) {
    headers.append("connection", "upgrade");
  }
}

/** RFC 9110 §7.8: no protocol that the client did not name. One that named none is refused by the exchange. */
function checkOffered(taken: string, offered: string | null): void {
  if (offered === null) return;
  const known = elementsOf(offered);
  const strange = elementsOf(taken).find((protocol) => !known.includes(protocol));
  if (strange === undefined) return;
  throw new TypeError(
    `Cannot upgrade the connection: the client did not offer the protocol "${strange}"`,
  );
}

function completion(exchange: Exchange): Promise<void> {
  const promise = new Promise<void>((resolve, reject) => {
    const before = exchange.onDelivered;
    exchange.onDelivered = (error) => {
      before?.(error);
      if (error === undefined) return resolve();
      reject(
        new Deno.errors.Interrupted(`The answer was not sent whole: ${error.message}`, {
          cause: error,
        }),
      );
    };
  });
  // Nobody has to listen: an answer that was lost must not end the process.
  ignoreRejection(promise);
  return promise;
}

async function ignoreRejection(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (_) {
    // Whoever awaits the promise itself still sees it.
  }
}
