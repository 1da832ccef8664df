/**
 * `upgradeWebSocket`: from a request to a socket, and the Response with which the connection becomes one.
 *
 * The 101 is sent when the handler has returned that Response, as with `Deno.upgradeWebSocket`: until then
 * its headers can be added to, and a handler that fails, or returns something else, answers as any other.
 * The socket then fails.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import { exchangeOf, onSwitching } from "../fetch/take_over.ts";
import { type Agreement, agreeOnDeflate } from "./deflate.ts";
import { type Framing, loadFraming } from "./framing.ts";
import { acceptHandshake, badUpgrade } from "./handshake.ts";
import { Link } from "./link.ts";
import {
  resolveSocketOptions,
  type SocketOptions,
  type UpgradeWebSocketOptions,
} from "./options.ts";
import { serverSocket } from "./server_socket.ts";
import { beginSocketTally } from "./tally.ts";

/** What {@linkcode upgradeWebSocket} gives: the interface of `Deno.WebSocketUpgrade`. */
export interface WebSocketUpgrade {
  /** The answer to the request, to be returned by the handler; its headers may be added to. */
  response: Response;
  /** The socket; its `open` event comes after the handler has returned the response. */
  socket: WebSocket;
}

/**
 * Makes a WebSocket of a request: `Deno.upgradeWebSocket` with bounds on messages, buffers and lifetimes,
 * and a part in the server's shutdown, which closes the sockets with the code 1001.
 *
 * ```ts
 * import { serve, upgradeWebSocket } from "@weir/weir";
 *
 * serve((request) => {
 *   if (request.headers.get("upgrade") !== "websocket") return new Response("Hello\n");
 *   const { socket, response } = upgradeWebSocket(request, { maxMessageBytes: 65_536 });
 *   socket.onmessage = ({ data }) => socket.send(data);
 *   return response;
 * });
 * ```
 *
 * @throws {UpgradeError} If the request is no handshake (RFC 6455 §4.2.1), does not offer the protocol, or
 * its `Origin` is not allowed.
 * @throws {TypeError} If the request is not one that a Weir server has handed to its handler, was answered
 * or upgraded before, or an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number among the options is out of its range.
 */
export function upgradeWebSocket(
  request: Request,
  options: UpgradeWebSocketOptions = {},
): WebSocketUpgrade {
  const resolved = resolveSocketOptions(options);
  const exchange = exchangeOf(request);
  if (exchange === null) {
    throw new TypeError(
      "Cannot upgrade: not the request that a Weir server has handed to its handler, or a copy of it",
    );
  }
  const fields = acceptHandshake(request, resolved);
  if (exchange.info.minorVersion === 0 || exchange.body !== null) throw badUpgrade();
  const link = new Link(resolved);
  const framing = loadFraming();
  ignoreRejection(framing);
  const offer = request.headers.get("sec-websocket-extensions");
  const opening: Opening = { exchange, framing, link, options: resolved, offer };
  onSwitching(exchange, (answered) => begin(opening, answered));
  abandonUnlessReturned(exchange, link);
  const url = request.url.replace(/^http/, "ws");
  const socket = serverSocket({ url, protocol: resolved.protocol ?? "", link });
  return { response: new Response(null, { status: 101, headers: fields }), socket };
}

interface Opening {
  readonly exchange: Exchange;
  readonly framing: Promise<Framing>;
  readonly link: Link;
  readonly options: SocketOptions;
  /** `Sec-WebSocket-Extensions` as the client sent it. */
  readonly offer: string | null;
}

/** The handler has returned the response: sends the 101, and lets the socket run. */
async function begin(opening: Opening, fields: readonly string[]): Promise<void> {
  const { exchange, link, options, offer } = opening;
  const framing = await opening.framing;
  const agreement = options.compress
    ? await agreeOnDeflate(framing, { offer, maxMessageBytes: options.maxMessageBytes })
    : null;
  // The client may have left, or the handler's time may be over: `abandonUnlessReturned` has told.
  if (exchange.responded) return;
  const conn = exchange.upgrade({ status: 101, fields: [...fields, ...extensionField(agreement)] });
  const tally = beginSocketTally(exchange.info.connection);
  link.run({ conn, framing, agreement, tally });
}

function extensionField(agreement: Agreement | null): string[] {
  return agreement === null ? [] : ["sec-websocket-extensions", agreement.field];
}

/** Once the exchange is over, a link that does not run never will. */
function abandonUnlessReturned(exchange: Exchange, link: Link): void {
  const before = exchange.onDelivered;
  exchange.onDelivered = (error) => {
    before?.(error);
    link.abandon(
      error ?? new Error("The handler did not return the response of upgradeWebSocket()"),
    );
  };
}

/** Whoever awaits it hears of it: the handler may never return the response. */
async function ignoreRejection(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // See above.
  }
}
