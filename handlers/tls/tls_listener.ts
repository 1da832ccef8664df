/**
 * A listener whose connections speak TLS; it accepts them from one whose connections do not.
 *
 * @module
 */

import { WrappedListener } from "../../reactor/accepting/wrapped_listener.ts";
import type { Listener } from "../../reactor/ports.ts";
import type { Terminator } from "./terminator.ts";

/** Puts TLS on every connection of `listener`. */
export function tlsListener(listener: Listener, terminator: Terminator): Listener {
  return new WrappedListener(listener, async () => {
    const { TlsConn } = await import("./tls_conn.ts");
    return (conn) => new TlsConn(conn, terminator);
  });
}
