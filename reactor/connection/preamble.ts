/**
 * What comes on a connection before the first byte of HTTP, where there is such a thing: a PROXY header, or
 * a TLS handshake. Which it is, the port says by what it offers.
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

/** What comes first on this connection; `null` for HTTP itself. */
export function preambleOf(conn: Conn): Preamble | null {
  if (conn.readProxyHeader !== undefined) return PROXY_HEADER;
  return conn.handshake === undefined ? null : HANDSHAKE;
}
