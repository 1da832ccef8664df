/**
 * The page's button that ends a connection, in the thread that has it.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";

/** Ends the connection with this id in good order, or with `cut` at once. Returns whether there is one. */
export function closeConnection(
  connections: Iterable<ConnectionInfo>,
  id: number,
  { cut }: { readonly cut: boolean },
): boolean {
  for (const connection of connections) {
    if (connection.id !== id) continue;
    if (cut) connection.abort();
    else connection.close();
    return true;
  }
  return false;
}
