/**
 * What comes on a connection before the first byte of HTTP, where there is such a thing: a PROXY header, a
 * TLS handshake, or one and then the other. Which it is, the port says by what it offers.
 *
 * @module
 */

import type { Conn } from "../ports.ts";
import { type CloseReason, EVENTS, type State } from "../states.ts";

/** One kind of it. */
export interface Preamble {
  /** Where the connection is meanwhile. */
  readonly state: State;
  /** What happens when it is over. */
  readonly over: number;
  /** Why the connection ends when it fails. */
  readonly failed: CloseReason;
  /** Resolves when it is over; rejects when it fails. */
  receive(conn: Conn): Promise<void>;
}

const PROXY_HEADER: Preamble = {
  state: "proxy_header",
  over: EVENTS.identified,
  failed: "proxy_header_failed",
  receive: (conn) => conn.readProxyHeader!(),
};

const HANDSHAKE: Preamble = {
  state: "handshake",
  over: EVENTS.secured,
  failed: "handshake_failed",
  receive: (conn) => conn.handshake!(),
};

const PROXY_HEADER_BEFORE_HANDSHAKE: Preamble = { ...PROXY_HEADER, over: EVENTS.encrypted };

const NONE: readonly Preamble[] = [];
const HEADER_ALONE: readonly Preamble[] = [PROXY_HEADER];
const HANDSHAKE_ALONE: readonly Preamble[] = [HANDSHAKE];
const BOTH: readonly Preamble[] = [PROXY_HEADER_BEFORE_HANDSHAKE, HANDSHAKE];

/** What comes first on this connection, in this order; nothing where HTTP itself does. */
export function preamblesOf(conn: Conn): readonly Preamble[] {
  if (conn.handshake === undefined) {
    return conn.readProxyHeader === undefined ? NONE : HEADER_ALONE;
  }
  return conn.readProxyHeader === undefined ? HANDSHAKE_ALONE : BOTH;
}
