/**
 * A listener whose connections begin with a PROXY header. Whether one does is decided by where it comes
 * from, before its first byte, and never by what it sends.
 *
 * @module
 */

import { WrappedListener } from "../accepting/wrapped_listener.ts";
import type { Address, Listener } from "../ports.ts";

/** Which connections begin with a header. */
export interface ProxiedListenerInit {
  /** Whether this peer is a proxy, which sends a header. */
  readonly isProxy: (peer: Address) => boolean;
  /** What becomes of all others: closed, or served as they are. */
  readonly others: "refuse" | "plain";
}

/** Has the header read from every connection of `listener` that begins with one. */
export function proxiedListener(
  listener: Listener,
  { isProxy, others }: ProxiedListenerInit,
): Listener {
  return new WrappedListener(listener, async () => {
    const { ProxiedConn } = await import("./proxied_conn.ts");
    return (conn) => {
      const allowed = isProxy(conn.remoteAddr);
      return allowed || others === "refuse" ? new ProxiedConn(conn, { allowed }) : conn;
    };
  });
}
