/**
 * The observer of the access log: notes a request's head while it can be looked at, and makes one
 * line of each answer.
 *
 * @module
 */

import { addressOfPeer } from "../../reactor/connection/client_by_peer.ts";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import { type AbortError, ProtocolError } from "../../reactor/errors.ts";
import type { RequestView } from "../../reactor/request_head.ts";
import type { ExchangeInfo, Observer, Refusal } from "../../reactor/observer.ts";
import type { Clock } from "../../reactor/ports.ts";
import { redactTarget } from "../redact.ts";
import {
  type Format,
  FORMATS,
  type LogFormat,
  type RequestEntry,
  showsHeaders,
} from "./formats.ts";

/** What nginx logs for a client that left before there was an answer, and for a connection it closed itself. */
const LEFT_STATUS = 499;
const CUT_STATUS = 444;

/** What a LogObserver is made of. */
export interface ScribeInit {
  readonly clock: Pick<Clock, "now" | "wallMs">;
  readonly format: LogFormat;
  /** Takes a line, its end included. */
  readonly write: (line: string) => void;
}

type Note = Pick<RequestEntry, "target" | "number" | "referer" | "userAgent">;

const NOTHING: Note = { target: null, number: null, referer: null, userAgent: null };

/** See the head of this file. */
export class LogObserver implements Observer {
  readonly #init: ScribeInit;
  readonly #format: Format;
  readonly #headers: boolean;
  /** Weak: nothing is kept when the observer is removed between a request and its answer. */
  readonly #notes = new WeakMap<ExchangeInfo, Note>();

  constructor(init: ScribeInit) {
    this.#init = init;
    this.#format = FORMATS[init.format];
    this.#headers = showsHeaders(init.format);
  }

  begun(exchange: ExchangeInfo, request: RequestView): void {
    this.#notes.set(exchange, {
      target: redactTarget(request.target),
      number: exchange.connection.requests,
      referer: this.#headers ? refererOf(request) : null,
      userAgent: this.#headers ? request.header("user-agent") : null,
    });
  }

  settled(exchange: ExchangeInfo, error: AbortError | undefined): void {
    const { connection, method, minorVersion, bodyBytes, begunMs, queuedMs } = exchange;
    const { clock, write } = this.#init;
    const ms = begunMs < 0 ? null : clock.now() - begunMs;
    const note = this.#notes.get(exchange) ?? NOTHING;
    write(this.#format({
      wallMs: clock.wallMs(),
      client: exchange.client.address,
      peer: connection.remoteAddr,
      connection: connection.id,
      status: statusOf(exchange, error),
      bodyBytes,
      request: { method, minorVersion, ms, queuedMs, ...note },
      reason: reasonOf(error ?? exchange.abortReason),
    }));
  }

  refused(connection: ConnectionInfo, { code, status, exchange }: Refusal): void {
    // A refusal with an exchange is logged when that settles.
    if (exchange !== null) return;
    const { clock, write } = this.#init;
    const peer = connection.remoteAddr;
    write(this.#format({
      wallMs: clock.wallMs(),
      // Whatever it said of a client was not read.
      client: addressOfPeer(peer),
      peer,
      connection: connection.id,
      status,
      bodyBytes: 0,
      request: null,
      reason: code,
    }));
  }
}

/** The address of the page before, whose secrets are no less secret. */
function refererOf(request: RequestView): string | null {
  const referer = request.header("referer");
  return referer === null ? null : redactTarget(referer);
}

/** The rule, limit or time-out if the server has answered by itself; else why the answer was lost. */
function reasonOf(error: AbortError | undefined): string | null {
  if (error === undefined) return null;
  return error.cause instanceof ProtocolError ? error.cause.code : error.code;
}

function statusOf({ status }: ExchangeInfo, error: AbortError | undefined): number {
  if (status !== 0) return status;
  return error?.code === "peer_gone" ? LEFT_STATUS : CUT_STATUS;
}
